"""The book's visual vocabulary: one colour and one marker for each kind of pooling, everywhere."""

import matplotlib.pyplot as plt
import numpy as np

INK = "#222832"
GREY = "#767676"
COLOURS = {"no pooling": "#d55e00", "complete pooling": "#009e73", "partial pooling": "#0072b2"}
"""Colours that colour-blind readers tell apart, at least 3 to 1 against the page; the site inverts them when dark."""

MARKERS = {"no pooling": "o", "complete pooling": "s", "partial pooling": "D"}
LINES = {"no pooling": ":", "complete pooling": "--", "partial pooling": "-"}

ERROR_TICKS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 2, 3, 4, 5, 7, 10]


def use_book_style():
    """Set matplotlib to the book's size, ink and frame."""
    plt.rcParams.update(
        {
            "figure.dpi": 160,
            "figure.figsize": (6.4, 3.8),
            "figure.constrained_layout.use": True,
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


def draw_groups(data, x, y, group, groups, labels, lines=None):
    """Draw the rows of a few groups, one panel a group, with fitted lines where given.

    Parameters
    ----------
    data : pandas.DataFrame
        One row an observation.
    x, y, group : str
        Columns of the horizontal axis, the vertical axis and the grouping.
    groups : sequence
        The groups to draw, in the order of the panels (three to a row).
    labels : tuple of str
        Labels of the horizontal and the vertical axis, in words.
    lines : dict of str to pandas.DataFrame, optional
        For each kind of pooling (a key of `COLOURS`) one line a group: index the groups, columns
        `Intercept` and `x`'s name.
    """
    n_rows = -(-len(groups) // 3)
    figure, axes = plt.subplots(n_rows, 3, figsize=(6.4, 2.2 * n_rows + 0.5), sharex=True, sharey=True, squeeze=False)
    span = np.array([data[x].min(), data[x].max()])
    for axis, name in zip(axes.flat, groups, strict=False):
        rows = data[data[group] == name]
        axis.scatter(rows[x], rows[y], s=14, color=GREY, linewidths=0)
        axis.set_title(f"{group} {name}: {len(rows)} weeks")
        for pooling in [pooling for pooling in COLOURS if pooling in (lines or {})]:
            intercept, slope = lines[pooling].loc[name, ["Intercept", x]]
            axis.plot(
                span, intercept + slope * span, LINES[pooling], color=COLOURS[pooling], label=pooling, linewidth=1.8
            )
    for axis in axes.flat[len(groups) :]:
        axis.set_axis_off()
    axes[0, 0].set_ylim(_with_margin(data[y]))
    figure.supxlabel(labels[0], fontsize=11)
    figure.supylabel(labels[1], fontsize=11)
    if lines:
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=len(lines))
    plt.show()


def draw_shrinkage(estimates, sizes, labels):
    """Draw each group's move from its own estimate to its partially pooled one, smallest groups first.

    Parameters
    ----------
    estimates : pandas.DataFrame
        A coefficient of each group: index the groups, columns the three keys of `COLOURS`.
    sizes : pandas.Series
        Rows of each group; same index.
    labels : tuple of str
        Labels of the horizontal and the vertical axis, in words with units.
    """
    sizes = sizes.sort_values(kind="stable")
    own, complete, partial = (estimates.loc[sizes.index, pooling] for pooling in COLOURS)
    position = np.arange(len(sizes))
    figure, axis = plt.subplots(figsize=(6.4, 4.6))
    axis.vlines(position, own, partial, color=GREY, linewidth=1)
    _scatter(axis, position, own, "no pooling", facecolors="none")
    pooling = "complete pooling"
    axis.plot(position, complete, color=COLOURS[pooling], linestyle=LINES[pooling], label=pooling)
    _scatter(axis, position, partial, "partial pooling", facecolors=COLOURS["partial pooling"])
    starts = np.flatnonzero(np.diff(sizes, prepend=-1))
    ends = np.append(starts[1:], len(sizes))
    for end in ends[:-1]:
        axis.axvline(end - 0.5, color=GREY, alpha=0.4, linewidth=0.7)
    axis.set_xticks((starts + ends - 1) / 2, sizes.iloc[starts])
    axis.tick_params(axis="x", length=0)
    axis.set_xlim(-1, len(sizes))
    axis.set_xlabel(labels[0])
    axis.set_ylabel(labels[1])
    figure.legend(loc="outside upper center", ncols=3)
    plt.show()


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


def _scatter(axis, position, values, pooling, facecolors):
    colour, marker = COLOURS[pooling], MARKERS[pooling]
    axis.scatter(
        position, values, s=20, marker=marker, facecolors=facecolors, edgecolors=colour, label=pooling, zorder=3
    )


def _with_margin(values):
    low, high = values.min(), values.max()
    return low - 0.05 * (high - low), high + 0.05 * (high - low)
