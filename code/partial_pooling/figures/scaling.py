"""What the units of a predictor do to the time that a fit takes."""

import matplotlib.pyplot as plt

from partial_pooling.figures.style import GREY, INK

STYLES = (("-", "o"), ("--", "s"), (":", "^"))
"""Line and marker of the first, second and third curve."""


def draw_ratios(ratios, wrong):
    """Draw a panel for each program: time relative to raw predictors against the size of the model.

    Parameters
    ----------
    ratios : pandas.DataFrame
        Index the program and the size of the model, columns the units, at most three.
    wrong : pandas.DataFrame of bool
        The same index and columns: whether the fit missed the optimum, and is drawn as a cross.

    Returns
    -------
    ndarray of matplotlib.axes.Axes
        One a panel.
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
    axes[0, 0].set_ylim(bottom=0)
    handles, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=3)
    return axes.ravel()
