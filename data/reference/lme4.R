# Fit the book's models with lme4 and write data/reference/lme4.json:  Rscript data/reference/lme4.R [file]
# Needs R with lme4 and jsonlite (Debian: apt-get install r-cran-lme4 r-cran-jsonlite). Run at the top of the book.
# The optimiser is bobyqa throughout: lme4's default stops short on some of the book's models. It searches on until its
# steps are tiny, because with ten parameters of the covariances its own limits leave coefficients right to five digits.
suppressPackageStartupMessages(library(lme4))
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 1e5))

stores <- transform(read.csv("data/stores.csv"), log_sales = log(sales), log_price = log(price / 4), gdp10 = (gdp - 50) / 10)
stores$number <- substring(stores$store, 2)  # without the county's letter, so used again in every county
stores_long <- stores[ave(stores$week, stores$store, FUN = length) >= 12, ]

orange_juice <- read.csv("data/orange_juice.csv", colClasses = c(store = "character"))
orange_juice <- transform(orange_juice, log_sales = log(sales), log_price = log(price / 3), square = log(price / 3)^2)
areas <- transform(read.csv("data/orange_juice_stores.csv"), income_z = as.vector(scale(log_income)))
orange_juice$income_z <- areas$income_z[match(orange_juice$store, areas$store)]
orange_juice_dollar <- transform(orange_juice, log_price = log(price))

cheese <- transform(read.csv("data/cheese.csv"), log_volume = log(volume), log_price = log(price))
cheese <- transform(cheese, between = ave(log_price, retailer), within = log_price - ave(log_price, retailer))
cheese$chain <- sub("^.*? - ", "", cheese$retailer, perl = TRUE)
cheese_centred <- transform(cheese, log_price = log_price - mean(log_price))

sleepstudy <- read.csv("data/sleepstudy.csv")
sleepstudy_later <- transform(sleepstudy, days = days - 9)
sleepstudy_centred <- transform(sleepstudy, days = days - mean(days))
sleepstudy_deprived <- transform(subset(sleepstudy, days >= 2), days = days - 2)

beat_the_blues <- subset(read.csv("data/beat_the_blues.csv"), months > 0)
beat_the_blues <- transform(beat_the_blues, after = months - 2, before = baseline - 23)

radon <- transform(read.csv("data/radon.csv"), level = ifelse(floor == 1, "first", "basement"))
school_growth <- transform(read.csv("data/school_growth.csv"), poverty = (low_income - 50) / 10)
school_growth$visit <- as.character(school_growth$year + 3.5)  # 1 to 6, a label
penicillin <- read.csv("data/penicillin.csv")
pastes <- read.csv("data/pastes.csv")
six_rows <- data.frame(store = rep(c("A", "B"), each = 3), y = c(1, 2, 3, 5, 7, 12))  # as in chapters/engine.ipynb

models <- list(
  six_rows = list("six_rows", y ~ 1 + (1 | store)),
  stores_slopes = list("stores", log_sales ~ log_price + (1 + log_price | store)),
  stores_slopes_independent = list("stores", log_sales ~ log_price + (1 + log_price || store)),
  stores_intercepts = list("stores", log_sales ~ log_price + (1 | store)),
  stores_long_slopes = list("stores_long", log_sales ~ log_price + (1 + log_price | store)),
  stores_three_levels_independent = list("stores", log_sales ~ log_price + (1 + log_price || county) + (1 | store)),
  stores_three_levels = list("stores", log_sales ~ log_price + (1 + log_price | county) + (1 | county:store)),
  stores_empty = list("stores", log_sales ~ 1 + (1 | store)),
  stores_counties = list("stores", log_sales ~ 1 + (1 | county) + (1 | store)),
  stores_nested = list("stores", log_sales ~ log_price + (1 | county) + (1 | county:store)),
  stores_nested_slopes = list(
    "stores",
    log_sales ~ log_price + (1 + log_price | county) + (1 + log_price | county:store)
  ),
  stores_nested_slopes_half = list(
    "stores",
    log_sales ~ log_price + (1 + log_price | county) + (1 + log_price || county:store)
  ),
  stores_nested_slopes_independent = list(
    "stores",
    log_sales ~ log_price + (1 + log_price || county) + (1 + log_price || store)
  ),
  stores_numbers_reused = list("stores", log_sales ~ log_price + (1 | county) + (1 | number)),
  stores_numbers_nested = list("stores", log_sales ~ log_price + (1 | county) + (1 | county:number)),
  stores_gdp = list(
    "stores",
    log_sales ~ log_price * gdp10 + (1 + log_price | county) + (1 + log_price || county:store)
  ),
  stores_gdp_independent = list(
    "stores",
    log_sales ~ log_price * gdp10 + (1 + log_price || county) + (1 + log_price || store)
  ),
  stores_gdp_full = list(
    "stores",
    log_sales ~ log_price * gdp10 + (1 + log_price | county) + (1 + log_price | county:store)
  ),
  stores_free_levels = list("stores", log_sales ~ 0 + store + log_price + (0 + log_price | store)),
  orange_juice_deal_independent = list(
    "orange_juice",
    log_sales ~ log_price * deal + feature + (1 + log_price || store)
  ),
  orange_juice_deal = list("orange_juice", log_sales ~ log_price * deal + feature + (1 + log_price | store)),
  orange_juice_slopes = list("orange_juice", log_sales ~ log_price + deal + feature + (1 + log_price | store)),
  orange_juice_intercepts = list("orange_juice", log_sales ~ log_price + deal + feature + (1 | store)),
  orange_juice_dollar_slopes_independent = list(
    "orange_juice_dollar",
    log_sales ~ log_price + deal + feature + (1 + log_price || store)
  ),
  orange_juice_dollar_slopes = list(
    "orange_juice_dollar",
    log_sales ~ log_price + deal + feature + (1 + log_price | store)
  ),
  orange_juice_weeks = list("orange_juice", log_sales ~ log_price + deal + feature + (1 | store) + (1 | week)),
  orange_juice_weeks_slopes = list(
    "orange_juice",
    log_sales ~ log_price + deal + feature + (1 + log_price | store) + (1 | week)
  ),
  orange_juice_best = list(
    "orange_juice",
    log_sales ~ log_price + deal + feature + (1 + log_price + feature | store) + (1 + log_price | week)
  ),
  orange_juice_best_income = list(
    "orange_juice",
    log_sales ~ log_price * income_z + deal + feature + (1 + log_price + feature | store) + (1 + log_price | week)
  ),
  orange_juice_bent_income = list(
    "orange_juice",
    log_sales ~ (log_price + square) * income_z + deal + feature + (1 + log_price + square + feature | store) +
      (1 + log_price | week)
  ),
  orange_juice_income = list(
    "orange_juice",
    log_sales ~ log_price * income_z + deal + feature + (1 + log_price | store)
  ),
  orange_juice_free_levels = list(
    "orange_juice",
    log_sales ~ 0 + store + log_price + deal + feature + (0 + log_price | store)
  ),
  cheese_centred_slopes_independent = list(
    "cheese_centred",
    log_volume ~ log_price + display + (1 + log_price || city) + (1 + log_price || city:retailer)
  ),
  cheese_nested_slopes_half = list(
    "cheese",
    log_volume ~ log_price + display + (1 + log_price | city) + (1 + log_price || city:retailer)
  ),
  cheese_nested_slopes_independent = list(
    "cheese",
    log_volume ~ log_price + display + (1 + log_price || city) + (1 + log_price || retailer)
  ),
  cheese_nested_slopes = list(
    "cheese",
    log_volume ~ log_price + display + (1 + log_price | city) + (1 + log_price | city:retailer)
  ),
  cheese_centred_slopes_half = list(
    "cheese_centred",
    log_volume ~ log_price + display + (1 + log_price | city) + (1 + log_price || city:retailer)
  ),
  cheese_centred_chains = list(
    "cheese_centred",
    log_volume ~ log_price + display + (1 | city) + (1 | chain) + (1 | retailer)
  ),
  cheese_within_between = list("cheese", log_volume ~ within + between + display + (1 + within | retailer)),
  cheese_best = list(
    "cheese",
    log_volume ~ within + between + display + (1 + display | retailer) + (1 + within | city) + (1 + within | chain)
  ),
  cheese_slopes = list("cheese", log_volume ~ log_price + display + (1 + log_price | retailer)),
  radon_levels = list("radon", log_radon ~ 0 + level + (1 | county)),
  radon_floor = list("radon", log_radon ~ floor + (1 | county)),
  radon_uranium = list("radon", log_radon ~ floor + uranium + (1 | county)),
  radon_interaction_independent = list("radon", log_radon ~ floor * uranium + (1 + floor || county)),
  radon_interaction = list("radon", log_radon ~ floor * uranium + (1 + floor | county)),
  sleepstudy_intercepts = list("sleepstudy", reaction ~ days + (1 | subject)),
  sleepstudy_slopes = list("sleepstudy", reaction ~ days + (days | subject)),
  sleepstudy_slopes_independent = list("sleepstudy", reaction ~ days + (days || subject)),
  sleepstudy_later_slopes = list("sleepstudy_later", reaction ~ days + (days | subject)),
  sleepstudy_later_slopes_independent = list("sleepstudy_later", reaction ~ days + (days || subject)),
  sleepstudy_centred_slopes_independent = list("sleepstudy_centred", reaction ~ days + (days || subject)),
  sleepstudy_centred_slopes = list("sleepstudy_centred", reaction ~ days + (days | subject)),
  sleepstudy_deprived_slopes = list("sleepstudy_deprived", reaction ~ days + (days | subject)),
  beat_the_blues_intercepts = list("beat_the_blues", bdi ~ before + drug + programme * after + (1 | patient)),
  beat_the_blues_slopes = list("beat_the_blues", bdi ~ before + drug + programme * after + (after | patient)),
  beat_the_blues_slopes_independent = list(
    "beat_the_blues",
    bdi ~ before + drug + programme * after + (after || patient)
  ),
  beat_the_blues_handbook = list(
    "beat_the_blues",
    bdi ~ baseline + months + programme + drug + long_episode + (1 | patient)
  ),
  beat_the_blues_handbook_slopes = list(
    "beat_the_blues",
    bdi ~ baseline + months + programme + drug + long_episode + (months | patient)
  ),
  penicillin_crossed = list("penicillin", diameter ~ 1 + (1 | plate) + (1 | sample)),
  cheese_centred_display_half = list(
    "cheese_centred",
    log_volume ~ log_price + display + (1 + log_price | city) + (1 + log_price + display || city:retailer)
  ),
  orange_juice_weeks_free_levels = list(
    "orange_juice",
    log_sales ~ 0 + store + log_price + deal + feature + (0 + log_price | store) + (1 | week)
  ),
  cheese_centred_chain_slopes = list(
    "cheese_centred",
    log_volume ~ log_price + display + (1 + log_price || city) + (1 + log_price || chain) + (1 + log_price + display || retailer)
  ),
  radon_floors = list("radon", log_radon ~ floor + uranium + (1 | county) + (1 | county:level)),
  cheese_display_interaction_independent = list(
    "cheese_centred",
    log_volume ~ log_price * display + (1 + log_price * display || retailer)
  ),
  cheese_centred_labels_independent = list(
    "cheese_centred",
    log_volume ~ log_price + display + (1 + log_price || city) + (1 + log_price || retailer)
  ),
  school_growth = list(
    "school_growth",
    math ~ visit + poverty + poverty:year + (1 + year | school) + (1 + year | child)
  ),
  pastes_nested = list("pastes", strength ~ 1 + (1 | batch) + (1 | batch:cask)),
  pastes_reused = list("pastes", strength ~ 1 + (1 | batch) + (1 | cask)),
  pastes_casks_only = list("pastes", strength ~ 1 + (1 | batch:cask)),
  pastes_sample = list("pastes", strength ~ 1 + (1 | batch) + (1 | sample))
)

# As statsmodels and Bambi name them: Intercept, level[first] for levelfirst, and store[A1] for storeA1.
underscored <- function(names) {
  sub("^(level|store|visit)(.+)$", "\\1[\\2]", gsub("(Intercept)", "Intercept", names, fixed = TRUE))
}

describe <- function(data_name, formula) {
  data <- get(data_name)
  reml <- lmer(formula, data, control = control)
  ml <- lmer(formula, data, REML = FALSE, control = control)
  stopifnot(length(reml@optinfo$conv$lme4) == 0, length(ml@optinfo$conv$lme4) == 0)
  variances <- as.data.frame(VarCorr(reml))
  of_group <- subset(variances, grp != "Residual" & is.na(var2))
  pairs <- subset(variances, !is.na(var2))
  # With || lme4 calls the terms of one factor store and store.1, or city.retailer and city.retailer.1
  factors <- names(getME(reml, "flist"))
  factor_of <- factors[match(make.names(sub("\\.[0-9]+$", "", of_group$grp)), make.names(factors))]
  list(
    data = data_name,
    formula = paste(deparse(formula, width.cutoff = 500), collapse = ""),
    rows = nrow(data),
    fixed = lapply(split(coef(summary(reml)), underscored(names(fixef(reml))))[underscored(names(fixef(reml)))],
                   function(row) list(estimate = row[1], standard_error = row[2])),
    sd = split(of_group$sdcor, factor(paste(factor_of, underscored(of_group$var1), sep = ": "))),
    correlation = split(pairs$sdcor, factor(paste(pairs$grp, paste(underscored(pairs$var1), pairs$var2, sep = ", "), sep = ": "))),
    sigma = sigma(reml),
    loglik_reml = as.numeric(logLik(reml)),
    loglik_ml = as.numeric(logLik(ml)),
    modes = lapply(ranef(reml, condVar = FALSE), function(modes) {
      columns <- setNames(lapply(modes, identity), underscored(names(modes)))
      lapply(columns, function(column) setNames(as.list(column), rownames(modes)))
    })
  )
}

script <- "data/reference/lme4.R"
read <- unlist(regmatches(readLines(script), gregexpr("data/[a-z_0-9]+[.]csv", readLines(script))))
result <- list(
  versions = list(R = as.character(getRversion()), lme4 = as.character(packageVersion("lme4"))),
  optimizer = "bobyqa",
  made_from = as.list(tools::md5sum(c(script, sort(unique(read))))),
  models = lapply(models, function(model) describe(model[[1]], model[[2]]))
)
file <- commandArgs(trailingOnly = TRUE)
if (length(file) == 0) file <- "data/reference/lme4.json"
writeLines(jsonlite::toJSON(result, auto_unbox = TRUE, digits = 8, pretty = TRUE), file)
