"""The likelihood of one parameter, with values that somebody chose marked on it."""

import matplotlib.pyplot as plt
import numpy as np

from partial_pooling.figures.style import GREY, INK


def draw_likelihood(values, loglik, marks, label):
    """Draw a likelihood relative to its highest value, and mark some values of the parameter.

    Parameters
    ----------
    values : ndarray
        Of the parameter, along the horizontal axis.
    loglik : ndarray
        Log-likelihood at each of them.
    marks : dict of str to tuple
        What each mark is, and its value and colour.
    label : str
        Of the horizontal axis, in words.
    """
    figure, axis = plt.subplots()
    height = np.exp(loglik - np.max(loglik))
    axis.fill_between(values, height, color=GREY, alpha=0.2, linewidth=0)
    axis.plot(values, height, color=INK)
    for (name, (value, colour)), line in zip(marks.items(), ["-", "--", ":"], strict=False):
        axis.axvline(value, color=colour, linestyle=line, linewidth=2, label=name)
    axis.set_xlim(values[0], values[-1])
    axis.set_ylim(0, 1.05)
    axis.set_xlabel(label)
    axis.set_ylabel("likelihood, relative to its highest")
    figure.legend(loc="outside upper center", ncols=len(marks))
    plt.show()
