"""The error of the three poolings against the size of the group."""

import matplotlib.pyplot as plt
import numpy as np

from partial_pooling.figures.style import COLOURS, LINES, MARKERS

ERROR_TICKS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 2, 3, 4, 5, 7, 10]


def draw_error_by_size(errors, labels, bars=None):
    """Draw the error of each kind of pooling against the size of the group, on a logarithmic axis.

    Parameters
    ----------
    errors : pandas.DataFrame
        Index the sizes, columns keys of `COLOURS`.
    labels : tuple of str
        Labels of the horizontal and the vertical axis, in words with units.
    bars : pandas.DataFrame, optional
        Standard errors of `errors`, drawn as bars of two on either side.
    """
    figure, axis = plt.subplots()
    position = np.arange(len(errors))
    for pooling in errors:
        axis.errorbar(
            position,
            errors[pooling],
            yerr=None if bars is None else 2 * bars[pooling],
            color=COLOURS[pooling],
            ls=LINES[pooling],
            marker=MARKERS[pooling],
            capsize=3,
            label=pooling,
        )
    axis.set_xticks(position, errors.index)
    axis.set_yscale("log")
    ticks = [tick for tick in ERROR_TICKS if errors.min().min() * 0.9 < tick < errors.max().max() * 1.1]
    axis.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.yaxis.minorticks_off()
    axis.set_xlabel(labels[0])
    axis.set_ylabel(labels[1])
    figure.legend(loc="outside upper center", ncols=3)
    plt.show()
