"""Wires the notebook gate into pytest, wherever pytest is called from."""

import os

pytest_plugins = ["gate.collect"]


def pytest_xdist_auto_num_workers():
    """One worker more than there are cores: a quarter of the time one waits for a browser, R or another process."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1
