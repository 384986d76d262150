"""Pictures of the criterion, of searches on it, and of the time that engines take."""

import matplotlib.pyplot as plt
import numpy as np

from partial_pooling.figures.style import COLOURS, GREY, INK

STYLES = [("-", COLOURS["partial pooling"], "o", 5), ("--", COLOURS["no pooling"], "s", 8)]
"""Line, colour, marker and its size of the first and the second of two things."""


def draw_criterion(theta, curves, searches=None):
    """Draw the criterion over one parameter, and where searches went on it.

    Parameters
    ----------
    theta : ndarray
        Where to draw.
    curves : dict of str to function
        Name and criterion, a function of one number; each is drawn above its smallest value.
    searches : dict of str to ndarray, optional
        Name and the values of theta that a search went through, on the first of the curves.

    Returns
    -------
    matplotlib.axes.Axes
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
    axis.set_ylim(bottom=-0.04 * axis.get_ylim()[1])
    axis.set_ylabel("criterion, above its minimum")
    figure.legend(loc="outside upper center", ncols=3)
    return axis


def draw_speed(speed, problems):
    """Draw the time of several engines over lme4's against the number of rows, on logarithmic axes.

    Parameters
    ----------
    speed : pandas.DataFrame
        Columns `problem`, `rows`, `engine`, `ratio`, `ratio_low` and `ratio_high`.
    problems : list of str
        Problems that differ in their number of rows only.

    Returns
    -------
    matplotlib.axes.Axes
    """
    shown = speed[speed["problem"].isin(problems) & speed["ratio"].notna() & (speed["engine"] != "lme4")]
    axis = plt.subplots(figsize=(6.4, 4.4))[1]
    axis.axhline(1, color=INK, linewidth=1)
    labels = {"lme4": 1} | shown.sort_values("rows").groupby("engine")["ratio"].last().to_dict()
    heights = spread_out(labels, steps=1.4)
    axis.annotate("lme4", (shown["rows"].max() * 1.2, heights["lme4"]), va="center")
    for engine, rows in shown.groupby("engine"):
        ours = engine == "partial_pooling"
        ends = [rows["ratio"] - rows["ratio_low"], rows["ratio_high"] - rows["ratio"]]
        style = {"color": COLOURS["partial pooling"] if ours else GREY, "linewidth": 2.2 if ours else 1.2}
        axis.errorbar(rows["rows"], rows["ratio"], yerr=ends, marker="o", markersize=4, capsize=2, **style)
        name = "this engine" if ours else engine
        axis.annotate(name, (rows["rows"].max() * 1.2, heights[engine]), va="center", color=style["color"])
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlim(shown["rows"].min() / 1.5, shown["rows"].max() * 12)
    axis.set_xticks(sorted(shown["rows"].unique()), [f"{rows:,}" for rows in sorted(shown["rows"].unique())])
    axis.minorticks_off()
    axis.set_yticks([0.01, 0.1, 1], ["0.01", "0.1", "1"])
    axis.set_xlabel("rows")
    axis.set_ylabel("time, as a multiple of lme4's")
    return axis


def spread_out(values, steps):
    """Move values up until each is at least so many times the one below it, for labels that would overlap.

    Parameters
    ----------
    values : dict of float
        Positive heights on a logarithmic axis.
    steps : float
        The smallest ratio of two neighbours.

    Returns
    -------
    dict of float
    """
    heights, below = {}, 0
    for name, value in sorted(values.items(), key=lambda item: item[1]):
        below = heights[name] = max(value, below * steps)
    return heights
