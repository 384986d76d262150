"""The book's figures: what several chapters draw (common), a file for each chapter, one visual vocabulary (style)."""

from partial_pooling.figures.common import draw_error_by_size, draw_groups
from partial_pooling.figures.crossed import draw_cross_tables, draw_t_values
from partial_pooling.figures.engine import draw_criterion, draw_speed
from partial_pooling.figures.group_level_predictors import draw_group_line
from partial_pooling.figures.names import draw_grouping
from partial_pooling.figures.nesting import draw_nested
from partial_pooling.figures.pooling import draw_shrinkage
from partial_pooling.figures.pooling_picture import PoolingPicture
from partial_pooling.figures.random_intercepts import draw_caterpillar
from partial_pooling.figures.random_slopes import draw_fan
from partial_pooling.figures.repeated_measures import draw_analyses, draw_dropout
from partial_pooling.figures.scaling import draw_ratios
from partial_pooling.figures.shrinkage import draw_quantiles

__all__ = [
    "PoolingPicture",
    "draw_analyses",
    "draw_caterpillar",
    "draw_criterion",
    "draw_cross_tables",
    "draw_dropout",
    "draw_error_by_size",
    "draw_fan",
    "draw_group_line",
    "draw_grouping",
    "draw_groups",
    "draw_nested",
    "draw_quantiles",
    "draw_ratios",
    "draw_shrinkage",
    "draw_speed",
    "draw_t_values",
]
