"""Groups within outer groups: each group's estimate beside that of its outer group."""

import matplotlib.pyplot as plt
import numpy as np

from partial_pooling.figures.style import GREY, INK, mark


def draw_nested(estimates, outer, centres, average=None):
    """Draw a coefficient of every group, one block of columns for each outer group.

    Parameters
    ----------
    estimates : pandas.DataFrame
        Index the groups, in the order in which they stand within their blocks; columns keys of `COLOURS`. Where there
        are two, a thin line joins a group's estimates.
    outer : pandas.Series
        The outer group of each group; same index.
    centres : pandas.Series
        A value of each outer group, drawn as a bar across its block; the blocks are ordered by it. Its name is the
        bar's label in the legend.
    average : float, optional
        Level of a horizontal line: the value that is expected of an outer group about which nothing is known.

    Returns
    -------
    matplotlib.axes.Axes
    """
    figure, axis = plt.subplots(figsize=(6.4, 4.4))
    if average is not None:
        axis.axhline(average, color=GREY, linewidth=1, linestyle=(0, (1, 2)), label="average")
    start, middles = 0, []
    for name, centre in centres.sort_values().items():
        block = estimates[outer.loc[estimates.index] == name]
        position = start + np.arange(len(block))
        first = {"label": centres.name} if start == 0 else {}
        axis.plot([start - 0.45, position[-1] + 0.45], [centre, centre], color=INK, linewidth=1.6, **first)
        if block.shape[1] > 1:
            axis.vlines(position, block.min(axis=1), block.max(axis=1), color=GREY, linewidth=1)
        for pooling in block:
            mark(axis, position, block[pooling], pooling, label=start == 0)
        middles.append(position.mean())
        start = position[-1] + 2
    axis.set_xticks(middles, centres.sort_values().index)
    axis.tick_params(axis="x", length=0)
    axis.set_xlim(-1.5, start - 0.5)
    figure.legend(loc="outside upper center", ncols=4)
    return axis
