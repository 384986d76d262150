"""Helpers of the book Partial Pooling: load, simulate, check, tabulate and draw."""

from partial_pooling.agreement import agreement
from partial_pooling.check import check
from partial_pooling.checked_fit import FitError, checked_fit
from partial_pooling.common_distribution import pool, restricted_loglik
from partial_pooling.datasets import load
from partial_pooling.engine import lmm
from partial_pooling.figures import (
    PoolingPicture,
    draw_against_theory,
    draw_caterpillar,
    draw_cross_tables,
    draw_curves,
    draw_dropout,
    draw_error_by_size,
    draw_fan,
    draw_group_line,
    draw_grouping,
    draw_groups,
    draw_intervals,
    draw_likelihood,
    draw_lines_by_level,
    draw_nested,
    draw_pairs,
    draw_profiles,
    draw_quantiles,
    draw_ratios,
    draw_searches,
    draw_shrinkage,
    draw_strips,
)
from partial_pooling.groups import by_group, deviations
from partial_pooling.holdout import keep_few_rows
from partial_pooling.page import set_up_page, show_source
from partial_pooling.posterior import posterior_table, sampling_checks
from partial_pooling.reference import compare
from partial_pooling.scaling import NotClosedError, Scaling, standardise, unscale
from partial_pooling.simulate import StoresTruth, simulate_stores

__all__ = [
    "FitError",
    "NotClosedError",
    "PoolingPicture",
    "Scaling",
    "StoresTruth",
    "agreement",
    "by_group",
    "check",
    "checked_fit",
    "compare",
    "deviations",
    "draw_against_theory",
    "draw_caterpillar",
    "draw_cross_tables",
    "draw_curves",
    "draw_dropout",
    "draw_error_by_size",
    "draw_fan",
    "draw_group_line",
    "draw_grouping",
    "draw_groups",
    "draw_intervals",
    "draw_likelihood",
    "draw_lines_by_level",
    "draw_nested",
    "draw_pairs",
    "draw_profiles",
    "draw_quantiles",
    "draw_ratios",
    "draw_searches",
    "draw_shrinkage",
    "draw_strips",
    "keep_few_rows",
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
