"""Those who leave a study: their mean profiles, and an effect by analyses that keep or lose their rows."""

import matplotlib.pyplot as plt

from partial_pooling.figures.style import COLOURS, GREY, INK


def draw_dropout(profiles, sizes, titles):
    """Draw mean profiles over time, one line for those who were last seen at the same time.

    Parameters
    ----------
    profiles : pandas.DataFrame
        Means: index the panel and the time at which the subjects were last seen, columns the times; missing where
        nobody of the row was seen.
    sizes : pandas.Series
        Number of subjects; same index.
    titles : dict
        Values of the first level of the index to the titles of the panels, in their order.

    Returns
    -------
    ndarray of matplotlib.axes.Axes
        One a panel.
    """
    end = profiles.columns.max()
    axes = plt.subplots(1, len(titles), figsize=(6.4, 3.6), sharey=True)[1]
    for axis, (panel, title) in zip(axes, titles.items(), strict=True):
        for last, profile in profiles.loc[panel].iterrows():
            profile = profile.dropna()
            style = {"color": INK, "ls": "-", "lw": 2} if last == end else {"color": GREY, "ls": "--", "lw": 1.2}
            axis.plot(profile.index, profile, marker="o", ms=4, **style)
            highest = profile.iloc[-1] == profiles.loc[panel][last].max()
            axis.annotate(
                sizes[panel, last],
                (last, profile.iloc[-1]),
                xytext=(6, 4 if highest else -12),
                textcoords="offset points",
                color=style["color"],
                weight="bold" if last == end else "normal",
            )
        axis.set_title(title)
        axis.set_xticks(profiles.columns)
        axis.set_xlim(-0.4, end + 1.3)
    return axes


def draw_analyses(estimates, errors, ours):
    """Draw an effect by several analyses, each with a bar of two standard errors to either side.

    Parameters
    ----------
    estimates : pandas.DataFrame
        Estimates: index the analyses, from the top down, columns the panels, from left to right.
    errors : pandas.DataFrame
        Their standard errors; same index and columns.
    ours : str
        The analysis that is drawn in the colour of partial pooling.

    Returns
    -------
    ndarray of matplotlib.axes.Axes
        One a panel.
    """
    size = 6.4, 0.45 * len(estimates) + 1.4
    axes = plt.subplots(1, estimates.shape[1], figsize=size, sharex=True, sharey=True, squeeze=False)[1][0]
    for axis, panel in zip(axes, estimates, strict=True):
        axis.axvline(0, color=INK, linewidth=0.8)
        for place, analysis in enumerate(estimates.index):
            colour, marker = (COLOURS["partial pooling"], "D") if analysis == ours else (INK, "o")
            bar = 2 * errors.loc[analysis, panel]
            axis.errorbar(estimates.loc[analysis, panel], place, xerr=bar, ms=5, capsize=3, color=colour, marker=marker)
        axis.set_title(panel)
    axes[0].set_yticks(range(len(estimates)), estimates.index)
    axes[0].invert_yaxis()
    return axes
