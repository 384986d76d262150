"""The columns of a mixed model, and what each is a product of."""

from typing import NamedTuple

import numpy as np
import pandas as pd

STANDARDISING = ("center", "scale", "standardize")
"""Functions that shift or divide a column within a formula, by what they remember of it."""


class Part(NamedTuple):
    """A factor of a product, such as ``np.log(price)`` of ``np.log(price):half``."""

    text: str  # as the formula writes it, without a category's label
    variables: frozenset  # the columns of the data that it reads
    standardised: frozenset  # those that it reads within one of STANDARDISING


class Columns(NamedTuple):
    """What the coefficients and effects of a mixed model multiply."""

    response: np.ndarray  # (rows,)
    design: pd.DataFrame  # (rows, p), the population-level effects
    groups: dict  # grouping factor to DataFrame (rows, q), the group-level effects
    parts: dict  # None (the design) or grouping factor to a list of tuples of Part, one a column; () is the intercept
    response_parts: tuple = ()  # of Part
    factors: dict = {}  # grouping factor to the columns of the data whose labels tell its groups apart  # noqa: RUF012

    @property
    def standardised(self):
        """Columns of the data that the formula itself standardises: set of str."""
        parts = [part for columns in self.parts.values() for column in columns for part in column]
        return {name for part in (*parts, *self.response_parts) for name in part.standardised}
