# lme4 as it is by default: Rscript scaling_lme4.R FORMULA GROUP_COLUMN FOLDER ROUNDS UNITS...
#
# FOLDER has one CSV file for each of the UNITS. In each round every file is fitted in turn; a time is seconds of the
# processor, the mean of as many fits as take a fifth of a second. Prints JSON.
suppressPackageStartupMessages(library(lme4))

arguments <- commandArgs(trailingOnly = TRUE)
formula <- as.formula(arguments[1])
group <- arguments[2]
rounds <- as.integer(arguments[4])
units <- arguments[-(1:4)]

read <- function(name) {
  data <- read.csv(file.path(arguments[3], paste0(name, ".csv")))
  data[[group]] <- factor(data[[group]])
  data
}
data <- sapply(units, read, simplify = FALSE)

user <- function() sum(proc.time()[1:2])

fit_once <- function(name) {
  warned <- character()
  keep <- function(condition) {
    warned <<- c(warned, conditionMessage(condition))
    invokeRestart("muffleWarning")
  }
  fit <- suppressMessages(withCallingHandlers(lmer(formula, data[[name]]), warning = keep))
  list(fit = fit, warned = warned)
}

one <- function(name) {
  invisible(gc(FALSE))
  begin <- user()
  fits <- 0
  while (user() - begin < 0.2) {
    found <- fit_once(name)
    fits <- fits + 1
  }
  seconds <- (user() - begin) / fits
  messages <- unique(c(found$fit@optinfo$conv$lme4$messages, found$warned))  # some stand in one of the two only
  says <- if (length(messages)) paste(substr(messages, 1, 80), collapse = "; ") else "converged"
  sprintf(
    '{"units": "%s", "seconds": %.6g, "loglik": %.12g, "work": %d, "says": "%s"}', name, seconds,
    as.numeric(logLik(found$fit)), found$fit@optinfo$feval, gsub("\n", " ", says)
  )
}

fits <- unlist(lapply(seq_len(rounds), function(round) sapply(units, one)))
cat(sprintf('{"version": "%s", "fits": [%s]}\n', packageVersion("lme4"), paste(fits, collapse = ", ")))
