"""Arrows from each group's own estimate to its partially pooled one."""

import matplotlib.pyplot as plt
import numpy as np

from partial_pooling.figures.style import COLOURS, GREY, LINES, mark


def draw_shrinkage(estimates, sizes):
    """Draw each group's move from its own estimate to its partially pooled one, smallest groups first.

    Parameters
    ----------
    estimates : pandas.DataFrame
        A coefficient of each group: index the groups, columns the three keys of `COLOURS`.
    sizes : pandas.Series
        Rows of each group; same index.

    Returns
    -------
    matplotlib.axes.Axes
    """
    sizes = sizes.sort_values(kind="stable")
    own, complete, partial = (estimates.loc[sizes.index, pooling] for pooling in COLOURS)
    position = np.arange(len(sizes))
    figure, axis = plt.subplots(figsize=(6.4, 4.6))
    axis.vlines(position, own, partial, color=GREY, linewidth=1)
    mark(axis, position, own, "no pooling")
    pooling = "complete pooling"
    axis.plot(position, complete, color=COLOURS[pooling], linestyle=LINES[pooling], label=pooling)
    mark(axis, position, partial, "partial pooling")
    starts = np.flatnonzero(np.diff(sizes, prepend=-1))
    ends = np.append(starts[1:], len(sizes))
    for end in ends[:-1]:
        axis.axvline(end - 0.5, color=GREY, alpha=0.4, linewidth=0.7)
    axis.set_xticks((starts + ends - 1) / 2, sizes.iloc[starts])
    axis.tick_params(axis="x", length=0)
    axis.set_xlim(-1, len(sizes))
    figure.legend(loc="outside upper center", ncols=3)
    return axis
