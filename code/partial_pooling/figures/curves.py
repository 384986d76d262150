"""A few curves over one predictor, told apart by line style, with points to hold them against."""

import matplotlib.pyplot as plt

from partial_pooling.figures.style import GREY, INK

STYLES = ("-", "--", ":", "-.")


def draw_curves(curves, labels, points=None, level=None):
    """Draw curves, and optionally points and a horizontal line.

    Parameters
    ----------
    curves : pandas.DataFrame
        Index the horizontal axis; a column each curve, at most four, named as in the legend.
    labels : tuple of str
        Labels of the horizontal and the vertical axis, in words with units.
    points : pandas.Series, optional
        Index as that of `curves`; its name goes into the legend.
    level : tuple of float and str, optional
        Height of a horizontal line, and the words to put on it.
    """
    figure, axis = plt.subplots()
    for (name, curve), style in zip(curves.items(), STYLES[: len(curves.columns)], strict=True):
        axis.plot(curve.index, curve, color=INK, linestyle=style, linewidth=1.8, label=name)
    if points is not None:
        axis.scatter(points.index, points, color=GREY, s=28, zorder=3, label=points.name)
    if level is not None:
        axis.axhline(level[0], color=GREY, linewidth=1.2)
        axis.annotate(level[1], (1, level[0]), xycoords=("axes fraction", "data"), xytext=(0, 3),
                      textcoords="offset points", ha="right", va="bottom", fontsize=10)  # fmt: skip
    axis.set_ylim(bottom=0)
    axis.set_xlabel(labels[0])
    axis.set_ylabel(labels[1])
    if len(curves.columns) > 1 or points is not None:
        figure.legend(loc="outside upper center", ncols=2)
    plt.show()
