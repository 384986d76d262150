"""The book's figures, one file for each kind, in one visual vocabulary (style.py)."""

from partial_pooling.figures.dropout import draw_dropout
from partial_pooling.figures.errors import draw_error_by_size
from partial_pooling.figures.groups import draw_groups
from partial_pooling.figures.intervals import draw_intervals
from partial_pooling.figures.shrinkage import draw_shrinkage

__all__ = ["draw_dropout", "draw_error_by_size", "draw_groups", "draw_intervals", "draw_shrinkage"]
