"""Sorted values against the quantiles of a normal distribution."""

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import norm

from partial_pooling.figures.style import COLOURS, GREY, INK


def draw_quantiles(panels, behind=None, line=None):
    """Draw panels of sorted values against normal quantiles; values from a normal distribution lie on a line.

    Parameters
    ----------
    panels : dict of str to array_like
        Title and values of each panel.
    behind : dict of str to array_like, optional
        Values to draw in grey in the panel of that title.
    line : tuple of float, optional
        Intercept and slope of the line to compare with; by default the mean and standard deviation of each panel's
        values.

    Returns
    -------
    ndarray of matplotlib.axes.Axes
        One a panel.
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(6.4, 3.1), sharey=True, squeeze=False)
    for axis, (title, values) in zip(axes.flat, panels.items(), strict=True):
        for shown, colour, marker in (
            ((behind or {}).get(title), GREY, "x"),
            (values, COLOURS["partial pooling"], "D"),
        ):
            if shown is not None:
                axis.scatter(_normal(len(shown)), np.sort(shown), s=10, color=colour, marker=marker, linewidths=0.8)
        intercept, slope = line or (np.mean(values), np.std(values))
        ends = np.array([-2.6, 2.6])
        axis.plot(ends, intercept + slope * ends, color=INK, linewidth=1, zorder=0)
        axis.set_title(title)
    figure.supxlabel("normal quantile")
    return axes.ravel()


def _normal(size):
    return norm.ppf((np.arange(size) + 0.5) / size)
