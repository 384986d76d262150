"""Groups within outer groups: each group's estimate, and its line, beside those of its outer group."""

import matplotlib.pyplot as plt
import numpy as np

from partial_pooling.figures.style import COLOURS, GREY, INK, mark


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


def draw_lines_by_level(data, x, y, group, lines):
    """Draw the rows of a few groups, one panel a group, with a line for each level of a nested model.

    Parameters
    ----------
    data : pandas.DataFrame
        One row an observation.
    x, y, group : str
        Columns of the horizontal axis, the vertical axis and the grouping.
    lines : dict of str to pandas.DataFrame
        For each of three levels, the outermost first, one line a group: index the groups to draw, at most four,
        columns `Intercept` and `x`'s name. The keys are the lines' labels.

    Returns
    -------
    ndarray of matplotlib.axes.Axes
        One a panel.
    """
    styles = [(GREY, (0, (1, 2)), 1.2), (INK, "-", 1.2), (COLOURS["partial pooling"], "-", 2)]
    names = next(iter(lines.values())).index
    figure, axes = plt.subplots(1, len(names), figsize=(6.4, 3.2), sharex=True, sharey=True, squeeze=False)
    drawn = data[data[group].isin(names)]
    span = np.array([drawn[x].min(), drawn[x].max()])
    for axis, name in zip(axes.flat, names, strict=True):
        rows = data[data[group] == name]
        axis.scatter(rows[x], rows[y], s=14, color=GREY, linewidths=0)
        axis.set_title(f"{group} {name}: {len(rows)} weeks")
        for (label, line), (colour, dashes, width) in zip(lines.items(), styles, strict=True):
            intercept, slope = line.loc[name, ["Intercept", x]]
            axis.plot(span, intercept + slope * span, color=colour, linestyle=dashes, linewidth=width, label=label)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return axes.ravel()
