"""The book's data sets, each checked against its checksum before anything is read."""

import hashlib
from pathlib import Path

import pandas as pd

PACKAGE = Path(__file__).resolve().parent
DATA = PACKAGE / "data" if (PACKAGE / "data").is_dir() else PACKAGE.parents[1] / "data"
"""The book's data: inside the package where it was installed from a wheel, beside code/ in a checkout."""

COLUMN_TYPES = {
    "stores": {"county": str, "store": str, "week": int, "price": float, "sales": float, "gdp": float},
    "stores_truth": {"county": str, "store": str, "weeks": int, "intercept": float, "elasticity": float},
    "orange_juice": {"store": str, "week": int, "price": float, "sales": int, "deal": int, "feature": float},
    "orange_juice_stores": {
        "store": str,
        "age60": float,
        "education": float,
        "ethnic": float,
        "log_income": float,
        "large_households": float,
        "working_women": float,
        "houses_over_150k": float,
        "warehouse_distance": float,
        "warehouse_volume": float,
        "supermarket_distance": float,
        "supermarket_volume": float,
    },
    "cheese": {"city": str, "retailer": str, "volume": int, "display": float, "price": float},
    "radon": {"county": str, "floor": int, "uranium": float, "log_radon": float},
    "school_growth": {
        "school": str,
        "child": str,
        "year": float,
        "math": float,
        "female": int,
        "low_income": float,
    },
    "sleepstudy": {"subject": str, "days": int, "reaction": float},
    "beat_the_blues": {
        "patient": str,
        "programme": int,
        "drug": int,
        "long_episode": int,
        "baseline": int,
        "months": int,
        "bdi": int,
    },
    "penicillin": {"plate": str, "sample": str, "diameter": float},
    "pastes": {"batch": str, "cask": str, "sample": str, "strength": float},
    "pooling_study": {
        "effect": str,
        "groups": int,
        "rows": int,
        "ratio": float,
        "pooling": str,
        "error": float,
        "standard_error": float,
        "replications": int,
    },
}
"""Columns and types of every data set that :func:`load` knows; data/README.md describes them."""


def load(name):
    """Load one of the book's data sets.

    Parameters
    ----------
    name : str
        Name of the data set: the name of its file in data/ without ``.csv``.

    Returns
    -------
    pandas.DataFrame
        Typed columns as in data/README.md; group labels are strings, also where the source has numbers.

    Raises
    ------
    ValueError
        If there is no such data set (the message lists those there are), or if the file's
        bytes are not the published ones.
    FileNotFoundError
        If the book's data are neither inside the package nor beside its folder in a checkout.
    """
    if name not in COLUMN_TYPES:
        raise ValueError(
            f"there is no data set {name!r}: load() knows the book's own, which are {', '.join(COLUMN_TYPES)}. "
            'A file of yours is read by pandas: pandas.read_csv("file.csv", dtype={"group": str}), labels as text'
        )
    path = DATA / f"{name}.csv"
    if not path.exists():
        raise FileNotFoundError(
            f"{path} is missing; install the helper package again, in a checkout of the book with "
            "'pip install -e ./code'"
        )
    found, published = hashlib.sha256(path.read_bytes()).hexdigest(), checksums()[path.name]
    if found != published:
        raise ValueError(
            f"{path.name} is not the published file (its SHA-256 is {found[:12]}..., not {published[:12]}...); "
            f"install the helper package again, or in a checkout restore it with 'git checkout -- data/{path.name}'"
        )
    return pd.read_csv(path, dtype=COLUMN_TYPES[name])


def checksums():
    """Published SHA-256 of each file in data/, by file name (from data/SHA256SUMS)."""
    lines = (DATA / "SHA256SUMS").read_text().splitlines()
    return {file: digest for digest, file in (line.split() for line in lines)}
