"""The book's running example: stores in counties, with every true coefficient known."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class StoresTruth:
    """The constants that :func:`simulate_stores` draws from.

    Sales and prices enter as natural logarithms; `log_price` is the log of the price
    over `typical_price`, so an intercept is the log of a week's sales at that price,
    and the price coefficient is an elasticity.
    """

    intercept: float = 5.0  # log of about 150 litres a week
    elasticity: float = -2.0
    gdp_on_intercept: float = 0.10  # per 10,000 dollars of county GDP a head above `gdp_mean`
    gdp_on_elasticity: float = 0.15
    tau_county_intercept: float = 0.20
    tau_county_elasticity: float = 0.25
    tau_store_intercept: float = 0.30
    tau_store_elasticity: float = 0.40
    store_correlation: float = 0.30  # of a store's intercept and elasticity deviations
    sigma: float = 0.40
    typical_price: float = 4.0  # dollars
    gdp_mean: float = 50.0  # thousand dollars a head
    gdp_sd: float = 12.0


WEEKS = (3, 5, 8, 12, 20, 35, 60, 100)
"""Numbers of weeks on record; each store draws one of them with equal probability."""


def simulate_stores(n_counties=20, seed=1, truth=None):
    r"""Simulate weekly sales of one brand in stores nested in counties.

    County :math:`c` has 2 to 6 stores. Store :math:`s` in week :math:`t` sells

    .. math:: \log y_{st} = a_s + b_s \log(p_{st} / 4) + \epsilon_{st},
              \quad \epsilon_{st} \sim N(0, \sigma^2)

    where :math:`a_s` and :math:`b_s` are each the population's value, plus the effect of the
    county's GDP, plus a normal deviation of the county, plus a normal deviation of the store;
    the county's two deviations are independent, the store's two correlated. A store's regular
    price differs a little from its neighbours', a week's price a little from the regular one
    (both by about 5 %), and one week in four is a promotion with 10 to 35 % off. Prices are
    drawn independently of all effects and rounded to cents, sales to hundredths of a litre.

    Parameters
    ----------
    n_counties : int
        Number of counties, 1 to 26 (each is named by a letter).
    seed : int
        Seed of NumPy's default generator.
    truth : StoresTruth, optional
        The true parameters; the book's own by default.

    Returns
    -------
    weeks : pandas.DataFrame
        One row a store and week: `county`, `store` (the county's letter and a number), `week`
        (counted from 1), `price` (dollars a bottle), `sales` (litres), `gdp` (of the county,
        thousand dollars a head).
    stores : pandas.DataFrame
        One row a store: `county`, `store`, `weeks` and the true `intercept` and `elasticity`.

    Raises
    ------
    ValueError
        If `n_counties` is not from 1 to 26.
    """
    if not 1 <= n_counties <= 26:
        raise ValueError(f"n_counties is {n_counties}; counties are named A to Z, so choose from 1 to 26")
    truth = truth or StoresTruth()
    rng = np.random.default_rng(seed)
    county = pd.DataFrame({"county": [chr(ord("A") + i) for i in range(n_counties)]})
    county["gdp"] = rng.normal(truth.gdp_mean, truth.gdp_sd, n_counties).round(1)
    richer = (county["gdp"] - truth.gdp_mean) / 10
    county["a"] = truth.gdp_on_intercept * richer
    county["a"] += rng.normal(0, truth.tau_county_intercept, n_counties)
    county["b"] = truth.gdp_on_elasticity * richer
    county["b"] += rng.normal(0, truth.tau_county_elasticity, n_counties)

    stores = county.loc[county.index.repeat(rng.integers(2, 7, n_counties))]
    stores, n_stores = stores.reset_index(drop=True), len(stores)
    number = stores.groupby("county").cumcount() + 1
    stores["store"] = stores["county"] + number.astype(str)
    stores["weeks"] = rng.choice(WEEKS, n_stores)
    tau = np.array([truth.tau_store_intercept, truth.tau_store_elasticity])
    covariance = np.outer(tau, tau)
    covariance[[0, 1], [1, 0]] *= truth.store_correlation
    own = rng.multivariate_normal([0, 0], covariance, n_stores, method="cholesky")
    stores["intercept"] = truth.intercept + stores["a"] + own[:, 0]
    stores["elasticity"] = truth.elasticity + stores["b"] + own[:, 1]
    regular_price = truth.typical_price * np.exp(rng.normal(0, 0.05, n_stores))

    row = stores.index.repeat(stores["weeks"])
    promoted = rng.random(len(row)) < 0.25
    discount = np.where(promoted, rng.uniform(0.10, 0.35, len(row)), 0)
    drift = rng.normal(0, 0.06, len(row))
    price = (regular_price[row] * (1 - discount) * np.exp(drift)).round(2)
    log_sales = (
        stores["intercept"].to_numpy()[row]
        + stores["elasticity"].to_numpy()[row] * np.log(price / truth.typical_price)
        + rng.normal(0, truth.sigma, len(row))
    )
    weeks = stores.loc[row, ["county", "store"]].reset_index(drop=True)
    weeks["week"] = weeks.groupby("store").cumcount() + 1
    weeks["price"] = price
    weeks["sales"] = np.exp(log_sales).round(2)
    weeks["gdp"] = stores["gdp"].to_numpy()[row]
    return weeks, stores[["county", "store", "weeks", "intercept", "elasticity"]]
