"""Columns of data of any type and name, as a formula reads them, or a sentence about why it cannot."""

import pandas as pd
from pandas.api import types

from partial_pooling.engine.identified import WHAT_TO_DO
from partial_pooling.engine.terms import DataError


def refuse_unusable_names(data):
    """Refuse data of which a name does not say which column is meant.

    Parameters
    ----------
    data : pandas.DataFrame
    """
    if not isinstance(data, pd.DataFrame):
        raise DataError(f"the data are a {type(data).__name__}: make a table of them with pd.DataFrame(data)")
    if data.empty:
        raise DataError("the data have no rows")
    if isinstance(data.columns, pd.MultiIndex):
        raise DataError("the columns of the data have several levels: data.columns = data.columns.map(' '.join)")
    if not data.columns.is_unique:
        raise DataError(f"the data have two columns named {data.columns[data.columns.duplicated()][0]!r}")


def complete(data, name):
    """A column without missing values: Series.

    Parameters
    ----------
    data : pandas.DataFrame
    name : str
    """
    if name not in data:
        raise DataError(no_column(data, name))
    column = data[name]
    missing = column.isna().sum()
    if missing:
        raise DataError(f"{name!r}: {missing} of {len(data)} values are missing; {WHAT_TO_DO}")
    return column


def no_column(data, name):
    """Why the data have no such column: str."""
    if name in data.index.names:
        return f"{name!r} is in the index of the data, not a column: data.reset_index() makes it one"
    if name in map(str, data.columns):
        return f"the name of column {name} is not text: data.rename(columns=str) makes it text"
    return f"the data have no column {name!r}; they have {', '.join(map(str, data))}"


def values(data, name):
    """A column as a formula calculates with it: floats, text, or those categories that occur, in their own order.

    Parameters
    ----------
    data : pandas.DataFrame
    name : str

    Returns
    -------
    pandas.Series

    Raises
    ------
    DataError
        If it holds something else.
    """
    column = complete(data, name)
    if types.is_complex_dtype(column):
        raise DataError(f"{name!r} holds complex numbers: take their real or their imaginary part")
    if types.is_numeric_dtype(column) or types.is_bool_dtype(column):
        return column.astype(float)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.remove_unused_categories()
    if types.infer_dtype(column) == "string":
        return column.astype(object)
    raise DataError(f"{name!r} holds {_what_it_holds(column)}")


def _what_it_holds(column):
    kind = types.infer_dtype(column)
    if kind in ("datetime", "datetime64", "date", "period"):
        return "dates: make a number of them, such as the days since the first, or groups, as in C(...) or (1 | ...)"
    if kind in ("timedelta", "timedelta64"):
        return "durations: make numbers of them, as .dt.total_seconds() does"
    if kind in ("integer", "floating", "mixed-integer-float", "decimal", "boolean"):
        return "numbers as objects: pd.to_numeric(...) or .astype(float) makes numbers of them"
    return f"objects ({kind}): make numbers of them, or text with .astype(str)"


def labels(data, name):
    """A column as labels, of whatever kind: as it stands, but for categories that do not occur.

    Parameters
    ----------
    data : pandas.DataFrame
    name : str

    Returns
    -------
    pandas.Series
    """
    column = complete(data, name)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.remove_unused_categories().cat.as_ordered()
    return pd.Series(column.to_numpy(), column.index)
