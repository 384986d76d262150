"""The book's figures, one file for each kind, in one visual vocabulary (style.py)."""

from partial_pooling.figures.against import draw_against_theory
from partial_pooling.figures.caterpillar import draw_caterpillar
from partial_pooling.figures.choice import draw_likelihood
from partial_pooling.figures.cross_tables import draw_cross_tables
from partial_pooling.figures.curves import draw_curves
from partial_pooling.figures.dropout import draw_dropout
from partial_pooling.figures.errors import draw_error_by_size
from partial_pooling.figures.fan import draw_fan
from partial_pooling.figures.group_line import draw_group_line
from partial_pooling.figures.grouping import draw_grouping
from partial_pooling.figures.groups import draw_groups
from partial_pooling.figures.intervals import draw_intervals
from partial_pooling.figures.nested import draw_lines_by_level, draw_nested
from partial_pooling.figures.pairs import draw_pairs
from partial_pooling.figures.pooling_picture import PoolingPicture
from partial_pooling.figures.profiles import draw_profiles
from partial_pooling.figures.quantiles import draw_quantiles
from partial_pooling.figures.shrinkage import draw_shrinkage
from partial_pooling.figures.strips import draw_strips
from partial_pooling.figures.units import draw_ratios, draw_searches

__all__ = [
    "PoolingPicture",
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
]
