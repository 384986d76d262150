"""Panels of a few groups: their rows and their fitted lines."""

import matplotlib.pyplot as plt
import numpy as np

from partial_pooling.figures.style import COLOURS, GREY, INK, LINES

FEW = 6
"""Up to so many values of the horizontal axis are its ticks."""


def draw_groups(data, x, y, group, groups, labels, lines=None, unit="weeks"):
    """Draw the rows of a few groups, one panel a group, with fitted lines where given.

    Parameters
    ----------
    data : pandas.DataFrame
        One row an observation.
    x, y, group : str
        Columns of the horizontal axis, the vertical axis and the grouping.
    groups : sequence
        The groups to draw, in the order of the panels (three to a row).
    labels : tuple of str
        Labels of the horizontal and the vertical axis, in words.
    lines : dict of str to pandas.DataFrame, optional
        One line a group: index the groups, columns `Intercept` and `x`'s name. A key is a kind of pooling (a key of
        `COLOURS`) or, for lines that are none of these, any text; they are dashed and without colour.
    unit : str
        What a row is, in the plural, for the titles.
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
    figure.supxlabel(labels[0], fontsize=11)
    figure.supylabel(labels[1], fontsize=11)
    if lines:
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=len(lines))
    plt.show()


def _with_margin(values):
    low, high = values.min(), values.max()
    return low - 0.05 * (high - low), high + 0.05 * (high - low)
