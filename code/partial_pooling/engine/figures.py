"""Pictures of the criterion, of searches on it, and of what elimination does to a matrix."""

import matplotlib.pyplot as plt
import numpy as np

from partial_pooling.figures.style import COLOURS, GREY, INK

STYLES = [("-", COLOURS["partial pooling"], "o", 5), ("--", COLOURS["no pooling"], "s", 8)]
"""Line, colour, marker and its size of the first and the second of two things."""


def draw_criterion(theta, curves, label, searches=None, highest=None):
    """Draw the criterion over one parameter, and where searches went on it.

    Parameters
    ----------
    theta : ndarray
        Where to draw.
    curves : dict of str to function
        Name and criterion, a function of one number; each is drawn above its smallest value.
    label : str
        Label of the horizontal axis, in words.
    searches : dict of str to ndarray, optional
        Name and the values of theta that a search went through, on the first of the curves.
    highest : float, optional
        Where the vertical axis ends.
    """
    figure, axis = plt.subplots()
    for (name, curve), (line, colour, *_) in zip(curves.items(), STYLES, strict=False):
        heights = np.array([curve(value) for value in theta])
        axis.plot(theta, heights - heights.min(), line, color=GREY if searches else colour, label=name)
    curve = next(iter(curves.values()))
    lowest = min(curve(value) for value in theta)
    for (name, path), (_, colour, marker, size) in reversed(list(zip((searches or {}).items(), STYLES, strict=False))):
        heights = [curve(value) - lowest for value in path]
        axis.plot(path, heights, marker, color=colour, markersize=size, label=name)
    axis.set_ylim(-0.04 * (highest or axis.get_ylim()[1]), highest)
    axis.set_xlabel(label)
    axis.set_ylabel("criterion, above its minimum")
    figure.legend(loc="outside upper center", ncols=3)
    plt.show()


def draw_landscape(criterion, spans, path, labels, contours):
    """Draw the criterion over two parameters as contour lines, and the way of a search.

    Parameters
    ----------
    criterion : function
        Of an ndarray of two numbers.
    spans : tuple of ndarray
        Where to draw, along the horizontal and the vertical axis.
    path : ndarray (steps + 1, 2)
        Where the search was; the last point is the minimum.
    labels : tuple of str
        Labels of the two axes, in words.
    contours : list of float
        Heights above the minimum at which lines are drawn.
    """
    heights = np.array([[criterion(np.array([first, second])) for first in spans[0]] for second in spans[1]])
    axis = plt.subplots()[1]
    lines = axis.contour(*spans, heights - criterion(path[-1]), contours, colors=GREY, linewidths=1)
    axis.clabel(lines, fmt="%g")
    axis.plot(*path.T, "o-", color=COLOURS["partial pooling"], markersize=4)
    axis.annotate("start", path[0], (8, -12), textcoords="offset points", color=INK)
    axis.set_xlabel(labels[0])
    axis.set_ylabel(labels[1])
    plt.show()


def draw_fill(before, after):
    """Draw where symmetric matrices have elements that are not zero, and where their Cholesky factors have.

    Parameters
    ----------
    before, after : dict of str to ndarray
        Matrices and their lower triangular factors, with the same names.
    """
    axes = plt.subplots(2, len(before), figsize=(6.4, 3.9))[1]
    for row, (when, matrices) in enumerate({"before": before, "after": after}.items()):
        for axis, (name, matrix) in zip(axes[row], matrices.items(), strict=True):
            axis.imshow(np.tril(np.abs(matrix) > 1e-9), cmap="Blues", vmax=1.3, interpolation="nearest")
            axis.set_xticks([])
            axis.set_yticks([])
            axis.spines[:].set_visible(True)
            if row == 0:
                axis.set_title(name.replace(", ", ",\n"), fontsize=10)
        axes[row, 0].set_ylabel(when)
    plt.show()


def draw_speed(speed, problems):
    """Draw the time of several engines over lme4's against the number of rows, on logarithmic axes.

    Parameters
    ----------
    speed : pandas.DataFrame
        Columns `problem`, `rows`, `engine`, `ratio`, `ratio_low` and `ratio_high`.
    problems : list of str
        Problems that differ in their number of rows only.
    """
    shown = speed[speed["problem"].isin(problems) & speed["ratio"].notna() & (speed["engine"] != "lme4")]
    axis = plt.subplots(figsize=(6.4, 4.4))[1]
    axis.axhline(1, color=INK, linewidth=1)
    axis.annotate("lme4", (shown["rows"].max() * 1.2, 1), va="center")
    for engine, rows in shown.groupby("engine"):
        ours = engine == "partial_pooling"
        ends = [rows["ratio"] - rows["ratio_low"], rows["ratio_high"] - rows["ratio"]]
        style = {"color": COLOURS["partial pooling"] if ours else GREY, "linewidth": 2.2 if ours else 1.2}
        axis.errorbar(rows["rows"], rows["ratio"], yerr=ends, marker="o", markersize=4, capsize=2, **style)
        name = "this engine" if ours else engine
        axis.annotate(name, (rows["rows"].max() * 1.2, rows["ratio"].iloc[-1]), va="center", color=style["color"])
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlim(shown["rows"].min() / 1.5, shown["rows"].max() * 12)
    axis.set_xticks(sorted(shown["rows"].unique()), [f"{rows:,}" for rows in sorted(shown["rows"].unique())])
    axis.minorticks_off()
    axis.set_yticks([0.01, 0.1, 1], ["0.01", "0.1", "1"])
    axis.set_xlabel("rows")
    axis.set_ylabel("time, as a multiple of lme4's")
    plt.show()
