"""Read the text of a mixed-model formula, as lme4 and Bambi write it, with the parser that Bambi uses."""

from dataclasses import dataclass

from formulae.expr import Binary, Grouping
from formulae.parser import Parser
from formulae.resolver import Resolver
from formulae.scanner import Scanner
from formulae.terms import Call, Intercept, Term
from formulae.terms.call_resolver import LazyCall, LazyVariable
from formulae.token import Token

from partial_pooling.engine.terms import DataError


@dataclass(frozen=True)
class Bracket:
    """The group-level effects of one factor in one bracket.

    Parameters
    ----------
    factor : tuple of str
        Columns of the data whose labels together tell the groups apart.
    effects : tuple of formulae.terms.Term or Intercept
    independent : bool
        Whether ``||`` makes them so.
    """

    factor: tuple
    effects: tuple
    independent: bool


@dataclass(frozen=True)
class Formula:
    """What a formula says, before it meets data.

    Parameters
    ----------
    text : str
    response : formulae.terms.Term
    population : tuple of formulae.terms.Term or Intercept
    brackets : tuple of Bracket
    """

    text: str
    response: Term
    population: tuple
    brackets: tuple

    @property
    def terms(self):
        """All terms that are evaluated: list."""
        return [self.response, *self.population, *(term for bracket in self.brackets for term in bracket.effects)]


def parse(text):
    """Read a formula, of which every word ends up in the model.

    Parameters
    ----------
    text : str

    Returns
    -------
    Formula

    Raises
    ------
    DataError
        If something in the formula cannot be read, or has no place in the model.
    """
    try:
        tokens = _join_bars(Scanner(text).scan())
        parser = Parser(tokens)
        expression = parser.parse()
    except Exception as error:  # formulae's own, of several kinds
        raise DataError(f"{text!r} cannot be read ({error}){_hint(text)}") from error
    if not parser.at_end():
        raise DataError(
            f"{text!r}: {parser.peek().lexeme!r} after {parser.previous().lexeme!r} has no place; join terms by +, put "
            "effects of groups into brackets, and a name that is not one plain word into backquotes: `price per litre`"
        )
    if not (isinstance(expression, Binary) and expression.operator.kind == "TILDE"):
        raise DataError(f"{text!r} has no response: write 'y ~ ...'")
    try:
        bars = [(bar.operator.lexeme == "||", _as_list(Resolver(bar).resolve())) for bar in _bars(expression.right)]
        model = Resolver(expression).resolve()
    except DataError as error:
        raise DataError(f"{text!r}: {error}") from error
    except Exception as error:  # formulae's own, of several kinds
        raise DataError(f"{text!r} cannot be read ({error}); write 0 + x for x without an intercept") from error
    population = tuple(term for term in model.common_terms if isinstance(term, (Term, Intercept)))
    brackets = tuple(bracket for independent, terms in bars for bracket in _by_factor(terms, independent))
    formula = Formula(text, model.response.term, population, brackets)
    _refuse_unplaced(formula, tokens)
    return formula


def _join_bars(tokens):
    """Write two bars as one; the resolver knows one only."""
    joined = []
    for token in tokens:
        if token.kind == "PIPE" and joined and joined[-1].kind == "PIPE":
            joined[-1] = Token("PIPE", "||")
        else:
            joined.append(token)
    return joined


def _hint(text):
    if "^" in text:
        return "; write ** for a power, within I()"
    if text.count("`") % 2:
        return "; a backquote is not closed"
    return "; a name that is not one plain word stands in backquotes, as in `price per litre`"


def _bars(expression):
    """The expressions with a bar, which stand in the sum of a formula's right side."""
    if isinstance(expression, Grouping):
        yield from _bars(expression.expression)
    elif isinstance(expression, Binary) and expression.operator.kind == "PIPE":
        yield expression
    elif isinstance(expression, Binary):
        sides = [*_bars(expression.left), *_bars(expression.right)]
        if sides and expression.operator.kind != "PLUS":
            raise DataError("effects of groups, in a bracket with a bar, can only be added")
        if expression.operator.kind == "STAR_STAR" and isinstance(Resolver(expression.left).resolve(), Term):
            raise DataError("a power of one column in a formula is that column itself: write I(x**2) for its square")
        yield from sides


def _as_list(resolved):
    return getattr(resolved, "group_terms", None) or [resolved]


def _by_factor(terms, independent):
    """One Bracket for each grouping factor, which are several if they are written with / or +."""
    effects_of = {}
    for term in terms:
        components = term.factor.components
        calls = [component.name for component in components if isinstance(component, Call)]
        if calls:
            raise DataError(f"the groups {calls[0]!r} are not a column of the data: make them one first")
        effects_of.setdefault(tuple(component.name for component in components), []).append(term.expr)
    return [Bracket(factor, tuple(effects), independent) for factor, effects in effects_of.items()]


def _refuse_unplaced(formula, tokens):
    """Refuse a formula of which some word is not in the model."""
    used = {name for bracket in formula.brackets for name in bracket.factor}
    for term in formula.terms:
        for component in getattr(term, "components", ()):
            used |= words(component)
            if isinstance(component.name, (int, float)):
                raise DataError(f"{formula.text!r}: the number {component.name} has no place; only 0 and 1 have")
            if getattr(component, "reference", None) is not None:
                raise DataError(
                    f"{formula.text!r}: {component.name}[...] has no place; write I({component.name} == ...)"
                )
    for token in tokens:
        name = token.lexeme.strip("`")
        if token.kind in ("IDENTIFIER", "BQNAME") and name not in used:
            raise DataError(f"{formula.text!r}: {name!r} ends up nowhere in the model; leave it out, or add it by +")


def words(component):
    """Names that a component of a term uses: columns, functions, and whatever else the formula's author has defined.

    Parameters
    ----------
    component : formulae.terms.Variable or Call

    Returns
    -------
    set of str
    """
    if not isinstance(component, Call):
        level = getattr(component, "reference", None)
        return {component.name} if level is None else {component.name, level}
    return {name for lazy in lazies(component.call) for name in _names(lazy)}


def _names(lazy):
    if isinstance(lazy, LazyCall):
        return {lazy.callee, *lazy.kwargs}
    return {lazy.name} if isinstance(lazy, LazyVariable) else set()


def lazies(lazy):
    """A part of a call and all parts of it: calls, operators, variables and values.

    Parameters
    ----------
    lazy : formulae.terms.call_resolver.LazyCall or one of its arguments

    Yields
    ------
    the same
    """
    yield lazy
    for part in (*getattr(lazy, "args", ()), *getattr(lazy, "kwargs", {}).values()):
        yield from lazies(part)
