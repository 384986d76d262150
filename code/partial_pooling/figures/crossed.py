"""Crossed factors: which labels occur together, and what a model makes of predictors without an effect."""

import matplotlib.pyplot as plt
import numpy as np

from partial_pooling.figures.style import COLOURS, GREY, INK


def draw_cross_tables(tables):
    """Draw cross-tables of two grouping factors, a cell filled if the two labels occur together; two panels a row.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        Title of the panel and number of rows of the data with both labels, as ``pandas.crosstab`` makes it; the names
        of its index and its columns become the labels of the axes.

    Returns
    -------
    ndarray of matplotlib.axes.Axes
        One a panel.
    """
    n_rows = -(-len(tables) // 2)
    axes = plt.subplots(n_rows, 2, figsize=(6.4, 2.6 * n_rows), squeeze=False)[1]
    for axis, (title, table) in zip(axes.flat, tables.items(), strict=False):
        axis.imshow(table.to_numpy() > 0, cmap="Blues", vmin=0, vmax=1.3, aspect="auto", interpolation="nearest")
        if max(table.shape) <= 50:  # white lines between the cells, where there is room for them
            axis.hlines(np.arange(0.5, len(table) - 1), -0.5, table.shape[1] - 0.5, color="white", linewidth=0.6)
            axis.vlines(np.arange(0.5, table.shape[1] - 1), -0.5, len(table) - 0.5, color="white", linewidth=0.6)
        axis.set_title(title)
        axis.set_xlabel(f"{table.columns.name} ({table.shape[1]})")
        axis.set_ylabel(f"{table.index.name} ({table.shape[0]})")
        axis.set_xticks([])
        axis.set_yticks([])
        axis.spines[:].set_visible(True)
    for axis in axes.flat[len(tables) :]:
        axis.set_axis_off()
    return axes.ravel()


def draw_t_values(panels, right):
    """Draw the t values that several models give to predictors without an effect, over the band that holds 95 %.

    Parameters
    ----------
    panels : dict of str to pandas.DataFrame
        Title of the panel, one below the other, and the t values: one row an experiment, one column a model.
    right : str
        The model, a column of every panel, that is drawn in the colour of partial pooling.

    Returns
    -------
    ndarray of matplotlib.axes.Axes
        One a panel.
    """
    figure, axes = plt.subplots(len(panels), 1, figsize=(6.4, 5), sharex=True, squeeze=False)
    for axis, (title, table) in zip(axes.flat, panels.items(), strict=True):
        axis.axvspan(-1.96, 1.96, color=GREY, alpha=0.2, linewidth=0)
        for place, model in enumerate(reversed(table.columns)):
            heights = place + np.linspace(-0.28, 0.28, len(table))
            colour, marker = (COLOURS["partial pooling"], "D") if model == right else (INK, "o")
            axis.scatter(table[model], heights, s=7, lw=0, alpha=0.7, color=colour, marker=marker)
        axis.set_yticks(range(table.shape[1]), reversed(table.columns))
        axis.set_title(title, loc="left")
    figure.supxlabel("t value of a predictor that has no effect")
    return axes.ravel()
