"""Time one evaluation of the criterion by lme4 and statsmodels as rows are added: ``python benchmarks/evaluation.py``.

100 stores with an intercept and a slope each, as in the chapter on the engine, which times the engine itself. Seconds
of the processor for the likelihood at one value of its parameters, without reading the data and without the search.
Needs R with lme4, takes a minute, and writes data/reference/evaluation_benchmark.csv.
"""

import datetime
import json
import subprocess
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf

HERE = Path(__file__).resolve().parent
ROWS = (2_000, 20_000, 200_000)


def by_statsmodels(rows):
    """Milliseconds of one log-likelihood."""
    rng = np.random.default_rng(1)
    store = np.repeat(np.arange(100), rows // 100)
    data = pd.DataFrame({"store": store, "x": rng.normal(size=rows)})
    data["y"] = 5 - 2 * data["x"] + rng.normal(size=100)[store] + rng.normal(size=rows)
    model = smf.mixedlm("y ~ x", data, groups="store", re_formula="~x")
    with warnings.catch_warnings(action="ignore"):  # a model that was never fitted has no likelihood
        start = model.fit(method="bfgs", maxiter=1).params_object
    begin, evaluations = time.process_time(), 20
    for _ in range(evaluations):
        model.loglike(start)
    return 1000 * (time.process_time() - begin) / evaluations


def main():
    """Time both, write the table."""
    command = ["Rscript", HERE / "evaluation_lme4.R", *map(str, ROWS)]
    lme4 = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    rows = [{"program": "lme4", "version": lme4["version"], **one} for one in lme4["times"]]
    of_statsmodels = {"program": "statsmodels", "version": version("statsmodels")}
    rows += [of_statsmodels | {"rows": count, "milliseconds": by_statsmodels(count)} for count in ROWS]
    table = pd.DataFrame(rows).assign(measured=datetime.date.today().isoformat())
    stored = HERE.parent / "data" / "reference" / "evaluation_benchmark.csv"
    table.to_csv(stored, index=False, float_format="%.3g")


if __name__ == "__main__":
    sys.exit(main())
