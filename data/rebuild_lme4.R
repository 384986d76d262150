# Rebuild sleepstudy.csv, penicillin.csv and pastes.csv: Rscript data/rebuild_lme4.R [folder]
# Needs the R package lme4 (Debian: apt-get install r-cran-lme4).
folder <- commandArgs(trailingOnly = TRUE)
if (length(folder) == 0) folder <- "data"
data(sleepstudy, Penicillin, Pastes, package = "lme4")
tables <- list(
  sleepstudy = with(sleepstudy, data.frame(subject = Subject, days = Days, reaction = sprintf("%.4f", Reaction))),
  penicillin = with(Penicillin, data.frame(plate = plate, sample = sample, diameter = diameter)),
  pastes = with(Pastes, data.frame(batch = batch, cask = cask, sample = sample, strength = strength))
)
for (name in names(tables)) {
  write.csv(tables[[name]], file.path(folder, paste0(name, ".csv")), row.names = FALSE, quote = FALSE)
}
