"""Which labels of two grouping factors occur together."""

import matplotlib.pyplot as plt
import numpy as np


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
