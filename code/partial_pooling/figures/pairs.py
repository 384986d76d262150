"""Pairs of observations, to see how alike they are."""

import matplotlib.pyplot as plt

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
    figure, axes = plt.subplots(1, len(pairs), figsize=(6.4, 3.0), sharex=True, sharey=True, squeeze=False)
    for axis, (title, pair) in zip(axes.flat, pairs.items(), strict=True):
        first, second = pair.to_numpy().T
        axis.axline((first.mean(), first.mean()), slope=1, color=INK, linewidth=0.8, linestyle="--")
        axis.scatter(first, second, s=14, color=GREY, linewidths=0)
        axis.set_title(title)
        axis.set_aspect("equal", adjustable="box")
    figure.supxlabel(labels[0], fontsize=11)
    figure.supylabel(labels[1], fontsize=11)
    plt.show()
