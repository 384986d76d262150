"""Read the text of a mixed-model formula, as lme4 and Bambi write it, with the parser that Bambi uses."""

from dataclasses import dataclass

from formulae.expr import Binary, Grouping, Literal, Unary
from formulae.parser import Parser
from formulae.resolver import Resolver
from formulae.scanner import Scanner
from formulae.terms import Call, Intercept, Response, Term
from formulae.terms.call_resolver import LazyCall, LazyOperator, LazyVariable
from formulae.token import Token

from partial_pooling.engine.terms import DataError

COMPARISONS = {"EQUAL_EQUAL", "BANG_EQUAL", "LESS_EQUAL", "LESS", "GREATER_EQUAL", "GREATER"}


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
    if not isinstance(text, str):
        raise DataError(f"a formula is text, such as 'y ~ x + (1 | g)', not {type(text).__name__}")
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
        _refuse_ambiguous(expression)
        response = Response(Resolver(expression.left).resolve()).term
        population = _terms(expression.right)
        brackets = tuple(bracket for bar in _bars(expression.right) for bracket in _by_factor(bar))
    except DataError as error:
        raise DataError(f"{text!r}: {error}") from error
    except Exception as error:  # formulae's own, of several kinds
        raise DataError(f"{text!r} cannot be read ({error}); arithmetic stands within I(), as in I(x + z)") from error
    formula = Formula(text, response, population, brackets)
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
    return "; terms are joined by + - * / :, and a name that is not one plain word stands in backquotes"


def _parts(expression):
    """The expressions of which one is made."""
    found = [getattr(expression, name, None) for name in ("left", "right", "expression", "value")]
    return [part for part in (*found, *getattr(expression, "args", ())) if hasattr(part, "accept")]


def _refuse_ambiguous(expression):
    """Refuse what formulae's parser takes otherwise than Python and R do."""
    for part in (side for side in _parts(expression) if isinstance(expression, Binary)):
        kinds = expression.operator.kind, part.operator.kind if isinstance(part, (Binary, Unary)) else ""
        if kinds[0] == "STAR_STAR" and part is expression.left and kinds[1] in ("STAR_STAR", "MINUS"):
            raise DataError("put parentheses into a power of a power, or of a negative number")
        if set(kinds) <= COMPARISONS:
            raise DataError("put parentheses into a comparison of a comparison")
    for part in _parts(expression):
        _refuse_ambiguous(part)


def _bars(expression):
    """The expressions with a bar, which stand in the sum of a formula's right side."""
    if isinstance(expression, Grouping):
        yield from _bars(expression.expression)
    elif isinstance(expression, Binary) and expression.operator.kind == "PIPE":
        yield expression
    elif isinstance(expression, Binary):
        left, right = list(_bars(expression.left)), list(_bars(expression.right))
        if (left or right) and expression.operator.kind not in ("PLUS", "" if right else "MINUS"):
            raise DataError("effects of groups, in a bracket with a bar, can only be added")
        if expression.operator.kind == "STAR_STAR" and isinstance(Resolver(expression.left).resolve(), Term):
            raise DataError("a power of one column in a formula is that column itself: write I(x**2) for its square")
        yield from (*left, *right)


def _by_factor(bar):
    """One Bracket for each grouping factor, which are several if they are written with / or +."""
    effects = _terms(bar.left)
    if not effects:
        raise DataError("a bracket has no effects before its bar: write 1 for an intercept")
    for factor in _as_list(Resolver(bar.right).resolve()):
        components = getattr(factor, "components", None)
        if components is None:
            raise DataError("a bracket has no grouping column behind its bar")
        calls = [component.name for component in components if isinstance(component, Call)]
        if calls:
            raise DataError(f"the groups {calls[0]!r} are not a column of the data: make them one first")
        names = tuple(component.name for component in components)
        yield Bracket(names, effects, bar.operator.lexeme == "||")


def _terms(expression):
    """Terms of a sum, with an intercept first unless the last word about it is 0 or -1: tuple.

    formulae by itself hears the first word about an intercept in a bracket only.
    """
    intercept, terms = True, []
    for item, added in _summands(expression):
        if isinstance(item, Literal) and item.value in (0, 1):
            intercept = added == item.value
        elif not list(_bars(item)):
            of_item = _as_list(Resolver(item).resolve())
            terms = [term for term in terms if added or term not in of_item]
            terms += [term for term in of_item if added and term not in terms]
    return (Intercept(), *terms) if intercept else tuple(terms)


def _summands(expression, positive=True):
    """What is added and subtracted in a sum: pairs of an expression and whether it is added."""
    if isinstance(expression, Grouping):
        yield from _summands(expression.expression, positive)
    elif isinstance(expression, Unary):
        yield from _summands(expression.right, positive == (expression.operator.kind == "PLUS"))
    elif isinstance(expression, Binary) and expression.operator.kind in ("PLUS", "MINUS"):
        yield from _summands(expression.left, positive)
        yield from _summands(expression.right, positive == (expression.operator.kind == "PLUS"))
    else:
        yield expression, positive


def _as_list(resolved):
    return getattr(resolved, "common_terms", None) or [resolved]


def _refuse_unplaced(formula, tokens):
    """Refuse a formula of which some word is not in the model."""
    used = {name for bracket in formula.brackets for name in bracket.factor}
    for term in formula.terms:
        for component in getattr(term, "components", ()):
            used |= words(component)
            if isinstance(component.name, (int, float)):
                raise DataError(f"{formula.text!r}: the number {component.name} has no place; only 0 and 1 have")
            if getattr(component, "reference", None) is not None and term is not formula.response:
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


def text_of(lazy):
    """A part of a call as it is written, with the parentheses that formulae leaves out when it prints it.

    Parameters
    ----------
    lazy : formulae.terms.call_resolver.LazyCall or one of its arguments

    Returns
    -------
    str
    """
    if isinstance(lazy, LazyCall):
        named = [f"{name}={text_of(part)}" for name, part in lazy.kwargs.items()]
        return f"{lazy.callee}({', '.join([*map(text_of, lazy.args), *named])})"
    if not isinstance(lazy, LazyOperator):
        return str(lazy)
    rank = _rank(lazy)
    if len(lazy.args) == 1:
        return f"{lazy.symbol}{_within(lazy.args[0], rank)}"
    left, right = lazy.args
    return f"{_within(left, rank + (lazy.symbol == '**'))} {lazy.symbol} {_within(right, rank + 1)}"


def _rank(lazy):
    """How tightly an operator binds."""
    if len(lazy.args) == 1:
        return 3
    return {"**": 4, "*": 2, "/": 2, "+": 1, "-": 1}.get(lazy.symbol, 0)


def _within(lazy, rank):
    return f"({text_of(lazy)})" if isinstance(lazy, LazyOperator) and _rank(lazy) < rank else text_of(lazy)


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
