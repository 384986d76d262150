# How long lme4 takes for one evaluation of its criterion: Rscript evaluation_lme4.R ROWS... Prints JSON.
# 100 stores with an intercept and a slope each; seconds of the processor, without the search and without reading.
suppressPackageStartupMessages(library(lme4))

one <- function(rows) {
  set.seed(1)
  data <- data.frame(store = factor(rep(1:100, each = rows / 100)), x = rnorm(rows))
  data$y <- 5 - 2 * data$x + rnorm(100)[data$store] + rnorm(rows)
  criterion <- do.call(mkLmerDevfun, lFormula(y ~ x + (x | store), data))
  evaluations <- max(5, 1e6 %/% rows)
  invisible(gc(FALSE))
  begin <- sum(proc.time()[1:2])
  for (i in seq_len(evaluations)) criterion(c(1, 0.001 * i / evaluations, 1))
  sprintf('{"rows": %d, "milliseconds": %.3g}', rows, 1000 * (sum(proc.time()[1:2]) - begin) / evaluations)
}

times <- sapply(as.integer(commandArgs(trailingOnly = TRUE)), one)
cat(sprintf('{"version": "%s", "times": [%s]}\n', packageVersion("lme4"), paste(times, collapse = ", ")))
