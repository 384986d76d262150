"""Time the book's engine beside lme4, statsmodels and newer engines in Python: see README.md.

Run ``make benchmark``.
"""

import argparse
import datetime
import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import datasets
import pandas as pd
from problems import PROBLEMS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

LIMIT_SECONDS = 120
"""A fit that takes longer is stopped."""

START_SECONDS = 40
"""What a process may take besides, to start and to read the data."""

ONE_THREAD = dict.fromkeys(["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"], "1")

PEERS = ["glmm", "mixedlm", "lme_python", "interlace", "gpboost"]
"""Engines with an environment of their own; the book's and statsmodels are in the book's."""

ENGINES = ["lme4", "ours", "statsmodels", *PEERS]

NAMES = {"ours": "partial_pooling", "lme_python": "lme-python", "interlace": "interlace-lme"}


def environment(engine, cache):
    """Python of an engine; its environment is made if it is not there or not as required.

    Parameters
    ----------
    engine : str
    cache : pathlib.Path

    Returns
    -------
    str
        Path of the interpreter, or "" if the installation failed (what failed is then on the screen).
    """
    if engine not in PEERS:
        return sys.executable
    requirements = HERE / f"requirements-{engine}.txt"
    home = cache / f"env-{engine}"
    python, installed = home / "bin" / "python", home / "installed.txt"
    if not installed.exists() or installed.read_text() != requirements.read_text():
        print(f"Installing {engine} ...", flush=True)
        shutil.rmtree(home, ignore_errors=True)
        install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", requirements]
        for command in [[sys.executable, "-m", "venv", home], install]:
            if subprocess.run(command).returncode:
                return ""
        shutil.copy(requirements, installed)
    return str(python)


def required_version(engine):
    """Version that a peer's requirements name, for the table's rows without a result; "" for other engines."""
    if engine not in PEERS:
        return ""
    lines = (HERE / f"requirements-{engine}.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines)[NAMES.get(engine, engine)]


def refuse_without_lme4():
    """Exit with a message if R or lme4 is missing: its time is the unit, its optimum the reference."""
    found = shutil.which("Rscript")
    if not found or subprocess.run([found, "-e", "library(lme4)"], capture_output=True).returncode:
        sys.exit("R with lme4 is needed: 'apt-get install r-cran-lme4', or install.packages('lme4') in R")


def command(engine, python, problem, data):
    """Command line that fits one problem by one engine."""
    if engine == "lme4":
        return ["Rscript", HERE / "engine_lme4.R", problem.formula, data, ",".join(problem.groups)]
    return [python, HERE / f"engine_{engine}.py", problem.name, data]


def measure(arguments, limit=LIMIT_SECONDS + START_SECONDS):
    """Run one engine's process.

    Returns
    -------
    dict
        What it printed; or under "cannot" why there is nothing.
    """
    try:
        done = subprocess.run(
            arguments, capture_output=True, text=True, timeout=limit, env={**os.environ, **ONE_THREAD}, cwd=HERE
        )
    except subprocess.TimeoutExpired:
        return {"cannot": f"more than {LIMIT_SECONDS} s"}
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"stopped with code {done.returncode}"]
        return {"cannot": f"fails: {lines[-1][:150]}"}
    result = json.loads(done.stdout.strip().splitlines()[-1])
    return {"cannot": f"more than {LIMIT_SECONDS} s"} if result.get("seconds", 0) > LIMIT_SECONDS else result


def benchmark(problem, pythons, cache, rounds):
    """Fit one problem by all engines, in interleaved rounds.

    Parameters
    ----------
    problem : problems.Problem
    pythons : dict
        The interpreter for each engine.
    cache : pathlib.Path
    rounds : int

    Returns
    -------
    list of dict
        The rows of the table.
    """
    data = cache / f"{problem.name}.csv"
    if not data.exists():
        datasets.write(problem.name, data)
    reference = measure([*command("lme4", "", problem, data), "reference"], limit=1800)
    if "cannot" in reference:
        sys.exit(f"lme4's reference fit of {problem.name} failed: {reference['cannot']}")
    results = {engine: [] for engine in pythons}
    for number in range(rounds):
        for engine, python in pythons.items():
            if any("cannot" in result for result in results[engine]):
                continue
            result = measure(command(engine, python, problem, data)) if python else {"cannot": "cannot be installed"}
            results[engine].append(result)
            print(problem.name, f"round {number + 1}", engine, result.get("seconds", result.get("cannot")), flush=True)
    best = max(r["loglik"] for results_ in results.values() for r in [*results_, reference] if r.get("loglik"))
    size = sizes(problem, data)
    return [size | row(engine, found, results["lme4"], reference, best) for engine, found in results.items()]


def sizes(problem, data):
    """Columns that say when was measured, and on what: the problem, its rows and its number of group-level effects."""
    labels = pd.read_csv(data, usecols=problem.groups, dtype=str)
    effects = sum(len(labels[list(columns)].drop_duplicates()) * each for columns, each in problem.terms)
    today = datetime.date.today().isoformat()
    return {"measured": today, "problem": problem.name, "rows": len(labels), "group_effects": effects}


def row(engine, found, lme4, reference, best):
    """One engine's columns of the table."""
    columns = ["seconds", "ratio", "ratio_low", "ratio_high", "loglik_short", "largest_difference", "note"]
    failed = [result for result in found if "cannot" in result]
    versions = [result["version"] for result in found if "version" in result]
    start = {"engine": NAMES.get(engine, engine), "version": versions[0] if versions else required_version(engine)}
    if failed:
        return start | dict.fromkeys(columns, "") | {"note": failed[0]["cannot"]}
    ratios = [one["seconds"] / other["seconds"] for one, other in zip(found, lme4, strict=True)]
    last = found[-1]
    triples = zip(last["fixed"], reference["fixed"], reference["standard_errors"], strict=True)
    values = [
        f"{statistics.median(result['seconds'] for result in found):.3g}",
        *(f"{value:.3g}" for value in [statistics.median(ratios), min(ratios), max(ratios)]),
        "" if last["loglik"] is None else f"{max(best - last['loglik'], 0):.1e}",
        f"{max(abs(one - other) / error for one, other, error in triples):.1e}",
        "; ".join(notes(last, reference, best)),
    ]
    return start | dict(zip(columns, values, strict=True))


def notes(result, reference, best):
    """What a reader must know of a result before its time."""
    if result.get("note"):
        yield result["note"]
    if result["loglik"] is None:
        short = reference["loglik_ml"] - result["loglik_ml"]
        if short > 0.001:
            yield f"stops {short:.2g} below the maximum"
        return
    if best - result["loglik"] > 0.001:
        yield f"stops {best - result['loglik']:.2g} below the maximum"
    if len(result["sd"]) != len(reference["sd"]):
        yield "fits another model: the number of standard deviations differs"
        return
    largest = max(abs(one - other) for one, other in zip(result["sd"], reference["sd"], strict=True))
    if largest > 0.01 * max(reference["sd"]):
        yield f"a standard deviation is off by {largest:.2g}"


def main():
    """Read the command line, run all, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", nargs="+", choices=PROBLEMS, default=list(PROBLEMS), metavar="PROBLEM")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=ENGINES, metavar="ENGINE")
    parser.add_argument("--rounds", type=int, help="instead of 5 (3 for the large problems)")
    parser.add_argument("--quick", action="store_true", help="sleepstudy and 1000 rows of stores, one round")
    parser.add_argument("--cache", type=Path, default=ROOT / "_build" / "benchmarks", help="data and environments")
    parser.add_argument("--output", type=Path, default=ROOT / "data" / "reference" / "engine_benchmark.csv")
    options = parser.parse_args()
    if options.quick:
        options.problems, options.rounds = ["sleepstudy", "stores_1e3"], 1

    refuse_without_lme4()
    options.cache.mkdir(parents=True, exist_ok=True)
    cache = options.cache.resolve()
    engines = ["lme4", *(engine for engine in options.engines if engine != "lme4")]
    pythons = {engine: environment(engine, cache) for engine in engines}
    rows = []
    for name in options.problems:
        rows += benchmark(PROBLEMS[name], pythons, cache, options.rounds or PROBLEMS[name].rounds)
        pd.DataFrame(rows).to_csv(options.output, index=False)
    print(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()
