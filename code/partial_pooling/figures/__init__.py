"""The book's figures, one file for each kind, in one visual vocabulary (style.py)."""

from partial_pooling.figures.cross_tables import draw_cross_tables
from partial_pooling.figures.errors import draw_error_by_size
from partial_pooling.figures.groups import draw_groups
from partial_pooling.figures.profiles import draw_profiles
from partial_pooling.figures.shrinkage import draw_shrinkage
from partial_pooling.figures.strips import draw_strips

__all__ = [
    "draw_cross_tables",
    "draw_error_by_size",
    "draw_groups",
    "draw_profiles",
    "draw_shrinkage",
    "draw_strips",
]
