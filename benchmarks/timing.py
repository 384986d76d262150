"""What the engines' scripts in Python share: read a problem, fit it, time it, print the result as JSON."""

import json
import statistics
import sys
import time

from problems import PROBLEMS

TIMED_SECONDS = 1.0
"""How long the timed fits of one process take together, at least."""

LONG_FIT_SECONDS = 20.0
"""A first fit that takes longer is itself the one that counts: no warm-up."""

MOST_FITS = 101


class CannotStateError(Exception):
    """The engine cannot state this model: the message says why."""


def read(problem, path):
    """Read the data, group labels as categories: what a factor is in R."""
    import pandas as pd

    return pd.read_csv(path, dtype=dict.fromkeys(problem.groups, "category"))


def run(version, fit, describe, read=read):
    """Fit the problem that the command line names, and print how long that takes and what comes out.

    Parameters
    ----------
    version : str
        Of the engine.
    fit : callable
        Takes the problem and the data, returns a fit. This is what is timed.
    describe : callable
        Takes the fit, returns a dict with `loglik` (REML, with lme4's constant; None if there is none), `fixed` (the
        coefficients in the formula's order), `sd` (standard deviations of all group-level effects and the residual)
        and, if there is something to say, `note`.
    read : callable
        Takes the problem and the path of its CSV file, returns the data.
    """
    name, path = sys.argv[1:]
    problem = PROBLEMS[name]
    data = read(problem, path)
    try:
        seconds, fitted = _timed(fit, problem, data)
    except CannotStateError as error:
        print(json.dumps({"version": version, "cannot": str(error)}))
        return
    if seconds < LONG_FIT_SECONDS:
        fits = max(1, min(MOST_FITS, round(TIMED_SECONDS / seconds)))
        seconds = statistics.median(_timed(fit, problem, data)[0] for _ in range(fits))
    described = describe(fitted)
    described["fixed"] = [float(value) for value in described["fixed"]]
    described["sd"] = sorted(float(value) for value in described["sd"])
    print(json.dumps({"version": version, "seconds": seconds, **described}))


def _timed(fit, problem, data):
    begin = time.perf_counter()
    fitted = fit(problem, data)
    return time.perf_counter() - begin, fitted
