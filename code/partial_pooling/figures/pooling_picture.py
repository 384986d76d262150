"""The picture of shrinkage that readers move: sliders on the site, a still picture and the numbers everywhere else."""

import base64
import io
import json
from html import escape

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from partial_pooling.figures.style import COLOURS, GREY, LINES, MARKERS
from partial_pooling.pool import pool, restricted_loglik

SPAN = (-6.0, 3.0)
"""Where the axis of the coefficient begins and ends; what lies beyond is drawn at the edge, with its value."""

DECIMALS = 6  # of the data in the page: more than the table shows, less than rounding errors reach


class PoolingPicture:
    """Own, average and partially pooled coefficients of some groups, for any tau, any sigma and more rows a group.

    On the site the script pooling-picture.js draws it and recomputes all numbers as the sliders move, with the formulas
    of :func:`partial_pooling.pool`; tests/test_pooling_picture.py holds its numbers against Python's.
    Elsewhere it is a still picture with a table.

    Parameters
    ----------
    groups : pandas.DataFrame
        Index the groups, columns `own` and `information` as for `pool`, and `size`, the rows of each group. The
        average is taken over all of them.
    shown : sequence
        The groups to draw and to tabulate, from the top.
    tau, sigma : float
        Where the sliders start; they move in hundredths.
    rss, df : float, int
        As for `restricted_loglik`, whose distance from its highest value is told.
    unit, of_size : str
        What a group and its rows are called.
    """

    def __init__(self, groups, shown, tau, sigma, rss, df, unit="store", of_size="weeks"):
        self.groups = groups[["own", "information", "size"]].round(DECIMALS)
        self.shown = list(shown)
        self.start = round(float(tau), 2), round(float(sigma), 2)
        self.rss, self.df = round(float(rss), DECIMALS), int(df)
        self.best = round(float(self._loglik(tau, sigma)), DECIMALS)
        self.unit, self.of_size = unit, of_size

    def _loglik(self, tau, sigma):
        return restricted_loglik(self.groups["own"], self.groups["information"], tau, sigma, self.rss, self.df)

    def numbers(self, tau=None, sigma=None, times=1):
        """Table, as text, what the picture shows.

        Parameters
        ----------
        tau, sigma : float, optional
            By default where the sliders start.
        times : int
            How many times as many rows each group is taken to have, all else unchanged.

        Returns
        -------
        pandas.DataFrame
            One row a group that is shown.
        """
        tau, sigma = tau if tau is not None else self.start[0], sigma or self.start[1]
        information = self.groups["information"] * times
        _, weight, partial = pool(self.groups["own"], information, tau, sigma)
        table = pd.DataFrame({self.of_size: (self.groups["size"] * times).map("{:,.0f}".format)})
        table["own"] = self.groups["own"].map(_two)
        table["standard error"] = (sigma / np.sqrt(information)).map(_two)
        table["weight"] = weight.map(_two)
        table["partially pooled"] = partial.map(_two)
        return table.loc[self.shown]

    def says(self, tau=None, sigma=None, times=1):
        """Say what holds for all groups together, as the picture does when a slider has moved."""
        tau, sigma = tau if tau is not None else self.start[0], sigma or self.start[1]
        average, weight, _ = pool(self.groups["own"], self.groups["information"] * times, tau, sigma)
        text = f"tau {tau:.2f}, sigma {sigma:.2f}, {self.of_size} times {times}: average {_two(average)}"
        text += f", mean weight of a {self.unit}'s own data {weight.mean():.2f}."
        if times == 1:
            text += f" Restricted log-likelihood {self.best - self._loglik(tau, sigma):.1f} below its highest."
        return text

    def _data(self):
        groups = [[str(name), int(size), own, information] for name, own, information, size in self.groups.itertuples()]
        return {
            "unit": self.unit,
            "of_size": self.of_size,
            "tau": self.start[0],
            "sigma": self.start[1],
            "rss": self.rss,
            "df": self.df,
            "best": self.best,
            "span": SPAN,
            "shown": [str(name) for name in self.shown],
            "groups": groups,
        }

    def _draw(self):
        tau, sigma = self.start
        own, information = self.groups["own"], self.groups["information"]
        average, _, partial = pool(own, information, tau, sigma)
        complete = pool(own, information, 0, sigma)[0]
        figure, axis = plt.subplots(figsize=(6.4, 0.33 * len(self.shown) + 1.4))
        rows = -np.arange(len(self.shown))
        own, partial = own[self.shown].clip(*SPAN), partial[self.shown]
        axis.hlines(rows, own, partial, color=GREY, linewidth=1)
        axis.axvline(average, color=COLOURS["partial pooling"], linewidth=1)
        name = "complete pooling"
        axis.axvline(complete, color=COLOURS[name], linestyle=LINES[name], label=name)
        for name, values, filled in (("no pooling", own, False), ("partial pooling", partial, True)):
            face = COLOURS[name] if filled else "white"
            axis.scatter(
                values,
                rows,
                s=26,
                marker=MARKERS[name],
                facecolors=face,
                edgecolors=COLOURS[name],
                label=name,
                zorder=3,
            )
        for row, value in zip(rows, self.groups["own"][self.shown], strict=True):
            if not SPAN[0] <= value <= SPAN[1]:
                at_edge = SPAN[value > 0], row
                axis.annotate(_two(value), at_edge, (0, 6), textcoords="offset points", ha="center", fontsize=9)
        axis.set_yticks(rows, [f"{group}, {self.groups['size'][group]} {self.of_size}" for group in self.shown])
        axis.set_xlim(SPAN[0] - 0.3, SPAN[1] + 0.3)
        axis.set_xlabel("price coefficient")
        figure.legend(loc="outside upper center", ncols=3)
        return figure

    def _png(self):
        figure, file = self._draw(), io.BytesIO()
        figure.savefig(file, format="png", dpi=160)
        plt.close(figure)
        return base64.b64encode(file.getvalue()).decode()

    def _repr_mimebundle_(self, include=None, exclude=None):
        """All forms at once: HTML for the site and for Jupyter, a picture and a line of text for what knows no HTML."""
        png, table = self._png(), self.numbers().rename_axis(self.unit).reset_index()
        data = json.dumps(self._data()).replace("</", "<\\/")
        alt = f"Own and partially pooled coefficients of {len(self.shown)} {self.unit}s; the table has the numbers."
        return {
            "text/plain": f"PoolingPicture of {len(self.groups)} {self.unit}s. {self.says()}",
            "text/html": f'<pooling-picture><script type="application/json">{data}</script>'
            f'<img src="data:image/png;base64,{png}" alt="{escape(alt)}">'
            f"<details open><summary>The numbers</summary>{_html(table)}</details></pooling-picture>",
            "image/png": png,
        }


def _two(value):
    return f"{value:.2f}".replace("-", "\u2212")


def _html(table):
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in table)
    rows = "".join(
        f'<tr><th scope="row">{escape(str(first))}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in table.itertuples(index=False)
    )
    return f'<table class="dataframe"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
