"""Pairs of observations, to see how alike they are."""

import matplotlib.pyplot as plt
import numpy as np

from partial_pooling.figures.style import GREY, INK


def draw_pairs(pairs, labels):
    """Scatter the first observation of each pair against the second, one panel a kind of pair.

    Parameters
    ----------
    pairs : dict of str to pandas.DataFrame
        For each kind of pair, the title of its panel, a frame of two columns: one row a pair.
    labels : tuple of str
        Labels of the horizontal and the vertical axis, in words with units.
    """
    figure, axes = plt.subplots(1, len(pairs), figsize=(6.4, 2.8), sharex=True, sharey=True, squeeze=False)
    everything = np.concatenate([pair.to_numpy().ravel() for pair in pairs.values()])
    margin = 0.05 * np.ptp(everything)
    span = everything.min() - margin, everything.max() + margin
    for axis, (title, pair) in zip(axes.flat, pairs.items(), strict=True):
        axis.plot(span, span, color=INK, linewidth=0.8, linestyle="--")
        axis.scatter(*pair.to_numpy().T, s=14, color=GREY, linewidths=0)
        axis.set_title(title)
        axis.set_aspect("equal")
        axis.set(xlim=span, ylim=span)
    figure.supxlabel(labels[0], fontsize=11)
    figure.supylabel(labels[1], fontsize=11)
    plt.show()
