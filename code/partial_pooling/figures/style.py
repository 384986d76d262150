"""The book's visual vocabulary: one palette, with a colour and a marker of its own for each kind of pooling."""

import matplotlib.pyplot as plt

INK = "#222832"
GREY = "#767676"
COLOURS = {"no pooling": "#d55e00", "complete pooling": "#009e73", "partial pooling": "#0072b2"}
"""Colours that colour-blind readers tell apart, at least 3 to 1 against the page; the site inverts them when dark."""

OTHERS = ["#aa3377", "#8a6d00", "#332288", "#4d7c8a"]
"""Colours for what is no kind of pooling."""

MARKERS = {"no pooling": "o", "complete pooling": "s", "partial pooling": "D"}
LINES = {"no pooling": ":", "complete pooling": "--", "partial pooling": "-"}


def use_book_style():
    """Set matplotlib to the book's size, ink and frame."""
    plt.rcParams.update(
        {
            "figure.dpi": 160,
            "figure.figsize": (6.4, 3.8),
            "figure.constrained_layout.use": True,
            "figure.labelsize": 11,
            "font.size": 11,
            "text.color": INK,
            "axes.edgecolor": INK,
            "axes.labelcolor": INK,
            "axes.titlecolor": INK,
            "axes.titlesize": 11,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "xtick.color": INK,
            "ytick.color": INK,
            "legend.frameon": False,
            "legend.fontsize": 10,
        }
    )


def mark(axis, position, values, pooling, size=20, label=True):
    """Mark values of one kind of pooling: open for no pooling, filled otherwise, above lines.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
    position, values : array_like
    pooling : str
        A key of `COLOURS`.
    size : float
        Area in square points.
    label : bool
        Whether the legend names it.
    """
    colour = COLOURS[pooling]
    face = "none" if pooling == "no pooling" else colour
    label = pooling if label else None
    style = {"marker": MARKERS[pooling], "facecolors": face, "edgecolors": colour, "label": label, "zorder": 3}
    axis.scatter(position, values, s=size, **style)
