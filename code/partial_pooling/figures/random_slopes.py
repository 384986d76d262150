"""Each group's line as its distance from the average line: where groups fan out, and where they are closest."""

import matplotlib.pyplot as plt

from partial_pooling.figures.style import COLOURS, GREY, INK


def draw_fan(distances, spread, ticks, marks, few):
    """Draw how far each group's line lies above or below the average line, with the spread of all lines.

    Parameters
    ----------
    distances : pandas.DataFrame
        Index the values of the predictor, one column a group.
    spread : pandas.Series
        Standard deviation of the lines at each of these values; drawn as a band of two on either side of zero.
    ticks : dict of float to str
        Label of each tick of the horizontal axis.
    marks : dict of float to str
        Places to mark by a vertical line, with the words to put above it.
    few : dict of str to sequence
        Groups whose lines are to stand out, at most two kinds, by what the legend is to call them.

    Returns
    -------
    matplotlib.axes.Axes
    """
    figure, axis = plt.subplots(figsize=(6.4, 4.4))
    axis.plot(distances.index, distances, color=GREY, alpha=0.5, linewidth=0.8)
    for (words, groups), style in zip(few.items(), ("-", "--")[: len(few)], strict=True):
        lines = axis.plot(distances.index, distances[list(groups)], style, color=INK, linewidth=1.1)
        lines[0].set_label(words)
    for side in (-2, 2):
        axis.plot(spread.index, side * spread, color=COLOURS["partial pooling"], linewidth=2)
    for place, words in marks.items():
        axis.axvline(place, color=GREY, linewidth=1.4)
        axis.annotate(words, (place, 1), xycoords=("data", "axes fraction"), xytext=(0, 3), textcoords="offset points",
                      ha="center", va="bottom", fontsize=10)  # fmt: skip
    axis.set_xticks(list(ticks), ticks.values())
    axis.set_xlim(distances.index.min(), distances.index.max())
    figure.legend(loc="outside upper center", ncols=len(few))
    return axis
