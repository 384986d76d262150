"""Write a problem's data to a CSV file, for engines in Python and R alike."""

import subprocess

import numpy as np
import pandas as pd

from partial_pooling import load

STORES = {"stores_1e3": (50, 20), "stores_1e4": (100, 100), "stores_1e5": (1_000, 100), "stores_1e6": (10_000, 100)}
"""Number of stores and of rows a store."""


def write(name, path):
    """Make the data of one problem and write them.

    Parameters
    ----------
    name : str
        A key of ``problems.PROBLEMS``.
    path : pathlib.Path
        The CSV file to write. It appears only when it is complete.
    """
    unfinished = path.with_suffix(".unfinished")
    if name == "insteval":
        export = "data(InstEval, package = 'lme4'); InstEval$service <- as.integer(InstEval$service == '1')"
        export += f"; write.csv(InstEval[c('y', 'service', 's', 'd', 'dept')], '{unfinished}', row.names = FALSE)"
        subprocess.run(["Rscript", "-e", export], check=True)
    else:
        data = simulate(*STORES[name]) if name in STORES else load(name)
        if name == "cheese":
            logs = {f"log_{name}": np.log(data[name]) for name in ["volume", "price"]}
            data = data.assign(**logs, market=data["city"] + ":" + data["retailer"])
        data.to_csv(unfinished, index=False)
    unfinished.rename(path)


def simulate(stores, rows_each, seed=1):
    """Log sales in stores whose intercepts and price elasticities differ.

    The book's own simulator names counties by letters, which ends at 26 counties.

    Parameters
    ----------
    stores, rows_each : int
    seed : int

    Returns
    -------
    pandas.DataFrame
        Columns store, log_price, log_sales.
    """
    rng = np.random.default_rng(seed)
    intercept, slope = rng.normal([[5.0], [-2.0]], 0.4, (2, stores))
    store = np.repeat(np.arange(stores), rows_each)
    log_price = rng.normal(0, 0.2, len(store)).round(4)
    log_sales = intercept[store] + slope[store] * log_price + rng.normal(0, 0.4, len(store))
    labels = np.array([f"S{number:05d}" for number in range(stores)])[store]
    return pd.DataFrame({"store": labels, "log_price": log_price, "log_sales": log_sales.round(6)})
