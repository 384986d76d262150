"""Points with their Monte-Carlo errors against a theory's curve."""

import matplotlib.pyplot as plt

from partial_pooling.figures.style import GREY, INK

COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"]
MARKERS = ["D", "o", "s", "^", "v"]


def draw_against_theory(points, x, y, error, kind, theory, labels):
    """Draw simulated or estimated values against what a formula says of them.

    Parameters
    ----------
    points : pandas.DataFrame
        One row a point.
    x, y, error, kind : str
        Its columns: position, value, the value's standard error (drawn as a bar of two on either side), and what
        tells the points apart in the legend.
    theory : pandas.Series
        The formula's values, indexed by position.
    labels : tuple of str
        Labels of the horizontal and the vertical axis, in words with units, and of the theory.
    """
    figure, axis = plt.subplots()
    axis.plot(theory.index, theory, color=INK, linewidth=1.5, label=labels[2], zorder=3)
    axis.axhline(1, color=GREY, linewidth=0.8, linestyle=":")
    for (name, rows), colour, marker in zip(points.groupby(kind), COLOURS, MARKERS, strict=False):
        axis.errorbar(
            rows[x], rows[y], yerr=2 * rows[error], ls="", marker=marker, ms=4, color=colour, elinewidth=0.8, label=name
        )
    axis.set_xlabel(labels[0])
    axis.set_ylabel(labels[1])
    figure.legend(loc="outside upper center", ncols=3)
    plt.show()
