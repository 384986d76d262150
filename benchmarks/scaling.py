"""Time mixed models on raw, centred, scaled and standardised predictors: see README.md.

Run ``make benchmark-scaling``.
"""

import argparse
import contextlib
import datetime
import json
import statistics
import subprocess
import sys
import time
import warnings
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import bambi as bmb
import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from arviz_stats.base import array_stats
from statsmodels.regression.mixed_linear_model import MixedLM

from partial_pooling import FitError, checked_fit, lmm, load, standardise

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

UNITS = {"raw": (False, False), "centred": (True, False), "scaled": (False, True), "standardised": (True, True)}
"""Whether the predictors are shifted by their means, and whether they are divided by their standard deviations."""

TUNE, DRAWS, SHORT = 2000, 1000, 4
"""Of each of two chains of NUTS; and the factor by which a second run is shorter."""


@dataclass(frozen=True)
class Problem:
    """A model, and the predictors whose units change.

    Parameters
    ----------
    data : str
        Key of `DATA`.
    fixed : str
        The formula without group-level effects.
    varies : tuple of str
        Predictors whose coefficients vary between groups, beside the intercept.
    group : str
    predictors : tuple of str
        The columns that are shifted and divided.
    """

    data: str
    fixed: str
    varies: tuple
    group: str
    predictors: tuple

    @property
    def inside(self):
        """The group-level effects as they stand in the formulas."""
        return " + ".join(["1", *self.varies])

    @property
    def formula(self):
        """In the notation of lme4, the engine and Bambi."""
        return f"{self.fixed} + ({self.inside} | {self.group})"


def orange_juice():
    """Sales with the price and the one before in cents, the calendar year and the income of the area in dollars."""
    areas = load("orange_juice_stores")[["store", "log_income"]]
    data = load("orange_juice").merge(areas, on="store").sort_values(["store", "week"])
    data = data.assign(
        log_sales=np.log(data["sales"]),
        cents=100 * data["price"],
        year=1989.7 + 7 / 365.25 * data["week"],  # week 1 is that of 14 September 1989
        income=np.exp(data["log_income"]),
    )
    data["before"] = data.groupby("store")["cents"].shift()
    return data.dropna()[["store", "log_sales", "cents", "before", "year", "income"]]


def some_orange_juice():
    """Every eighth store: for NUTS, which takes longer."""
    data = orange_juice()
    return data[data["store"].isin(sorted(data["store"].unique())[::8])]


def cheese():
    """Sales with the price in cents."""
    data = load("cheese")
    return data.assign(log_volume=np.log(data["volume"]), cents=100 * data["price"])


DATA = {
    "sleepstudy": lambda: load("sleepstudy"),
    "cheese": cheese,
    "orange juice": orange_juice,
    "orange juice, 11 stores": some_orange_juice,
}

JUICE = ("cents", "before", "year", "income")


def _juice(data, varies):
    return Problem(data, "log_sales ~ " + " + ".join(JUICE), JUICE[:varies], "store", JUICE)


PROBLEMS = [
    Problem("sleepstudy", "reaction ~ days", ("days",), "subject", ("days",)),
    Problem("cheese", "log_volume ~ cents + display", ("cents", "display"), "retailer", ("cents", "display")),
    *(_juice("orange juice", varies) for varies in range(4)),
]

NUTS_PROBLEMS = [PROBLEMS[0], *(_juice("orange juice, 11 stores", varies) for varies in (0, 1, 3))]


def optimum(problem, data):
    """Log-likelihood that can be reached, found by the book's engine, whose search does not depend on the units."""
    with warnings.catch_warnings(action="ignore"):
        return lmm(problem.formula, data).llf


def statsmodels_default(problem, data):
    """``fit()`` as statsmodels has it."""
    model = smf.mixedlm(problem.fixed, data, groups=problem.group, re_formula="~" + problem.inside)
    return model.fit()


def statsmodels_checked(problem, data):
    """The book's guard around it."""
    model = smf.mixedlm(problem.fixed, data, groups=problem.group, re_formula="~" + problem.inside)
    return checked_fit(model)


@contextlib.contextmanager
def counted():
    """Count how often statsmodels evaluates a likelihood: a list that grows by one each time."""
    calls, original = [], MixedLM.loglike

    def loglike(*arguments, **keywords):
        calls.append(1)
        return original(*arguments, **keywords)

    MixedLM.loglike = loglike
    try:
        yield calls
    finally:
        MixedLM.loglike = original


def by_statsmodels(how, problem, data, best):
    """One fit: seconds of the processor, evaluations, what statsmodels says, how far below the optimum it ends."""
    with counted() as calls, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        begin = time.process_time()
        try:
            fit = how(problem, data)
        except (FitError, np.linalg.LinAlgError, ValueError) as error:
            return {"seconds": time.process_time() - begin, "work": len(calls), "says": type(error).__name__}
        seconds = time.process_time() - begin
    says = "converged" if fit.converged else "not converged"
    return {
        "seconds": seconds,
        "work": len(calls),
        "says": f"{says}, {len(caught)} warnings" if caught else says,
        "short": best - fit.llf,
    }


def by_nuts(problem, data, centre, tune=TUNE, draws=DRAWS):
    """One posterior through Bambi and nutpie: leapfrog steps, largest R-hat, divergences."""
    model = bmb.Model(problem.formula, data, center_predictors=centre)
    begin = time.process_time()
    idata = model.fit(inference_method="nutpie", draws=draws, tune=tune, chains=2, random_seed=1, progressbar=False)
    seconds = time.process_time() - begin
    stats = idata["sample_stats"]
    draws = [idata["posterior"][name].to_numpy() for name in idata["posterior"].data_vars]
    columns = np.concatenate([values.reshape(*values.shape[:2], -1) for values in draws], axis=2)
    return {
        "seconds": seconds,
        "work": int(stats["n_steps"].sum()),
        "rhat": float(np.max([array_stats.rhat(column) for column in np.moveaxis(columns, 2, 0)])),
        "ess": float(np.min([array_stats.ess(column, method="bulk") for column in np.moveaxis(columns, 2, 0)])),
        "divergences": int(stats["diverging"].sum()),
    }


def in_units(problem):
    """The problem's data in each of the units."""
    data = DATA[problem.data]()
    return {
        name: standardise(data, list(problem.predictors), centre, scale)[0] for name, (centre, scale) in UNITS.items()
    }


def likelihoods(problem, rounds, cache):
    """Rows of statsmodels and lme4 for one problem: rounds interleaved over the units, ratios within a round."""
    versions = in_units(problem)
    best = {units: optimum(problem, data) for units, data in versions.items()}
    found = {}
    for number in range(rounds):
        for how in (statsmodels_default, statsmodels_checked) if number == 0 else (statsmodels_default,):
            for units, data in versions.items():  # in turn, so that no one of them has the quiet minutes
                result = by_statsmodels(how, problem, data, best[units])
                found.setdefault((how.__name__.replace("_", ", "), units), []).append(result)
                print(problem.data, len(problem.varies) + 1, number + 1, how.__name__, units, result, flush=True)
    for units, data in versions.items():
        data.to_csv(cache / f"{units}.csv", index=False)
    done = subprocess.run(
        ["Rscript", HERE / "scaling_lme4.R", problem.formula, problem.group, cache, str(rounds), *versions],
        capture_output=True,
        text=True,
        check=True,
    )
    lme4 = json.loads(done.stdout)
    for one in lme4["fits"]:
        result = one | {"short": best[one["units"]] - one["loglik"]}
        print(problem.data, len(problem.varies) + 1, "lme4", result, flush=True)
        found.setdefault(("lme4", one["units"]), []).append(result)
    programs = {"lme4": lme4["version"]}
    for (engine, units), results in found.items():
        raw = [one["seconds"] for one in found[engine, "raw"]]
        yield {
            **size(problem, versions["raw"]),
            "engine": engine,
            "version": programs.get(engine, version("statsmodels")),
            "units": units,
            **ratios([one["seconds"] for one in results], raw),
            **{key: results[-1].get(key) for key in ("work", "says", "short")},
        }


def posteriors(problem):
    """Rows of NUTS for one problem."""
    found = {}
    for units, data in in_units(problem).items():
        tune, few = TUNE // SHORT, DRAWS // SHORT
        runs = {"nutpie": (True,), f"nutpie, {few} draws": (True, tune, few)}
        if not problem.varies:  # is it the tuning that was short, or the chain?
            runs[f"nutpie, {tune} tuning"] = (True, tune)
        if units == "raw":
            runs["nutpie, center_predictors=False"] = (False,)
        for engine, options in runs.items():
            result = by_nuts(problem, data, *options)
            print(problem.data, len(problem.varies) + 1, units, engine, result, flush=True)
            found[units, engine] = result
    for (units, engine), result in found.items():
        yield {
            **size(problem, data),
            "engine": engine,
            "version": f"{version('nutpie')}, bambi {version('bambi')}",
            "units": units,
            **ratios([result["seconds"]], [found["raw", "nutpie"]["seconds"]]),
            **{key: result[key] for key in ("work", "rhat", "ess", "divergences")},
        }


def size(problem, data):
    """What was measured, and when."""
    return {
        "measured": datetime.date.today().isoformat(),
        "data": problem.data,
        "rows": len(data),
        "effects": len(problem.varies) + 1,
    }


def ratios(seconds, raw):
    """Median time, and median ratio to the raw units within a round."""
    ratio = statistics.median(one / other for one, other in zip(seconds, raw, strict=True))
    return {"seconds": statistics.median(seconds), "ratio": ratio}


def main():
    """Read the command line, run all, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="sleepstudy only, one round")
    parser.add_argument("--part", choices=["likelihood", "nuts"], help="one of the two only")
    parser.add_argument("--cache", type=Path, default=ROOT / "_build" / "benchmarks", help="data for R")
    parser.add_argument("--output", type=Path, default=ROOT / "data" / "reference" / "scaling_benchmark.csv")
    options = parser.parse_args()
    problems, nuts, rounds = PROBLEMS, NUTS_PROBLEMS, options.rounds
    if options.quick:
        problems, nuts, rounds = problems[:1], nuts[:1], 1
    options.cache.mkdir(parents=True, exist_ok=True)
    cache, rows = options.cache.resolve(), []
    if options.part != "nuts":
        rows += [row for problem in problems for row in likelihoods(problem, rounds, cache)]
    if options.part != "likelihood":
        rows += [row for problem in nuts for row in posteriors(problem)]
    pd.DataFrame(rows).to_csv(options.output, index=False, float_format="%.4g")


if __name__ == "__main__":
    sys.exit(main())
