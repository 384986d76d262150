"""Estimates of one quantity by several methods, with bars."""

import matplotlib.pyplot as plt

from partial_pooling.figures.style import COLOURS, INK


def draw_intervals(estimates, errors, label, highlight=None, line=0.0):
    """Draw estimates of the same quantities by several methods, one panel a quantity, with bars of two errors.

    Parameters
    ----------
    estimates, errors : pandas.DataFrame
        Estimates and their standard errors: index the methods, from top to bottom; columns the quantities, which
        become the titles of the panels. A missing estimate is left out.
    label : str
        Label of the horizontal axis, in words with units.
    highlight : str, optional
        The method drawn in the colour of partial pooling.
    line : float or pandas.Series
        Where a vertical line stands, the same in all panels or one for each quantity.
    """
    figure, axes = plt.subplots(
        1, estimates.shape[1], figsize=(6.4, 0.45 * len(estimates) + 1.4), sharex=True, sharey=True, squeeze=False
    )
    for axis, quantity in zip(axes.flat, estimates, strict=True):
        at = line if isinstance(line, (int, float)) else line[quantity]
        axis.axvline(at, color=INK, lw=0.8)
        for position, method in enumerate(estimates.index):
            chosen = method == highlight
            axis.errorbar(
                estimates.loc[method, quantity],
                position,
                xerr=2 * errors.loc[method, quantity],
                color=COLOURS["partial pooling"] if chosen else INK,
                marker="D" if chosen else "o",
                ms=5,
                capsize=3,
            )
        axis.set_title(quantity)
        axis.set_yticks(range(len(estimates)), estimates.index)
    axes[0, 0].invert_yaxis()
    figure.supxlabel(label, fontsize=11)
    plt.show()
