"""Shift and divide columns of data, and remember by how much."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from pandas.api import types

from partial_pooling.engine.identified import WHAT_TO_DO


@dataclass(frozen=True)
class Scaling:
    """By what each column was shifted and divided: ``standardised = (original - centre) / scale``.

    Parameters
    ----------
    centre : dict or Series of str to float, optional
        In the column's own units; a column that is not named was not shifted.
    scale : dict or Series of str to float, optional
        The same; a column that is not named was not divided.

    Raises
    ------
    ValueError
        If a centre is not finite, or a scale is not finite and positive.
    """

    centre: dict = field(default_factory=dict)
    scale: dict = field(default_factory=dict)

    def __post_init__(self):
        object.__setattr__(self, "centre", dict(self.centre))
        object.__setattr__(self, "scale", dict(self.scale))
        for name, value in self.centre.items():
            if not np.isfinite(value):
                raise ValueError(f"the centre of {name!r} is {value}; it must be a number")
        for name, value in self.scale.items():
            if not (np.isfinite(value) and value > 0):
                raise ValueError(f"the scale of {name!r} is {value}; it must be a positive number")

    @property
    def columns(self):
        """Names of the columns that change: list of str."""
        return list(dict.fromkeys([*self.centre, *self.scale]))

    def apply(self, data):
        """Data with the columns standardised, under their own names.

        Parameters
        ----------
        data : pandas.DataFrame
            In original units.

        Returns
        -------
        pandas.DataFrame
        """
        _refuse_unusable(data, self.columns)
        return data.assign(
            **{name: (data[name].astype(float) - self._centre(name)) / self._scale(name) for name in self.columns}
        )

    def undo(self, data):
        """Data with the columns in their original units again.

        Parameters
        ----------
        data : pandas.DataFrame
            Standardised.

        Returns
        -------
        pandas.DataFrame
        """
        _refuse_unusable(data, self.columns)
        return data.assign(
            **{name: self._centre(name) + self._scale(name) * data[name].astype(float) for name in self.columns}
        )

    def _centre(self, name):
        return self.centre.get(name, 0.0)

    def _scale(self, name):
        return self.scale.get(name, 1.0)


def standardise(data, columns, centre=True, scale=True):
    """Subtract the mean of columns and divide them by their standard deviation.

    Parameters
    ----------
    data : pandas.DataFrame
    columns : list of str
        Numbers without missing values; predictors, the response, or both. All rows count alike.
    centre : bool
        Whether to subtract the mean.
    scale : bool
        Whether to divide by the standard deviation (with n - 1, as R's ``scale``).

    Returns
    -------
    scaled : pandas.DataFrame
        A copy of the data in which the columns have kept their names, so that a formula needs no change.
    scaling : Scaling
        What :func:`unscale` needs. For other centres and scales write ``Scaling(centre={...}, scale={...})`` and
        ``scaling.apply(data)``.

    Raises
    ------
    ValueError
        If a column is not in the data, holds no numbers, misses values, or does not vary and is to be divided.
    """
    columns = [columns] if isinstance(columns, str) else list(dict.fromkeys(columns))
    _refuse_unusable(data, columns)
    for name in columns:
        if scale and np.ptp(data[name]) == 0:
            raise ValueError(f"{name!r} has one value only, so it has no standard deviation to divide by")
    numbers = data[columns].astype(float)
    scaling = Scaling(
        {name: float(numbers[name].mean()) for name in columns} if centre else {},
        {name: float(numbers[name].std()) for name in columns} if scale else {},
    )
    return scaling.apply(data), scaling


def refuse_what_cannot_be_undone(scaling, columns):
    """Refuse a scaling of columns that the formula standardises itself, or that tell groups apart.

    Parameters
    ----------
    scaling : Scaling
    columns : partial_pooling.engine.model_columns.Columns
        Of the model on the standardised data.
    """
    for name in scaling.columns:
        if name in columns.standardised:
            raise ValueError(
                f"the formula standardises {name!r} itself, so the data hold it in its own units: leave it out of the "
                "scaling, as in unscale(fit); or standardise the column, and write its plain name in the formula"
            )
        for factor, of_labels in columns.factors.items():
            if name in of_labels:
                raise ValueError(
                    f"{name!r} tells the groups of {factor!r} apart, and was standardised as a number: leave it out "
                    "of the columns to standardise"
                )


def _refuse_unusable(data, columns):
    for name in columns:
        if not isinstance(name, str):
            raise ValueError(f"the name of the column {name!r} is not text: data.rename(columns=str) makes it text")
        if name not in data:
            raise ValueError(f"the data have no column {name!r}; they have {', '.join(map(str, data))}")
        column = data[name]
        if isinstance(column, pd.DataFrame):
            raise ValueError(f"the data have two columns named {name!r}")
        if not types.is_numeric_dtype(column) or types.is_bool_dtype(column) or types.is_complex_dtype(column):
            raise ValueError(
                f"{name!r} is {column.dtype}, not a number: categories are left as they are, and pd.to_numeric(...) "
                "makes numbers of objects"
            )
        missing = column.isna().sum()
        if missing:
            raise ValueError(f"{name!r}: {missing} of {len(data)} values are missing; {WHAT_TO_DO}")
