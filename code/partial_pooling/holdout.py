"""Keep a few weeks of some groups and hold out the rest."""

import numpy as np
import pandas as pd


def keep_few_rows(data, group, kept, rng):
    """Split data so that some randomly chosen groups have only a few rows left to learn from.

    Groups are chosen and their rows are kept at random, without replacement. The other
    groups stay whole, in the training part.

    Parameters
    ----------
    data : pandas.DataFrame
        One row an observation.
    group : str
        Grouping column.
    kept : sequence of int
        For each group to be thinned, the number of its rows that stay; its length is the number of
        groups thinned.
    rng : numpy.random.Generator
        Source of the random choice.

    Returns
    -------
    train : pandas.DataFrame
        All rows of the untouched groups, and the rows kept of the thinned ones.
    test : pandas.DataFrame
        The rows held out, with a column `kept`: how many rows of that group are in `train`.

    Raises
    ------
    KeyError
        If there is no such column.
    ValueError
        If there are fewer groups than entries of `kept`, or a chosen group has no row to spare.
    """
    if group not in data:
        raise KeyError(f"there is no column {group!r}; the columns are {', '.join(data.columns)}")
    sizes = data[group].value_counts(sort=False).sort_index()
    if len(kept) > len(sizes):
        raise ValueError(f"{len(kept)} groups are to be thinned, but column {group!r} has only {len(sizes)}")
    thinned = pd.Series(kept, index=rng.choice(sizes.index, len(kept), replace=False))
    short = sizes[thinned.index][sizes[thinned.index] <= thinned]
    if len(short):
        raise ValueError(f"{group} {short.index[0]!r} has {short.iloc[0]} rows: none is left to hold out")
    rows_kept = data[group].map(thinned)
    order = pd.Series(rng.random(len(data)), index=data.index).groupby(data[group]).rank()
    held_out = rows_kept.notna() & (order > rows_kept)
    return data[~held_out], data[held_out].assign(kept=rows_kept[held_out].astype(np.int64))
