"""The factors of a term's product: what they read, and what of it the formula standardises."""

from copy import deepcopy

from formulae.terms import Call
from formulae.terms.call_resolver import LazyCall, LazyVariable

from partial_pooling.engine.formula import lazies, text_of
from partial_pooling.engine.model_columns import STANDARDISING, Part


def part_of(component):
    """What a component of a term is, in words: Part.

    Parameters
    ----------
    component : formulae.terms.Variable or Call
    """
    if not isinstance(component, Call):
        return Part(component.name, frozenset([component.name]), frozenset())
    calls = [lazy for lazy in lazies(component.call) if isinstance(lazy, LazyCall) and lazy.callee in STANDARDISING]
    within = [lazy.name for call in calls for lazy in lazies(call) if isinstance(lazy, LazyVariable)]
    names = [lazy.name for lazy in lazies(component.call) if isinstance(lazy, LazyVariable)]
    return Part(text_of(component.call), frozenset(names), frozenset(within))


def without_standardising(lazy):
    """A copy of a part of a call in which what standardises is replaced by what it standardises.

    Parameters
    ----------
    lazy : formulae.terms.call_resolver.LazyCall or one of its arguments
    """
    if isinstance(lazy, LazyCall) and lazy.callee in STANDARDISING:
        return without_standardising(lazy.args[0])
    lazy = deepcopy(lazy)
    if hasattr(lazy, "args"):
        lazy.args = [without_standardising(arg) for arg in lazy.args]
    if hasattr(lazy, "kwargs"):
        lazy.kwargs = {name: without_standardising(arg) for name, arg in lazy.kwargs.items()}
    return lazy
