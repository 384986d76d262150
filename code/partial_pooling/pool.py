"""One coefficient of many groups, drawn from a common normal distribution: the arithmetic, with the variances given.

If every group has an intercept of its own that no distribution binds, a mixed model with one group-level slope needs
no more of the data than each group's own slope and how precisely its rows fix it.
"""

import numpy as np


def pool(own, information, tau, sigma):
    """Pool one coefficient of each group partially.

    Parameters
    ----------
    own : Series or ndarray
        The coefficient that each group's own rows give.
    information : Series or ndarray
        Sum of squares of the predictor around the group's mean: the standard error of `own` is `sigma` over its root.
    tau, sigma : float
        Standard deviations of the coefficients between groups, and of rows within a group.

    Returns
    -------
    average : float
        Generalised least-squares estimate of the mean of the common distribution.
    weight : Series or ndarray
        Of each group's own coefficient.
    partial : Series or ndarray
        The partially pooled coefficients, their conditional means given the data (Robinson 1991, section 2).
    """
    precision = 1 / (tau**2 + sigma**2 / information)
    average = (precision * own).sum() / precision.sum()
    weight = tau**2 * precision
    return average, weight, average + weight * (own - average)


def restricted_loglik(own, information, tau, sigma, rss=0.0, df=0):
    """Restricted log-likelihood of the two standard deviations, up to a constant.

    Parameters
    ----------
    own, information, tau, sigma
        As for :func:`pool`.
    rss, df : float, int, optional
        Residual sum of squares and residual degrees of freedom of the regression with a line for each group, from
        which `sigma` is learnt; without them it counts as known.

    Returns
    -------
    float
    """
    precision = 1 / (tau**2 + sigma**2 / information)
    average = (precision * own).sum() / precision.sum()
    squares = (precision * (own - average) ** 2).sum()
    between = np.log(precision).sum() - np.log(precision.sum()) - squares
    within = -df * np.log(sigma**2) - rss / sigma**2
    return (between + within) / 2
