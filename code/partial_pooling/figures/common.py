"""What several chapters draw: rows and lines of a few groups, and errors against the size of a group."""

import matplotlib.pyplot as plt
import numpy as np

from partial_pooling.figures.style import COLOURS, GREY, INK, LINES, MARKERS

FEW = 6
"""Up to so many values of the horizontal axis are its ticks."""

ERROR_TICKS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 2, 3, 4, 5, 7, 10]


def draw_groups(data, x, y, group, groups, lines=None, unit="weeks"):
    """Draw the rows of a few groups, one panel a group, with fitted lines where given.

    Parameters
    ----------
    data : pandas.DataFrame
        One row an observation.
    x, y, group : str
        Columns of the horizontal axis, the vertical axis and the grouping.
    groups : sequence
        The groups to draw, in the order of the panels (three to a row).
    lines : dict of str to pandas.DataFrame, optional
        One line a group: index the groups, columns `Intercept` and `x`'s name. A key is a kind of pooling (a key of
        `COLOURS`) or, for lines that are none of these, any text; they are dashed and without colour.
    unit : str
        What a row is, in the plural, for the titles.

    Returns
    -------
    ndarray of matplotlib.axes.Axes
        One a panel.
    """
    n_rows = -(-len(groups) // 3)
    figure, axes = plt.subplots(n_rows, 3, figsize=(6.4, 2.2 * n_rows + 0.5), sharex=True, sharey=True, squeeze=False)
    lines = lines or {}
    kinds = [kind for kind in lines if kind not in COLOURS] + [kind for kind in COLOURS if kind in lines]
    span = np.array([data[x].min(), data[x].max()])
    for axis, name in zip(axes.flat, groups, strict=False):
        rows = data[data[group] == name]
        axis.scatter(rows[x], rows[y], s=14, color=GREY, linewidths=0)
        counted = unit if len(rows) > 1 else unit.removesuffix("s")
        axis.set_title(f"{group} {name}: {len(rows)} {counted}")
        for kind in kinds:
            intercept, slope = lines[kind].loc[name, ["Intercept", x]]
            style = {"color": COLOURS.get(kind, INK), "ls": LINES.get(kind, "--"), "lw": 1.8}
            axis.plot(span, intercept + slope * span, label=kind, **style)
    for axis in axes.flat[len(groups) :]:
        axis.set_axis_off()
    if data[x].nunique() <= FEW:
        axes[0, 0].set_xticks(np.unique(data[x]))
    axes[0, 0].set_ylim(_with_margin(data[y]))
    if lines:
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=len(lines))
    return axes.ravel()


def _with_margin(values):
    low, high = values.min(), values.max()
    return low - 0.05 * (high - low), high + 0.05 * (high - low)


def draw_error_by_size(errors, bars=None):
    """Draw the error of each kind of pooling against the size of the group, on a logarithmic axis.

    Parameters
    ----------
    errors : pandas.DataFrame
        Index the sizes, columns keys of `COLOURS`.
    bars : pandas.DataFrame, optional
        Standard errors of `errors`, drawn as bars of two on either side.

    Returns
    -------
    matplotlib.axes.Axes
    """
    figure, axis = plt.subplots()
    position = np.arange(len(errors))
    for pooling in errors:
        axis.errorbar(
            position,
            errors[pooling],
            yerr=None if bars is None else 2 * bars[pooling],
            color=COLOURS[pooling],
            ls=LINES[pooling],
            marker=MARKERS[pooling],
            capsize=3,
            label=pooling,
        )
    axis.set_xticks(position, errors.index)
    axis.set_yscale("log")
    ticks = [tick for tick in ERROR_TICKS if errors.min().min() * 0.9 < tick < errors.max().max() * 1.1]
    axis.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.yaxis.minorticks_off()
    figure.legend(loc="outside upper center", ncols=3)
    return axis
