"""How the rows of a table are grouped: nested, crossed or partly crossed, and what varies within what."""

import unicodedata
from dataclasses import dataclass
from html import escape
from itertools import combinations

import pandas as pd

from partial_pooling.engine.data_columns import no_column, refuse_unusable_names
from partial_pooling.engine.terms import DataError

AT_THEIR_WORD = "All this takes labels at their word: the same label is the same group."


@dataclass(frozen=True)
class Grouping:
    """What :func:`grouping` found.

    Parameters
    ----------
    says : tuple of str
        One sentence a finding.
    factors : pandas.DataFrame
        One row a grouping column: `groups`, and the rows in the `smallest`, `median` and `largest` of them.
    varies : pandas.DataFrame
        One row a predictor, one column a grouping column: in how many of its groups the predictor varies.
    """

    says: tuple
    factors: pd.DataFrame
    varies: pd.DataFrame

    def __repr__(self):
        return "\n".join(self.says)

    def _repr_html_(self):
        return f"<ul>{''.join(f'<li>{escape(sentence)}</li>' for sentence in self.says)}</ul>"


def grouping(data, groups, predictors=(), response=None):
    """Say how the rows of a table are grouped, before a model is written.

    Labels are taken at their word: the same label is the same group. Whether that is so, the data cannot say.

    Parameters
    ----------
    data : pandas.DataFrame
        One row an observation.
    groups : str or list of str
        Columns whose labels say which rows belong together, the outer one first.
    predictors : str or list of str, optional
    response : str, optional
        For missing values.

    Returns
    -------
    Grouping
        Its sentences name rows and missing values; the number and sizes of groups; for each pair of grouping columns
        whether one is nested in the other, or how many of the pairs occur, and with how many rows; within which groups
        each predictor varies; and labels that are numbers, of several types, or alike but for blanks and capitals. All
        but the count of missing values is said of the rows in which nothing is missing.

    Raises
    ------
    ValueError
        If the data are no table or have no such column (the message lists those there are), if a column is named
        twice, or if no row is complete.
    """
    groups, predictors = _list(groups), _list(predictors)
    used = [*groups, *predictors, *_list(response)]
    _refuse_unusable(data, used)
    complete = data[used].dropna()
    if complete.empty:
        raise DataError(f"no row has a value in all of {', '.join(map(str, used))}")
    factors = pd.DataFrame({column: _sizes(complete[column]) for column in groups}).T
    varies = pd.DataFrame(
        {factor: {column: _groups_in_which_it_varies(complete, [factor], column) for column in predictors}
         for factor in groups}
    )  # fmt: skip
    pairs = [_Pair(complete, first, second) for first, second in combinations(groups, 2)]
    crossed = [pair for pair in pairs if pair.crossed]
    says = [
        *_of_rows(data, complete, groups, used),
        *(_of_sizes(factor, row) for factor, row in factors.iterrows()),
        *(sentence for factor in groups for sentence in _of_labels(data[factor])),
        *(pair.sentence(crossed, alone=len(groups) == 2) for pair in pairs),
        *(_of_chain(groups) for _ in crossed[:1] if len(groups) > 2),
        *(_of_predictor(complete, column, row, factors["groups"], crossed) for column, row in varies.iterrows()),
        *[AT_THEIR_WORD][: len(pairs)],
    ]
    return Grouping(tuple(says), factors, varies)


def _list(columns):
    if columns is None:
        return []
    return [columns] if isinstance(columns, str) or not hasattr(columns, "__iter__") else list(columns)


def _refuse_unusable(data, used):
    refuse_unusable_names(data)
    unknown = [column for column in used if column not in data]
    if unknown:
        raise DataError(no_column(data, unknown[0]))
    twice = sorted({column for column in used if used.count(column) > 1}, key=str)
    if twice:
        raise DataError(
            f"{', '.join(map(str, twice))} is named twice: a column is a grouping, a predictor or the response"
        )


def _written(*columns):
    """Columns as a formula has them, with a colon between."""
    return ":".join(str(column) if str(column).isidentifier() else f"`{column}`" for column in columns)


def _sizes(labels):
    rows = labels.value_counts()
    rows = rows[rows > 0]  # a categorical counts labels that do not occur
    return {"groups": len(rows), "smallest": rows.min(), "median": rows.median(), "largest": rows.max()}


def _groups_in_which_it_varies(data, factors, column):
    values = data[[*factors, column]].drop_duplicates().groupby(factors, observed=True).size()
    return int((values > 1).sum())


def _of_rows(data, complete, groups, used):
    """Rows, missing values with the groups that go with them, and rows that occur twice."""
    lacking = len(data) - len(complete)
    if not lacking:
        yield f"{len(data):,} rows; no value is missing."
    else:
        counts = data[used].isna().sum()
        each = ", ".join(f"{column} {count:,}" for column, count in counts[counts > 0].items())
        lost = {factor: data[factor].nunique() - complete[factor].nunique() for factor in groups}
        with_them = ", ".join(f"{count:,} of {factor}" for factor, count in lost.items() if count)
        yield (
            f"{len(data):,} rows, of which {lacking:,} lack a value ({each}); "
            + (f"groups that are lost without them: {with_them}." if with_them else "no label is lost without them.")
        )
    for factor in (factor for factor in groups if data[factor].isna().any()):
        yield (
            f"{factor}: rows without a label may be groups of their own; pandas reads labels such as NA, None and null "
            "as missing, unless told keep_default_na=False."
        )
    twice = int(data.astype(str).duplicated().sum())
    if twice:
        yield f"{twice:,} of them the same in every column as an earlier one: counted twice, or the same result again?"


def _of_sizes(factor, row):
    if row["largest"] == 1:
        return f"{factor}: every row is a group of its own, whose effect cannot be told from the residual."
    size = f"{row['smallest']:,.0f} to {row['largest']:,.0f} rows (median {row['median']:,g})"
    even = f"{row['largest']:,.0f} rows each"
    return f"{factor}: {row['groups']:,.0f} groups of {even if row['smallest'] == row['largest'] else size}."


def _of_labels(labels):
    """Labels that a program may take for numbers, or that may be one label written in two ways."""
    name, unique = labels.name, labels.dropna().unique()
    types = sorted({type(label).__name__ for label in unique})
    if pd.api.types.is_bool_dtype(labels):
        yield f"{name}: its labels are true and false."
    elif pd.api.types.is_numeric_dtype(labels):
        yield f"{name}: its labels are numbers ({labels.dtype}); as text, no formula takes them for a slope."
    elif len(types) > 1:
        yield f"{name}: its labels are of several types ({', '.join(types)}), so that one may count as two: read text."
    alike = pd.Series(unique, dtype=object).groupby([_plain(label) for label in unique]).agg(list)
    for labels_of_one in alike[alike.map(len) > 1]:
        yield f"{name}: {' and '.join(map(repr, labels_of_one))} differ by blanks, capitals or type only."


def _plain(label):
    return " ".join(unicodedata.normalize("NFC", str(label)).casefold().split())


class _Pair:
    """Two grouping columns, and which labels of one occur with which of the other."""

    def __init__(self, data, first, second):
        self.columns = first, second
        self.rows = data.groupby([first, second], observed=True).size()
        pairs = self.rows.index.to_frame(index=False)
        self.of_first, self.of_second = (pairs[column].value_counts() for column in self.columns)
        self.same = self.of_first.max() == self.of_second.max() == 1
        self.crossed = min(self.of_first.max(), self.of_second.max()) > 1

    def sentence(self, crossed, alone):
        """What the two are to each other."""
        first, second = self.columns
        if self.same:
            return f"{first} and {second} are the same groups under two names: use one of them."
        if not self.crossed:
            outer, inner = (first, second) if self.of_second.max() == 1 else (second, first)
            nested = f"{inner} is nested in {outer}, each {inner} in one {outer}"
            if any(outer in pair.columns for pair in crossed):  # where labels of the outer may be used again
                return f"{nested}."
            return f"{nested}: (1 | {_written(outer)}) + (1 | {_written(inner)})."
        possible = len(self.of_first) * len(self.of_second)
        occur = "every pair occurs" if len(self.rows) == possible else f"{len(self.rows):,} of {possible:,} pairs occur"
        how = "crossed" if len(self.rows) == possible else "partly crossed"
        several = int((self.of_second > 1).sum())
        return (
            f"{first} and {second} are {how}: {occur}, with {self._rows_a_pair()}, and {several:,} of "
            f"{len(self.of_second):,} labels of {second} occur in more than one {first}. {self._formulas(alone)}"
        )

    def _rows_a_pair(self):
        low, high = self.rows.min(), self.rows.max()
        return f"{low:,} to {high:,} rows a pair" if low < high else f"{low:,} row{'s' if low > 1 else ''} a pair"

    def _formulas(self, alone):
        first, second = (_written(column) for column in self.columns)
        both = f"(1 | {first}) + (1 | {second})"
        says = f"If a label means the same {self.columns[1]} everywhere: {both}"
        if self.rows.max() == 1:
            return f"{says}."
        says += f", and + (1 | {first}:{second}) if pairs may have an effect of their own."
        if alone:
            says += f" If labels are used again in each {self.columns[0]}: (1 | {first}) + (1 | {first}:{second})."
        return says


def _of_chain(groups):
    terms = " + ".join(f"(1 | {_written(*groups[:depth])})" for depth in range(1, len(groups) + 1))
    return f"If every label is used again in each group of the column before it: {terms}."


def _of_predictor(data, predictor, counts, groups, crossed):
    """Within which groups a predictor varies, and where it can have no slope."""
    if len(data[predictor].drop_duplicates()) == 1:
        return f"{predictor} is the same in every row: it can have no coefficient."
    constant = [factor for factor in groups.index if counts[factor] == 0]
    varies = [f"{counts[f]:,} of {groups[f]:,.0f} groups of {f}" for f in groups.index if f not in constant]
    found = [f"varies within {' and '.join(varies)}"] if varies else []
    if constant:
        level = min(constant, key=groups.get)
        found += [
            f"is constant within {' and '.join(constant)}: a predictor of {level}, whose coefficient rests on "
            f"{groups[level]:,.0f} groups{_by_category(data, level, predictor)}, without a slope by "
            f"{' or by '.join(constant)}"
        ]
    else:
        found += [
            f"is constant within {':'.join(pair.columns)}: if these pairs are groups, its coefficient rests on "
            f"{len(pair.rows):,} of them"
            for pair in crossed
            if pair.rows.max() > 1 and not _groups_in_which_it_varies(data, list(pair.columns), predictor)
        ]
    return f"{predictor} {' and '.join(found)}."


def _by_category(data, level, predictor):
    """How many groups have each category of a predictor that is no number, as in ' (131 small, 103 regular)'."""
    if pd.api.types.is_numeric_dtype(data[predictor]) and not pd.api.types.is_bool_dtype(data[predictor]):
        return ""
    counts = data[[level, predictor]].drop_duplicates()[predictor].value_counts()
    return f" ({', '.join(f'{count:,} {category}' for category, count in counts[counts > 0].items())})"
