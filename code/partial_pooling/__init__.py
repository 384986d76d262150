"""Helpers of the book Partial Pooling: load, simulate, check, tabulate and draw."""

from partial_pooling import figures
from partial_pooling.check import check
from partial_pooling.checked_fit import FitError, checked_fit
from partial_pooling.compare import agreement, compare
from partial_pooling.datasets import load
from partial_pooling.engine import lmm
from partial_pooling.estimates import estimates
from partial_pooling.figures import *  # noqa: F403
from partial_pooling.grouping import Grouping, grouping
from partial_pooling.groups import by_group, deviations
from partial_pooling.page import set_up_page, show_source
from partial_pooling.pool import pool, restricted_loglik
from partial_pooling.posterior import posterior_table, sampling_checks
from partial_pooling.scaling import NotClosedError, Scaling, standardise, unscale
from partial_pooling.simulate import StoresTruth, simulate_stores

__all__ = [
    *figures.__all__,
    "FitError",
    "Grouping",
    "NotClosedError",
    "Scaling",
    "StoresTruth",
    "agreement",
    "by_group",
    "check",
    "checked_fit",
    "compare",
    "deviations",
    "estimates",
    "grouping",
    "lmm",
    "load",
    "pool",
    "posterior_table",
    "restricted_loglik",
    "sampling_checks",
    "set_up_page",
    "show_source",
    "simulate_stores",
    "standardise",
    "unscale",
]
