"""Intervals side by side, those that miss their target set apart."""

import matplotlib.pyplot as plt
import numpy as np

from partial_pooling.figures.style import COLOURS, GREY, INK, MARKERS


def draw_caterpillar(tables, targets, target_name, kinds=None):
    """Draw the estimate and interval of each of many things, one panel a table, above one another.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        For each panel, by its title: columns `estimate`, `low` and `high`, drawn from left to right in the order
        of the rows. The title of a single panel is not shown.
    targets : pandas.Series or float
        What the intervals should contain: a cross for each row (same index), or a line. Intervals that
        miss it are drawn thick.
    target_name : str
        What to call it in the legend.
    kinds : dict of str to str, optional
        The kind of pooling of each panel (a key of `COLOURS`), by its title: gives colour and marker. Partial
        pooling where it is not given.

    Returns
    -------
    ndarray of matplotlib.axes.Axes
        One a panel.
    """
    figure, axes = plt.subplots(
        len(tables), 1, figsize=(6.4, 1.2 + 2.6 * len(tables)), sharex=True, sharey=True, squeeze=False
    )
    for axis, (title, table) in zip(axes.flat, tables.items(), strict=True):
        target = targets.loc[table.index] if hasattr(targets, "loc") else np.full(len(table), targets)
        missed = ((target < table["low"]) | (target > table["high"])).to_numpy()
        position, low, high = np.arange(len(table)), table["low"].to_numpy(), table["high"].to_numpy()
        kind = (kinds or {}).get(title, "partial pooling")
        axis.vlines(position[~missed], low[~missed], high[~missed], color=GREY, linewidth=1, label="interval")
        axis.vlines(position[missed], low[missed], high[missed], color=INK, linewidth=2.4, label="misses")
        axis.scatter(
            position, table["estimate"], s=12, marker=MARKERS[kind], color=COLOURS[kind], zorder=3, label="estimate"
        )
        if hasattr(targets, "loc"):
            axis.scatter(position, target, s=26, marker="x", color=INK, linewidths=1, zorder=4, label=target_name)
        else:
            axis.axhline(targets, color=INK, linewidth=0.8, linestyle="--", label=target_name)
        if len(tables) > 1:
            axis.set_title(title)
    axes[-1, 0].set_xticks([])
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return axes.ravel()
