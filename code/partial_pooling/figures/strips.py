"""Many t values of a few models, a strip for each."""

import matplotlib.pyplot as plt
import numpy as np

from partial_pooling.figures.style import COLOURS, GREY, INK, MARKERS


def draw_strips(panels, limit, label):
    """Draw strips of numbers, one panel for each table and one strip for each of its columns.

    Parameters
    ----------
    panels : dict of str to pandas.DataFrame
        Title of the panel and its numbers; all have the same columns, of which the last is drawn in the colour of
        partial pooling and the others in grey.
    limit : float
        Numbers between minus and plus `limit` lie in the shaded band.
    label : str
        Label of the horizontal axis, in words.
    """
    figure, axes = plt.subplots(len(panels), 1, figsize=(6.4, 1.5 * len(panels) + 0.5), sharex=True)
    for axis, (title, table) in zip(axes, panels.items(), strict=True):
        axis.axvspan(-limit, limit, color=GREY, alpha=0.2, linewidth=0)
        for place, name in enumerate(reversed(table.columns)):
            height = place + np.linspace(-0.28, 0.28, len(table))
            colour, marker = (COLOURS["partial pooling"], MARKERS["partial pooling"]) if place == 0 else (INK, "o")
            axis.scatter(table[name], height, s=7, color=colour, marker=marker, linewidths=0, alpha=0.7)
        axis.set_yticks(range(table.shape[1]), reversed(table.columns))
        axis.set_title(title, loc="left")
    figure.supxlabel(label, fontsize=11)
    plt.show()
