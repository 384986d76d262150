"""Tables of a posterior that print only the digits its draws support."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from arviz_stats.base import array_stats

ERRORS_PER_UNIT = 4
"""A unit of the last printed digit is at least this many Monte-Carlo standard errors of the number printed."""

RHAT_LIMIT = 1.01  # Vehtari et al. (2021), Bayesian Analysis 16(2), section 2
ESS_PER_CHAIN = 100  # the same: 400 for four chains


def posterior_table(idata, terms, mean_decimals=None, interval_decimals=None):
    """Tabulate posterior means and central 95 % intervals, rounded by their Monte-Carlo error.

    Parameters
    ----------
    idata : arviz.InferenceData or xarray.DataTree
        A Bambi fit, as ``model.fit()`` returns it (either version of ArviZ).
    terms : dict of str to str
        Scalar parameters to show: Bambi's name to the label of the row.
    mean_decimals, interval_decimals : int or sequence of int, optional
        Decimals of the means and of the intervals' ends, for all rows or one for each. By default each
        gets as many as its Monte-Carlo standard errors support. State them where the output is stored:
        an error near the limit would change the number of decimals from one machine to the next.

    Returns
    -------
    pandas.DataFrame
        Columns `mean` and `95 % interval`, as text, one row a parameter.

    Raises
    ------
    KeyError
        If the posterior has no such parameter (the message lists the scalar ones).
    ValueError
        If more decimals are asked for than the draws support.
    """
    draws = {label: _scalar_draws(idata, name) for name, label in terms.items()}
    rows = {}
    for (label, values), for_mean, for_ends in zip(
        draws.items(), _one_each(mean_decimals, terms), _one_each(interval_decimals, terms), strict=True
    ):
        mean = _rounded(label, [(values.mean(), _mcse(values, "mean"))], for_mean)
        ends = [(np.quantile(values, p), _mcse(values, "quantile", p)) for p in (0.025, 0.975)]
        rows[label] = [mean[0], " to ".join(_rounded(label, ends, for_ends))]
    return pd.DataFrame.from_dict(rows, orient="index", columns=["mean", "95 % interval"])


def sampling_checks(idata):
    """Say whether the sampler can be believed: R-hat, effective sample size and divergences.

    Each check covers every parameter of the posterior, group-level effects included. Limits for
    the rank-normalised R-hat and the bulk and tail effective sample sizes are those of Vehtari et
    al. (2021).

    Parameters
    ----------
    idata : arviz.InferenceData or xarray.DataTree
        A Bambi fit with at least two chains.

    Returns
    -------
    pandas.DataFrame
        Columns `required` and `result` (``passed`` or ``failed``), one row a check. Divergences are ``not recorded``
        where the draws come without the sampler's statistics.

    Raises
    ------
    ValueError
        If the draws are of one chain, as those of variational inference are.
    """
    if idata["posterior"].sizes["chain"] == 1:
        raise ValueError(
            "the draws are of one chain, and these checks compare chains: sample at least two. Draws of an "
            "approximation, such as variational inference, are independent of one another; their error is that of the "
            "approximation, which is seen beside draws of model.fit()"
        )
    parameters = [idata["posterior"][name].to_numpy() for name in idata["posterior"].data_vars]
    flat = np.concatenate([values.reshape(*values.shape[:2], -1) for values in parameters], axis=2)
    columns = np.moveaxis(flat, 2, 0)
    rhat = np.max([array_stats.rhat(column) for column in columns])  # not a number if one is, and then not passed
    bulk = np.min([array_stats.ess(column, method="bulk") for column in columns])
    tail = np.min([array_stats.ess(column, method="tail", prob=(0.05, 0.95)) for column in columns])
    limit = ESS_PER_CHAIN * columns.shape[1]
    stats = sample_stats(idata)
    known = stats is not None and "diverging" in stats
    checks = {
        "largest R-hat": (f"below {RHAT_LIMIT}", rhat < RHAT_LIMIT),
        "smallest effective sample size": (f"above {limit}", min(bulk, tail) > limit),
        "divergences": ("none", not known or int(stats["diverging"].sum()) == 0),
    }
    rows = {check: (required, "passed" if good else "failed") for check, (required, good) in checks.items()}
    if not known:
        rows["divergences"] = ("none", "not recorded")
    return pd.DataFrame.from_dict(rows, orient="index", columns=["required", "result"])


def sample_stats(idata):
    """What the sampler recorded, or None.

    Parameters
    ----------
    idata : arviz.InferenceData or xarray.DataTree

    Returns
    -------
    xarray.Dataset, xarray.DataTree or None
    """
    try:
        return idata["sample_stats"]
    except KeyError:
        return None


def supported_decimals(errors):
    """Largest number of decimals whose last digit covers four of the largest Monte-Carlo error.

    Parameters
    ----------
    errors : array_like of float
        Monte-Carlo standard errors, in the units of the numbers to print.

    Returns
    -------
    int
        Decimals; negative if not even the units digit is supported.

    Raises
    ------
    ValueError
        If an error is zero or not a number, as for a parameter that never moved.
    """
    if not np.min(errors) > 0:
        raise ValueError(f"Monte-Carlo standard errors must be positive, not {list(errors)}: did the chains move?")
    return int(np.floor(-np.log10(ERRORS_PER_UNIT * np.max(errors))))


def _scalar_draws(idata, name):
    posterior = idata["posterior"]
    if name not in posterior.data_vars:
        scalars = [known for known in posterior.data_vars if posterior[known].ndim == 2]
        raise KeyError(f"the posterior has no {name!r}; its scalar parameters are {', '.join(scalars)}")
    return posterior[name].to_numpy()


def _mcse(values, method, prob=None):
    return float(array_stats.mcse(values, method=method, prob=prob))


def _one_each(decimals, terms):
    return decimals if isinstance(decimals, Sequence) else [decimals] * len(terms)


def _rounded(label, values_and_errors, decimals):
    supported = supported_decimals([error for _, error in values_and_errors])
    if decimals is None:
        decimals = supported
    if decimals > supported:
        raise ValueError(f"{label!r}: the draws support {supported} decimals, not {decimals}; print fewer or draw more")
    return [f"{round(value, decimals):.{max(decimals, 0)}f}" for value, _ in values_and_errors]
