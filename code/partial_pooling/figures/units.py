"""What the units of a predictor do to the search for the best fit, and to the time that it takes."""

import matplotlib.pyplot as plt

from partial_pooling.figures.style import GREY, INK

STYLES = (("-", "o"), ("--", "s"), (":", "^"))
"""Line and marker of the first, second and third curve."""


def draw_searches(curves, start, labels):
    """Draw log-likelihoods over a logarithmic axis, with the best point of each and the point where searches start.

    Parameters
    ----------
    curves : pandas.DataFrame
        Index the horizontal axis, positive; a column each curve, at most three, named as in the legend.
    start : tuple of float and str
        Where all searches start on the horizontal axis, and the words to put there.
    labels : tuple of str
        Labels of the horizontal and the vertical axis, in words with units.
    """
    figure, axis = plt.subplots()
    for (name, curve), (line, marker) in zip(curves.items(), STYLES[: len(curves.columns)], strict=True):
        axis.plot(curve.index, curve, color=INK, ls=line, lw=1.8, label=name)
        axis.plot(curve.idxmax(), curve.max(), color=INK, marker=marker, ms=8)
    axis.axvline(start[0], color=GREY, lw=1.2)
    axis.annotate(start[1], (start[0], 0.04), xycoords=("data", "axes fraction"), xytext=(-5, 0),
                  textcoords="offset points", ha="right", va="bottom", rotation=90, fontsize=10)  # fmt: skip
    axis.set_xscale("log")
    axis.set_xlabel(labels[0])
    axis.set_ylabel(labels[1])
    figure.legend(loc="outside upper center", ncols=3)
    plt.show()


def draw_ratios(ratios, wrong, labels):
    """Draw a panel for each program: time relative to raw predictors against the size of the model.

    Parameters
    ----------
    ratios : pandas.DataFrame
        Index the program and the size of the model, columns the units, at most three.
    wrong : pandas.DataFrame of bool
        The same index and columns: whether the fit missed the optimum, and is drawn as a cross.
    labels : tuple of str
        Labels of the horizontal and the vertical axis, in words with units.
    """
    programs = list(dict.fromkeys(ratios.index.get_level_values(0)))
    figure, axes = plt.subplots(1, len(programs), sharey=True, squeeze=False)
    for axis, program in zip(axes[0], programs, strict=True):
        of_program, missed = ratios.loc[program], wrong.loc[program]
        axis.axhline(1, color=GREY, lw=1.2)
        for units, (line, marker) in zip(ratios, STYLES[: len(ratios.columns)], strict=True):
            axis.plot(of_program.index, of_program[units], color=INK, ls=line, lw=1.4, label=units)
            good = of_program.loc[~missed[units], units]
            bad = of_program.loc[missed[units], units]
            axis.plot(good.index, good, color=INK, ls="", marker=marker, ms=7)
            axis.plot(bad.index, bad, color=INK, ls="", marker="x", ms=9, mew=2)
        axis.set_title(program)
        axis.set_xticks(of_program.index)
        axis.set_xlabel(labels[0])
    axes[0, 0].set_ylim(bottom=0)
    axes[0, 0].set_ylabel(labels[1])
    handles, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=3)
    plt.show()
