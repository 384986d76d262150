"""Tables of a posterior that print only the digits that are meant, and that its draws support."""

import numpy as np
import pandas as pd
from arviz_stats.base import array_stats

ERRORS_PER_UNIT = 2
"""A unit of the last printed digit is at least this many Monte-Carlo standard errors of the number printed."""

UNITS_PER_SD = 2
"""A posterior standard deviation is at least this many units of the last digit that is meant."""

LARGEST_ERROR = 1 / 3
"""Monte-Carlo error, in posterior standard deviations, beyond which draws are refused."""

INTERVAL = (0.025, 0.975)

RHAT_LIMIT = 1.01  # Vehtari et al. (2021), Bayesian Analysis 16(2), section 2
ESS_PER_CHAIN = 100  # the same: 400 for four chains


def posterior_table(idata, terms=None):
    """Tabulate posterior means and central 95 % intervals, with as many decimals as are meant.

    The posterior's own standard deviation says what is meant: the coarsest decimals of which it is two units or more,
    but not coarser than units.
    Where it is 0.04, a mean of 4.9213 is printed as 4.92. A mean, or the two ends of an interval, get fewer decimals
    where their Monte-Carlo errors do not support as many.

    Parameters
    ----------
    idata : arviz.InferenceData or xarray.DataTree
        A Bambi fit, as ``model.fit()`` returns it (either version of ArviZ).
    terms : dict of str to str, optional
        Parameters to show: Bambi's name to the label of the row; of a categorical predictor ``name[category]``. By
        default all but the groups' effects, under Bambi's names.

    Returns
    -------
    pandas.DataFrame
        Columns `mean` and `95 % interval`, as text, one row a parameter.

    Raises
    ------
    KeyError
        If the posterior has no such parameter (the message lists those there are).
    ValueError
        If a Monte-Carlo error is more than a third of the posterior's standard deviation, or is zero.

    Notes
    -----
    A unit of the last digit is at least two Monte-Carlo standard errors, those of Vehtari et al. (2021), Bayesian
    Analysis 16(2), section 4. They are those of a posterior with a variance, and cannot see a chain that is stuck, as
    :func:`partial_pooling.sampling_checks` can.
    """
    known = _parameters(idata["posterior"])
    terms = {name: name for name in known} if terms is None else terms
    unknown = [name for name in terms if name not in known]
    if unknown:
        raise KeyError(f"the posterior has no {unknown[0]!r}; its parameters are {', '.join(known)}")
    draws = {label: known[name] for name, label in terms.items()}
    rows = {label: _row(label, values) for label, values in draws.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["mean", "95 % interval"])


def _row(label, draws):
    """Mean and interval of one parameter, as text."""
    meant_decimals(draws.std())  # which says when the draws have not moved
    ends = np.quantile(draws, INTERVAL)
    sd, errors = draws.std(), [_mcse(draws, "mean"), *(_mcse(draws, "quantile", p) for p in INTERVAL)]
    if not max(errors) <= LARGEST_ERROR * sd:
        raise ValueError(
            f"{label!r}: the draws are too few. Their Monte-Carlo error is {max(errors):.2g}, more than a third of the "
            f"posterior's standard deviation, {sd:.2g}; draw more, and see sampling_checks(idata)"
        )
    (mean,) = _printed([draws.mean()], sd, errors[:1])
    return mean, " to ".join(_printed(ends, sd, errors[1:]))


def _printed(numbers, sd, errors):
    """Numbers with the decimals that are meant, or supported: list of str."""
    decimals = min(meant_decimals(sd), supported_decimals(errors))
    return [f"{round(number, decimals) + 0.0:.{max(decimals, 0)}f}" for number in numbers]


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


def meant_decimals(sd):
    """Smallest number of decimals, but not below zero, of whose last digit a standard deviation is two units or more.

    Parameters
    ----------
    sd : float
        In the units of the numbers to print.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If it is not positive, as that of a parameter that never moved.
    """
    if not sd > 0:
        raise ValueError(f"a standard deviation must be positive, not {sd}: did the chains move?")
    return max(0, int(-np.floor(np.log10(sd / UNITS_PER_SD))))


def supported_decimals(errors):
    """Largest number of decimals whose last digit covers two of the largest Monte-Carlo error.

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
        raise ValueError(
            f"Monte-Carlo standard errors must be positive, not {list(errors)}: the chains have not moved, or many "
            "draws share one value"
        )
    return int(np.floor(-np.log10(ERRORS_PER_UNIT * np.max(errors))))


def _parameters(posterior):
    """Name to draws (chains, draws) of every parameter but the groups' effects; of a category its name in brackets.

    nutpie's transformed parameters, whose names end in underscores, and what has a value for each row are out.
    """
    found = {}
    for name, draws in posterior.data_vars.items():
        further = [dimension for dimension in draws.dims if dimension not in ("chain", "draw")]
        if name.endswith("__") or any(one.endswith(("__factor_dim", "__obs__")) for one in further):
            continue
        values = draws.transpose("chain", "draw", *further).to_numpy()
        for place in np.ndindex(values.shape[2:]):
            labels = [str(draws[one].to_numpy()[at]) for one, at in zip(further, place, strict=True)]
            found[f"{name}[{', '.join(labels)}]" if further else name] = values[(..., *place)]
    return found


def _mcse(values, method, prob=None):
    return float(array_stats.mcse(values, method=method, prob=prob))
