"""Rebuild stores.csv, stores_truth.csv and stores_parameters.json: python data/rebuild_stores.py [folder]."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from partial_pooling import StoresTruth, simulate_stores

folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
weeks, truth = simulate_stores(seed=1)
weeks.to_csv(folder / "stores.csv", index=False, lineterminator="\n")
truth.round(6).to_csv(folder / "stores_truth.csv", index=False, lineterminator="\n")
(folder / "stores_parameters.json").write_text(json.dumps(asdict(StoresTruth()), indent=2) + "\n")
