"""A line for each level of one factor across the levels of another."""

import matplotlib.pyplot as plt
import numpy as np

from partial_pooling.figures.style import GREY, INK


def draw_profiles(table, labels):
    """Draw a line for each column of a table across its rows, and their mean; up to ten lines get their names.

    Parameters
    ----------
    table : pandas.DataFrame
        The response: index the levels of one factor in the order of the horizontal axis (numbers, or text that is
        written under the axis), columns those of the other. Missing values leave gaps.
    labels : tuple of str
        Labels of the horizontal and the vertical axis, in words with units.
    """
    axis = plt.subplots()[1]
    few, numbers = table.shape[1] <= 10, table.index.dtype.kind in "iuf"
    x = table.index if numbers else np.arange(len(table))
    axis.plot(x, table, color=GREY, linewidth=1, alpha=1 if few else 0.25, marker="o" if few else "", markersize=3)
    axis.plot(x, table.mean(axis=1), color=INK, linewidth=2.2 if few else 1.3, label="mean")
    if few:
        for value, ends in table.iloc[-1].groupby(table.iloc[-1]):
            names = ", ".join(map(str, ends.index))
            axis.annotate(names, (x[-1], value), (7, 0), textcoords="offset points", va="center", color=INK)
    if not numbers:
        axis.set_xticks(x, table.index)
    axis.set_xlabel(labels[0])
    axis.set_ylabel(labels[1])
    axis.legend(loc="upper left")
    plt.show()
