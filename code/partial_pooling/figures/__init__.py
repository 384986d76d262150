"""The book's figures, one file for each kind, in one visual vocabulary (style.py)."""

from partial_pooling.figures.errors import draw_error_by_size
from partial_pooling.figures.groups import draw_groups
from partial_pooling.figures.shrinkage import draw_shrinkage
from partial_pooling.figures.units import draw_ratios, draw_searches

__all__ = ["draw_error_by_size", "draw_groups", "draw_ratios", "draw_searches", "draw_shrinkage"]
