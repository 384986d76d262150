"""Helpers of the book Partial Pooling: load, simulate, check, tabulate and draw."""

from partial_pooling.agreement import agreement
from partial_pooling.checked_fit import FitError, checked_fit
from partial_pooling.datasets import load
from partial_pooling.engine import lmm
from partial_pooling.figures import draw_dropout, draw_error_by_size, draw_groups, draw_intervals, draw_shrinkage
from partial_pooling.groups import by_group, deviations
from partial_pooling.holdout import keep_few_rows
from partial_pooling.page import set_up_page, show_source
from partial_pooling.posterior import posterior_table, sampling_checks
from partial_pooling.reference import compare
from partial_pooling.simulate import StoresTruth, simulate_stores

__all__ = [
    "FitError",
    "StoresTruth",
    "agreement",
    "by_group",
    "checked_fit",
    "compare",
    "deviations",
    "draw_dropout",
    "draw_error_by_size",
    "draw_groups",
    "draw_intervals",
    "draw_shrinkage",
    "keep_few_rows",
    "lmm",
    "load",
    "posterior_table",
    "sampling_checks",
    "set_up_page",
    "show_source",
    "simulate_stores",
]
