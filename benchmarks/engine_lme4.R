# lme4: Rscript engine_lme4.R FORMULA CSV_FILE GROUP_COLUMNS [reference]
#
# A reference fit is by bobyqa to tight tolerances, and reports what the others are held against: standard errors, and
# the log-likelihood by full maximum likelihood.
suppressPackageStartupMessages(library(lme4))

arguments <- commandArgs(trailingOnly = TRUE)
formula <- as.formula(arguments[1])
data <- read.csv(arguments[2], stringsAsFactors = TRUE)
for (column in strsplit(arguments[3], ",")[[1]]) data[[column]] <- factor(data[[column]])
reference <- length(arguments) > 3
tight <- list(rhoend = 1e-9, maxfun = 1e5)
control <- if (reference) lmerControl(optimizer = "bobyqa", optCtrl = tight) else lmerControl()

fit <- NULL

timed <- function() {
  invisible(gc(FALSE))  # so that the garbage of one fit is not collected on the clock of the next
  begin <- as.numeric(Sys.time())
  fit <<- suppressMessages(suppressWarnings(lmer(formula, data, control = control)))
  as.numeric(Sys.time()) - begin
}

seconds <- timed()
if (!reference && seconds < 20) seconds <- median(replicate(max(1, min(101, round(1 / seconds))), timed()))

numbers <- function(x) paste0("[", paste(sprintf("%.12g", x), collapse = ", "), "]")
components <- as.data.frame(VarCorr(fit))
extra <- if (reference) sprintf(
  ', "standard_errors": %s, "loglik_ml": %.12g',
  numbers(sqrt(diag(as.matrix(vcov(fit))))), as.numeric(logLik(suppressWarnings(refitML(fit))))
) else ""
cat(sprintf(
  '{"version": "%s", "seconds": %.6g, "loglik": %.12g, "fixed": %s, "sd": %s%s}\n', packageVersion("lme4"), seconds,
  as.numeric(logLik(fit)), numbers(fixef(fit)), numbers(sort(components$sdcor[is.na(components$var2)])), extra
))
