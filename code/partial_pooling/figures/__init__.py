"""The book's figures, one file for each kind, in one visual vocabulary (style.py)."""

from partial_pooling.figures.choice import draw_likelihood
from partial_pooling.figures.errors import draw_error_by_size
from partial_pooling.figures.groups import draw_groups
from partial_pooling.figures.pooling_picture import PoolingPicture
from partial_pooling.figures.quantiles import draw_quantiles
from partial_pooling.figures.shrinkage import draw_shrinkage

__all__ = ["PoolingPicture", "draw_error_by_size", "draw_groups", "draw_likelihood", "draw_quantiles", "draw_shrinkage"]
