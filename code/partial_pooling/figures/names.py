"""Which rows belong together: a population, its outer groups, their inner groups, and the rows of each."""

import matplotlib.pyplot as plt
import numpy as np

from partial_pooling.figures.style import COLOURS, GREY, INK

GAP = 2.5
"""Empty places between the inner groups of two outer groups."""


def draw_grouping(sizes, levels):
    """Draw groups within groups as a tree, with the rows of each inner group hanging from it as a bar.

    Parameters
    ----------
    sizes : pandas.Series
        Rows of each inner group, indexed by outer and inner group.
    levels : tuple of str
        What to call the population, an outer group, an inner group and the number of its rows.

    Returns
    -------
    tree, bars : matplotlib.axes.Axes
    """
    outer = sizes.index.get_level_values(0)
    place = np.arange(len(sizes)) + GAP * (np.unique(outer, return_inverse=True)[1])
    middle = {name: place[outer == name].mean() for name in outer.unique()}
    top = place.mean()
    _, (tree, bars) = plt.subplots(2, 1, figsize=(6.4, 4.4), sharex=True, height_ratios=[1, 1])
    for name, x in middle.items():
        tree.plot([top, x], [2, 1], color=GREY, linewidth=0.7, zorder=1)
        for inner in place[outer == name]:
            tree.plot([x, inner], [1, 0], color=GREY, linewidth=0.7, zorder=1)
        tree.text(x, 1, name, ha="center", va="center", bbox={"facecolor": "white", "edgecolor": INK, "pad": 2.5})
    tree.scatter([top], [2], s=40, color=INK, zorder=2)
    tree.scatter(place, np.zeros(len(place)), s=10, color=COLOURS["partial pooling"], zorder=2)
    tree.set_yticks([2, 1, 0], levels[:3])
    tree.set_ylim(-0.2, 2.2)
    tree.tick_params(left=False, bottom=False)
    tree.spines[:].set_visible(False)
    bars.bar(place, sizes, color=COLOURS["partial pooling"])
    bars.invert_yaxis()
    bars.set_xticks([])
    bars.spines["bottom"].set_visible(False)
    bars.set_ylabel(levels[3])
    return tree, bars
