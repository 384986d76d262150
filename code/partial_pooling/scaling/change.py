"""The matrices that lead from the columns of standardised data to those of the original, or why there are none."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

CLOSED = 1e-10
"""Part of a column, relative to its length, that may remain unexplained by rounding."""

ROUNDING = 1e-13
"""Smaller contributions to a column, relative to its length, are rounding errors of a zero."""

COLLINEAR = 1e15
"""Condition number from which columns of length one are no longer told apart."""


class NotClosedError(ValueError):
    """The same formula in original units states another model: the message names the term and the ways out."""


@dataclass(frozen=True)
class Change:
    """A change of units, from standardised to original.

    The standardised columns are sums of the original ones, ``X_standardised = X_original @ T``, as long as the model
    holds all terms that arise when its products and powers are multiplied out. Then ``T @ beta`` are the coefficients
    of the original columns: the linear predictor is the same in every row.

    Parameters
    ----------
    design : ndarray (p, p)
        T of the population-level effects.
    groups : dict of str to ndarray (q, q)
        T of the group-level effects of each factor.
    shift, factor : float
        The response in original units is ``shift + factor * standardised``.
    constant : ndarray (p,)
        Coefficients of the original columns that sum to one in every row: where the shift goes, mostly the intercept.
    """

    design: np.ndarray
    groups: dict
    shift: float
    factor: float
    constant: np.ndarray

    @classmethod
    def between(cls, scaled, raw, scaling):
        """Find the change from a model's columns on standardised data to those on the same rows in original units.

        Parameters
        ----------
        scaled, raw : Columns
        scaling : Scaling
            For the words of errors: which columns were centred.

        Returns
        -------
        Change

        Raises
        ------
        NotClosedError
            If there is no such change.
        """
        design = _transform(scaled.design, raw.design, raw.parts[None], scaling)
        groups = {
            name: _transform(scaled.groups[name], raw.groups[name], raw.parts[name], scaling, name)
            for name in raw.groups
        }
        ones = np.ones((len(scaled.response), 1))
        (shift, factor), unexplained = _in_terms_of(np.column_stack([ones, scaled.response]), raw.response[:, None])
        if not unexplained < CLOSED:
            raise NotClosedError(
                "the response was standardised inside a function, so that in original units it is not a multiple of "
                "the standardised one plus a constant: make a column of the function's values and standardise that"
            )
        constant, unexplained = _in_terms_of(scaled.design.to_numpy(), ones)
        if shift[0] != 0 and not unexplained < CLOSED:
            raise NotClosedError(
                f"the response was shifted by {shift[0]:.6g}, which no term of a model without an intercept takes up: "
                "add the intercept, or standardise the response with centre=False"
            )
        return cls(design, groups, float(shift[0]), float(factor[0]), design @ constant[:, 0])

    def loglik(self, rows, reml):
        """Add to a log-likelihood on standardised data to have it in original units.

        The density of a response divided by s is s times as high: n log s under full maximum likelihood, n - p
        dimensions under REML. REML also integrates over the coefficients, whose units are those of the columns: hence
        the determinant of T.

        Parameters
        ----------
        rows : int
        reml : bool

        Returns
        -------
        float
        """
        p = len(self.design)
        return -(rows - reml * p) * np.log(abs(self.factor)) + reml * np.linalg.slogdet(self.design)[1]


def _transform(scaled, raw, parts, scaling, factor=None):
    """T with scaled = raw @ T, found on whichever side the columns are further from collinear.

    That is mostly the standardised one: raw columns with large means and their products are nearly collinear.
    """
    if scaled.shape != raw.shape:
        raise NotClosedError(
            f"in original units the columns are {', '.join(raw)}, on the standardised data {', '.join(scaled)}: "
            "a standardised column is used as a category"
        )
    forward = _condition(scaled) < _condition(raw)
    basis, columns = (scaled, raw) if forward else (raw, scaled)
    coefficients, unexplained = _in_terms_of(basis.to_numpy(), columns.to_numpy())
    terms = [() if (raw[name] == 1).all() else of_column for name, of_column in zip(raw, parts, strict=True)]
    for term, part in zip(terms, unexplained, strict=True):
        if not part < CLOSED:
            raise NotClosedError(_explain(term, terms, scaling, factor))
    if not forward:
        return coefficients
    if not _condition(raw) < COLLINEAR:
        raise NotClosedError(f"in original units the columns {', '.join(raw)} depend on one another")
    return np.linalg.inv(coefficients)


def _condition(columns):
    """Condition number of the columns, each divided by its length."""
    length = np.linalg.norm(columns, axis=0)
    return np.linalg.cond(columns / length) if _usable(length) else np.inf


def _usable(length):
    return bool(np.isfinite(length).all() and (length > 0).all())


def _in_terms_of(basis, columns):
    """Coefficients of the basis that give each column, and what part of its length they leave unexplained."""
    length, unit = np.linalg.norm(columns, axis=0), np.linalg.norm(basis, axis=0)
    if not (_usable(length) and _usable(unit)):
        return np.full((basis.shape[1], columns.shape[1]), np.nan), np.where(
            (length > 0) & (length < np.inf), 0, np.inf
        )
    coefficients = np.linalg.lstsq(basis / unit, columns / length)[0]
    coefficients[np.abs(coefficients) < ROUNDING] = 0
    unexplained = np.linalg.norm(columns / length - basis / unit @ coefficients, axis=0)
    return coefficients * length / unit[:, None], unexplained


def _explain(term, terms, scaling, factor):
    """Why a column is not closed: what arises when its product is multiplied out, and the model lacks."""
    centred = [column for column, centre in scaling.centre.items() if centre]
    moving = [part for part in term if not part.variables.isdisjoint(centred)]
    lower = [
        ([part for part in term if part not in dropped], dropped)
        for size in range(1, len(moving) + 1)
        for dropped in combinations(moving, size)
    ]
    present = [set(other) for other in terms]
    missing = {_product(left): dropped for left, dropped in lower if set(left) not in present}
    what = f"{_product(term)!r} in {f'the group-level effects of {factor!r}' if factor else 'the model'}"
    if not missing:
        return (
            f"{what}: a function of a standardised column is in general not a sum of the same function of the original "
            "one and the model's other columns. If it is a power, add the lower powers, or standardise with "
            "centre=False; otherwise make a column of the function's values and standardise that."
        )
    left, dropped = next(iter(missing.items()))
    columns = [column for part in dropped for column in centred if column in part.variables]
    centre = " and ".join(f"{column!r} is {scaling.centre[column]:.6g}" for column in columns)
    if factor:
        says = "groups do not differ" + ("" if left == "Intercept" else f" in {left!r}")
    else:
        says = "the response is zero" if left == "Intercept" else f"{left!r} has no effect"
    lacks = ", ".join(map(repr, missing))
    return (
        f"{what} needs {lacks}, because columns were centred. Without, this fit says that {says} where {centre}; "
        f"in original units the same formula says so where {' and '.join(map(repr, columns))} "
        f"{'are' if columns[1:] else 'is'} zero, which is another model. "
        f"Add {lacks}, or standardise with centre=False."
    )


def _product(parts):
    return ":".join(part.text for part in parts) or "Intercept"
