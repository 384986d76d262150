"""Fit a linear mixed model that is written as a formula."""

import sys
import warnings
from dataclasses import replace

from formulae.categorical import ENCODINGS
from formulae.terms.call_resolver import LazyCall
from formulae.transforms import TRANSFORMS

from partial_pooling.engine.columns import cross_products
from partial_pooling.engine.evaluate import NAMES, read_formula
from partial_pooling.engine.formula import lazies, parse, words
from partial_pooling.engine.likelihood import fit_products, thin_words
from partial_pooling.engine.terms import DataError


def lmm(formula, data, reml=True):
    """Fit a linear mixed model, written as a formula, with the book's engine.

    Parameters
    ----------
    formula : str
        ``"y ~ x + (1 + x | county/store)"``. Effects within one bracket are correlated; those of ``(1 + x || store)``,
        or of two brackets, are independent. Grouping factors may be nested, by ``/`` or by their labels, or crossed.
        Names that are not one plain word stand in backquotes. Functions and other names may be the caller's own. All
        rows weigh the same, and an offset is subtracted from the response before.
    data : pandas.DataFrame
        Without missing values in the columns that the formula names. Numbers of any type are calculated with as
        floats; a category is measured from the first of its categories that occurs, text from the first in the
        alphabet.
    reml : bool
        Restricted (default) or full maximum likelihood.

    Returns
    -------
    MixedFit

    Raises
    ------
    DataError
        If the formula names a column that the data do not have, or the data cannot support the model; the message says
        why and what to do.

    Warns
    -----
    UserWarning
        If the fit is singular, the search did not converge, or a factor has as many effects as there are rows.
    """
    namespace = _names_of_caller(parse(formula), data, sys._getframe(1))
    response, design, terms = read_formula(formula, data, namespace)
    fit = fit_products(cross_products(response, design, terms), design.columns, reml)
    if fit.thin:
        warnings.warn(f"{formula!r}: {thin_words(fit)}", stacklevel=2)
    if not fit.converged:
        warnings.warn(f"{formula!r}: the search stopped before the optimum was certain", stacklevel=2)
    if fit.singular:
        warnings.warn(
            f"{formula!r}: singular fit, some combination of the effects of {', '.join(fit.singular)} is estimated not "
            "to vary at all; the data do not show that these groups differ in it",
            stacklevel=2,
        )
    return replace(fit, formula=formula, data=data, namespace=namespace)


def _names_of_caller(formula, data, frame):
    """Those of the caller's names that the formula uses and that are no columns: dict."""
    components = [component for term in formula.terms for component in getattr(term, "components", ())]
    calls = [lazy for component in components for lazy in lazies(getattr(component, "call", None))]
    called = {lazy.callee.split(".")[0] for lazy in calls if isinstance(lazy, LazyCall)}
    used = called | {
        name for component in components for name in words(component) if name not in getattr(data, "columns", ())
    }
    known = frame.f_globals | frame.f_locals
    formulaes = {*TRANSFORMS, *ENCODINGS}
    for name in sorted(called & formulaes & set(known)):
        of_formulae = getattr(known[name], "__module__", "").startswith(("formulae", "patsy"))
        if callable(known[name]) and not of_formulae:
            raise DataError(f"{name!r} is a function of formulas themselves: give your own another name")
    return {name: known[name] for name in used - formulaes if name in known and known[name] is not NAMES.get(name)}
