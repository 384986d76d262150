# Rebuild orange_juice.csv, orange_juice_stores.csv and cheese.csv: Rscript data/rebuild_bayesm.R [folder]
# Needs the R package bayesm (Debian: apt-get install r-cran-bayesm).
folder <- commandArgs(trailingOnly = TRUE)
if (length(folder) == 0) folder <- "data"
data(orangeJuice, cheese, package = "bayesm")
weeks <- subset(orangeJuice$yx, brand == 1)  # Tropicana Premium, 64 ounces
ounces <- exp(weeks$logmove)                 # the help page says units; every value is a multiple of 64
cartons <- ounces / 64
stopifnot(abs(cartons - round(cartons)) < 1e-4)
weeks <- data.frame(
  store = weeks$store,
  week = weeks$week,
  price = sprintf("%.4f", 64 * weeks$price1),  # dollars a carton; price1 is per ounce
  sales = round(cartons),
  deal = weeks$deal,
  feature = sprintf("%.4f", weeks$feat)
)
weeks <- weeks[order(weeks$store, weeks$week), ]
write.csv(weeks, file.path(folder, "orange_juice.csv"), row.names = FALSE, quote = FALSE)

stores <- orangeJuice$storedemo
stores <- data.frame(
  store = stores$STORE,
  age60 = stores$AGE60, education = stores$EDUC, ethnic = stores$ETHNIC,
  log_income = stores$INCOME, large_households = stores$HHLARGE, working_women = stores$WORKWOM,
  houses_over_150k = stores$HVAL150,
  warehouse_distance = stores$SSTRDIST, warehouse_volume = stores$SSTRVOL,
  supermarket_distance = stores$CPDIST5, supermarket_volume = stores$CPWVOL5
)
stores[-1] <- lapply(stores[-1], function(x) sprintf("%.6f", x))
write.csv(stores, file.path(folder, "orange_juice_stores.csv"), row.names = FALSE, quote = FALSE)

retailer <- as.character(cheese$RETAILER)  # "CITY - CHAIN"
parts <- regmatches(retailer, regexpr(" - ", retailer), invert = TRUE)
stopifnot(lengths(parts) == 2)
cheese <- data.frame(
  city = trimws(sapply(parts, `[`, 1)),
  retailer = retailer,
  volume = cheese$VOLUME,
  display = sprintf("%.6f", cheese$DISP),
  price = sprintf("%.6f", cheese$PRICE)
)
cheese <- cheese[order(cheese$retailer, method = "radix"), ]  # the same order in every locale
write.csv(cheese, file.path(folder, "cheese.csv"), row.names = FALSE, quote = 1:2)  # names hold commas
