"""Fit a linear mixed model by its profiled likelihood, given the cross-products of the data.

Bates et al. (2015), Journal of Statistical Software 67(1), section 3. For a given relative covariance factor Lambda the
best coefficients and residual variance follow from least squares; so only theta, the elements of Lambda, is searched.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from partial_pooling.engine.terms import DataError

GRADIENT_TOLERANCE = 1e-5
"""Largest element of the gradient of the criterion at which the search ends, in a basis where theta is of order one."""

ROUNDING = 1e-8
"""Added to it for every row: rounding errors of the criterion grow with the number of rows."""

SINGULAR = 1e-3
"""Relative standard deviation (in units of the residual's, on orthonormal columns) that counts as zero."""

ANEW = 0.5
"""Relative standard deviation from which a singular fit is searched once more."""

HARDLY = 0.05
"""The same, where another valley at zero is searched."""

LARGEST_SLOPE = 1e-2
"""Largest slope of the criterion at which a search has ended: by theta, or by its logarithm where theta exceeds one."""

ATTEMPTS = 4
"""How often a search is repeated from its end if it has not ended."""

PERFECT = 1e-11
"""Residual variance, over that of the ordinary regression, below which the groups explain everything."""

SMALLEST = 1e-13
"""Mean square below which a residual sum of squares is rounding error; the response has a mean square of one."""


class Profile(NamedTuple):
    """The criterion at one theta, and what was computed on the way."""

    value: float  # minus twice the profiled (restricted) log-likelihood, in the units of the basis
    gradient: np.ndarray
    beta: np.ndarray
    covariance: np.ndarray  # of beta, over sigma^2
    sigma: float
    steps: object  # of the elimination


def relative_factors(theta, terms):
    """Put theta into the relative covariance factor Lambda of each term.

    Parameters
    ----------
    theta : ndarray
        The estimated elements of the lower triangles, term by term and row by row.
    terms : sequence of GroupTerm

    Returns
    -------
    list of ndarray (q, q)
    """
    factors, used = [], 0
    for term in terms:
        factor = np.zeros(term.free.shape)
        count = np.count_nonzero(term.free)
        factor[term.free] = theta[used : used + count]
        used += count
        factors.append(factor)
    return factors


def profile(products, theta, reml=True):
    """Profiled criterion and its exact gradient.

    Parameters
    ----------
    products : NestedProducts or CrossedProducts
    theta : ndarray
    reml : bool

    Returns
    -------
    Profile
    """
    factors = relative_factors(theta, products.terms)
    remaining, logdet, steps = products.eliminate(factors)
    p = len(remaining) - 1
    df = products.rows - reml * p
    covariance = np.linalg.inv(remaining[:p, :p])
    beta = covariance @ remaining[:p, p]
    rss = remaining[p, p] - remaining[:p, p] @ beta  # penalised: |u|^2 is in it
    rss = max(rss, SMALLEST * products.rows)
    value = logdet + df * (1 + np.log(2 * np.pi * rss / df))
    if reml:
        value += np.linalg.slogdet(remaining[:p, :p])[1]
    gradient = _gradient(products, steps, beta, covariance, df / rss, reml)
    return Profile(value, gradient, beta, covariance, np.sqrt(rss / df), steps)


def _gradient(products, steps, beta, covariance, precision, reml):
    """Derivative of the criterion by theta, by running the elimination backwards."""
    coefficients = np.append(-beta, 1.0)
    moments = precision * np.outer(coefficients, coefficients)
    if reml:
        moments[:-1, :-1] += covariance
    return _theta(products.gradient(steps, moments), products.terms)


@dataclass(frozen=True)
class MixedFit:
    """A fitted linear mixed model, in the units of the data.

    Names are statsmodels' where the thing is the same; what belongs to a grouping factor is in a dict by its name.

    Parameters
    ----------
    products : NestedProducts or CrossedProducts
    names : list of str
        The population-level effects.
    reml : bool
    theta_in_basis : ndarray
        The optimum, in the basis of the products.
    at_optimum : Profile
    evaluations : int
        How often the searches computed the criterion and its gradient.
    converged : bool
        Whether a further step of the search could gain nothing that matters.
    formula, data, namespace : str, pandas.DataFrame and dict, optional
        What :func:`lmm` read, with the names of its caller that the formula uses; a fit to cross-products has seen none
        of them.
    """

    products: object
    names: list
    reml: bool
    theta_in_basis: np.ndarray
    at_optimum: Profile
    evaluations: int
    converged: bool
    formula: str = None
    data: pd.DataFrame = None
    namespace: dict = None

    def __repr__(self):
        groups = {
            term.name: len(labels) for term, labels in zip(self.products.terms, self.products.labels, strict=True)
        }
        return described(self.formula or "a fit to cross-products", self, groups)

    @property
    def nobs(self):
        """Number of rows."""
        return self.products.rows

    @property
    def method(self):
        """REML or ML."""
        return "REML" if self.reml else "ML"

    @property
    def llf(self):
        """Log-likelihood, restricted or full."""
        return -self.at_optimum.value / 2 + self.products.basis.loglik(self.nobs, self.reml)

    @property
    def scale(self):
        """Residual variance."""
        return (self.products.basis.unit * self.at_optimum.sigma) ** 2

    @property
    def fe_params(self):
        """Population-level coefficients: Series."""
        basis = self.products.basis
        return pd.Series(basis.origin + basis.unit * basis.fixed @ self.at_optimum.beta, self.names)

    @property
    def cov_fe(self):
        """Covariance matrix of `fe_params`: DataFrame."""
        basis = self.products.basis
        return pd.DataFrame(
            self.scale * basis.fixed @ self.at_optimum.covariance @ basis.fixed.T, self.names, self.names
        )

    @property
    def bse_fe(self):
        """Standard errors of `fe_params`: Series."""
        return pd.Series(np.sqrt(np.diag(self.cov_fe)), self.names)

    @cached_property
    def relative_factors(self):
        """The relative covariance factor Lambda, lower triangular, in the units of the data: dict of ndarray (q, q)."""
        found, factors = {}, relative_factors(self.theta_in_basis, self.products.terms)
        for term, transform, factor in zip(self.products.terms, self.products.basis.groups, factors, strict=True):
            triangle = np.linalg.qr((transform @ factor).T, mode="r").T
            found[term.name] = triangle * np.where(np.diag(triangle) < 0, -1.0, 1.0)
        return found

    @property
    def theta(self):
        """Estimated elements of the relative covariance factors, column by column as lme4 reports them: ndarray."""
        factors = zip(self.relative_factors.values(), self.products.terms, strict=True)
        return np.concatenate([factor.T[term.free.T] for factor, term in factors])

    @property
    def cov_re(self):
        """Covariance matrix of the group-level effects: dict of DataFrame."""
        return {
            term.name: pd.DataFrame(self.scale * factor @ factor.T, term.effects, term.effects)
            for term, factor in zip(self.products.terms, self.relative_factors.values(), strict=True)
        }

    @property
    def singular(self):
        """Names of the grouping factors for which some combination of effects has an estimated variance of zero."""
        factors = relative_factors(self.theta_in_basis, self.products.terms)
        pairs = zip(self.products.terms, factors, strict=True)
        return [term.name for term, factor in pairs if np.linalg.svd(factor, compute_uv=False).min() < SINGULAR]

    @property
    def thin(self):
        """Names of the grouping factors that have as many correlated effects as there are rows, or more."""
        pairs = zip(self.products.terms, self.products.labels, strict=True)
        return [term.name for term, labels in pairs if term.is_thin(len(labels), self.nobs)]

    @cached_property
    def random_effects(self):
        """Conditional modes of the group-level effects: dict of DataFrame, one row a group."""
        modes = self.products.modes(self.at_optimum.steps, self.at_optimum.beta)
        transforms, unit = self.products.basis.groups, self.products.basis.unit
        return self._tables([unit * (T @ b).T for T, b in zip(transforms, modes, strict=True)])

    @cached_property
    def random_effects_sd(self):
        """Conditional standard deviations of those, given theta and the coefficients: dict of DataFrame."""
        covariances = self.products.conditional_covariances(self.at_optimum.steps)
        transforms = self.products.basis.groups
        variances = [np.einsum("ij,jkg,ik->gi", T, C, T) for T, C in zip(transforms, covariances, strict=True)]
        return self._tables([np.sqrt(self.scale * variance) for variance in variances])

    def _tables(self, arrays):
        parts = zip(self.products.terms, self.products.labels, arrays, strict=True)
        return {term.name: pd.DataFrame(values, labels, term.effects) for term, labels, values in parts}

    def summary(self):
        """Table of the coefficients, standard deviations, correlations and the log-likelihood, to be read.

        Returns
        -------
        pandas.DataFrame
            Columns `estimate` and `standard error`, which is empty but for the coefficients.
        """
        rows = [(name, self.fe_params[name], self.bse_fe[name]) for name in self.names]
        for factor, covariance in self.cov_re.items():
            sd, correlations = spread(factor, covariance)
            rows += [(f"SD between, {name}", value, "") for name, value in sd.items()]
            rows += [(f"correlation between, {name}", value, "") for name, value in correlations.items()]
        rows += [("SD within (residual)", np.sqrt(self.scale), ""), (f"log-likelihood ({self.method})", self.llf, "")]
        return pd.DataFrame(rows, columns=["", "estimate", "standard error"]).set_index("").rename_axis(None)


def described(what, fit, groups):
    """A fit in words and one table, as it is shown.

    Parameters
    ----------
    what : str
    fit : MixedFit or Estimates
    groups : dict of str to int
        Number of groups of each factor.

    Returns
    -------
    str
    """
    sizes = ", ".join(f"{count} of {factor}" for factor, count in groups.items())
    return f"{what}\n{fit.method}, {fit.nobs} rows; groups: {sizes}\n\n{fit.summary().to_string()}"


def thin_words(fit):
    """What is to be said of a fit that has as many effects as rows: str."""
    return (
        f"as many effects of {', '.join(fit.thin)} as there are rows ({fit.nobs}), or more: what tells their variances "
        "from the residual's is the few groups that have more rows than effects, or how predictors differ"
    )


def spread(factor, covariance):
    """Standard deviations and correlations of one factor's effects.

    Parameters
    ----------
    factor : str
    covariance : pandas.DataFrame (q, q)

    Returns
    -------
    sd, correlations : dict of str to float
        By names such as ``"store: log_price"`` and ``"store: Intercept, log_price"``. Independent effects, whose
        covariance is exactly zero, have no correlation.
    """
    sd, correlations = np.sqrt(np.diag(covariance)), {}
    for j, other in enumerate(covariance):
        for i, name in enumerate(covariance.columns[:j]):
            if covariance.iloc[i, j] != 0:
                correlations[f"{factor}: {name}, {other}"] = covariance.iloc[i, j] / (sd[i] * sd[j])
    return {f"{factor}: {name}": value for name, value in zip(covariance, sd, strict=True)}, correlations


def fit_products(products, names=None, reml=True, start=None):
    """Fit a linear mixed model to cross-products.

    The search is by BFGS with the exact gradient and without bounds. The criterion does not change when a column of a
    factor changes its sign, so its derivative at zero vanishes: a bound there would be a point where a search can come
    to rest although the criterion falls on both sides.

    What is found is questioned twice. A singular fit is searched once more, from a start at which everything varies,
    because a search without bounds can hit zero by accident as well. And the criterion is evaluated with the variance
    of each effect set to zero, because with unbalanced groups it can have a second valley there; if that is lower, the
    search is repeated in it.

    Parameters
    ----------
    products : NestedProducts or CrossedProducts
        Made by :func:`partial_pooling.engine.cross_products`.
    names : sequence of str, optional
        Names of the population-level effects.
    reml : bool
        Restricted (default) or full maximum likelihood.
    start : ndarray, optional
        Where to start, in the basis of the products, as `theta_in_basis` of a fit; by default at identity matrices.

    Returns
    -------
    MixedFit
        Its attributes `converged` and `singular` say whether it can be used as it is; this function does not warn.

    Raises
    ------
    DataError
        If the group-level effects explain the response exactly.
    """
    names = [f"x{j}" for j in range(len(products.basis.origin))] if names is None else list(names)
    if start is None:
        start = _theta([np.eye(len(term.effects)) for term in products.terms], products.terms)
    fit = _search(products, names, reml, start)
    if fit.singular:
        fit = _better(fit, _search(products, names, reml, _everything_varies(fit)))
    valley = _lower_valley(fit)
    if valley is not None:
        fit = _better(fit, _search(products, names, reml, valley))
    if not fit.at_optimum.sigma**2 > PERFECT:
        raise DataError("the group-level effects explain the response exactly: no residual variation is left")
    return fit


def _search(products, names, reml, theta):
    """BFGS from one start; where it loses its precision, again from its end in units in which theta is one."""
    evaluated = {"count": 0}

    def criterion(scaled, scale):
        evaluated["count"] += 1
        found = profile(products, scaled * scale, reml)
        return found.value, found.gradient * scale

    # Curvature grows with the number of groups; without this the first steps are wrong by factors of hundreds.
    groups = [
        np.full(np.count_nonzero(term.free), len(labels))
        for term, labels in zip(products.terms, products.labels, strict=True)
    ]
    tolerance = GRADIENT_TOLERANCE + ROUNDING * products.rows
    options = {"gtol": tolerance, "hess_inv0": np.diag(1 / np.concatenate(groups))}
    scale = np.ones_like(theta)
    for _ in range(ATTEMPTS):
        search = minimize(criterion, theta / scale, args=(scale,), jac=True, method="BFGS", options=options)
        theta = search.x * scale
        at_optimum = profile(products, theta, reml)
        slope = np.abs(at_optimum.gradient) * np.maximum(np.abs(theta), 1)
        converged = bool((slope < LARGEST_SLOPE).all())
        if converged:
            break
        scale = np.maximum(np.abs(theta), 1e-3)
    return MixedFit(products, names, reml, theta, at_optimum, evaluated["count"], converged)


def _better(one, other):
    best = other if other.at_optimum.value < one.at_optimum.value else one
    return replace(best, evaluations=one.evaluations + other.evaluations)


def _everything_varies(fit):
    """A start near a fit at which no combination of the effects has a variance of zero."""
    factors = relative_factors(fit.theta_in_basis, fit.products.terms)
    covariances = [factor @ factor.T + ANEW**2 * np.eye(len(factor)) for factor in factors]
    return _theta([np.linalg.cholesky(covariance) for covariance in covariances], fit.products.terms)


def _lower_valley(fit):
    """A start where some effect hardly varies, if without it the criterion is below the fit's; otherwise None."""
    best, start = fit.at_optimum.value - 1e-7, None
    for index, term in enumerate(fit.products.terms):
        for effect in range(len(term.effects)):
            factors = relative_factors(fit.theta_in_basis, fit.products.terms)
            factors[index][effect] = 0
            value = profile(fit.products, _theta(factors, fit.products.terms), fit.reml).value
            if value < best:
                factors[index][effect, effect] = HARDLY
                best, start = value, _theta(factors, fit.products.terms)
    return start


def _theta(factors, terms):
    """The inverse of :func:`relative_factors`."""
    return np.concatenate([factor[term.free] for factor, term in zip(factors, terms, strict=True)])
