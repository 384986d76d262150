"""Wires the notebook gate into pytest, wherever pytest is called from."""

pytest_plugins = ["gate.collect"]
