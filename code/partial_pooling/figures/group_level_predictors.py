"""Coefficients of groups against a predictor of the group, with the line that they are drawn towards."""

import matplotlib.pyplot as plt
import numpy as np

from partial_pooling.figures.style import COLOURS, GREY, LINES, mark


def draw_group_line(panels, predictor, lines=None, same_scale=True):
    """Draw a coefficient of every group against a group-level predictor, in one or more panels side by side.

    Parameters
    ----------
    panels : dict of str to pandas.DataFrame
        For each panel, by its title, one row a group; columns keys of `COLOURS`. A thin line joins a group's first
        and last column.
    predictor : pandas.Series
        The group-level predictor, indexed by group.
    lines : dict of str to (float, float), optional
        For each panel the intercept and the slope of the group-level regression, in units of `predictor`.
    same_scale : bool
        Whether the panels share the vertical axis.

    Returns
    -------
    ndarray of matplotlib.axes.Axes
        One a panel.
    """
    figure, axes = plt.subplots(1, len(panels), sharex=True, sharey=same_scale, squeeze=False, figsize=(6.4, 3.9))
    span = np.array([predictor.min(), predictor.max()])
    for axis, (title, estimates) in zip(axes.flat, panels.items(), strict=True):
        position = predictor.loc[estimates.index]
        axis.vlines(position, estimates.iloc[:, 0], estimates.iloc[:, -1], color=GREY, linewidth=0.7, zorder=1)
        for pooling in estimates:
            mark(axis, position, estimates[pooling], pooling, size=24)
        if lines:
            intercept, slope = lines[title]
            style = LINES["partial pooling"]
            axis.plot(span, intercept + slope * span, style, color=COLOURS["partial pooling"], linewidth=1.5, zorder=2)
        axis.set_title(title)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return axes.ravel()
