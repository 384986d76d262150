"""What varies between groups: one grouping factor, its groups, and the effects that each group has of its own."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


class DataError(ValueError):
    """The data cannot support the model: the message names the columns and the way out."""


@dataclass(frozen=True)
class GroupTerm:
    """Group-level effects of one grouping factor.

    Parameters
    ----------
    name : str
        The grouping factor, such as ``"store"`` or ``"county:store"``.
    labels : ndarray (rows,)
        The group of each row.
    columns : ndarray (rows, q)
        What the effects multiply: ones for an intercept, a predictor for a slope.
    effects : tuple of str
        Names of the columns, such as ``("Intercept", "log_price")``.
    blocks : tuple of int, optional
        Effects with the same number are correlated, others independent; by default all are correlated.
    """

    name: str
    labels: np.ndarray
    columns: np.ndarray
    effects: tuple
    blocks: tuple = None

    @cached_property
    def free(self):
        """Which elements of the relative covariance factor are estimated: boolean (q, q), lower triangular."""
        return np.tril(self.block_of_effects[:, None] == self.block_of_effects)

    @property
    def block_of_effects(self):
        """Number of each effect's block: ndarray (q,)."""
        return np.zeros(len(self.effects)) if self.blocks is None else np.asarray(self.blocks)

    def is_thin(self, groups, rows):
        """Whether so many groups have as many correlated effects as there are rows, or more: bool."""
        return bool(groups * self.free.sum(axis=1).max() >= rows)
