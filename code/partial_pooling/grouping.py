"""How the rows of a table are grouped: nested, crossed or partly crossed, and what varies within what."""

from dataclasses import dataclass
from html import escape
from itertools import combinations

import pandas as pd

from partial_pooling.engine.data_columns import no_column, refuse_unusable_names
from partial_pooling.engine.terms import DataError


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

    Parameters
    ----------
    data : pandas.DataFrame
        One row an observation.
    groups : str or list of str
        Columns whose labels say which rows belong together.
    predictors : list of str, optional
    response : str, optional
        For missing values.

    Returns
    -------
    Grouping
        Its sentences name rows and missing values; the number and sizes of groups; for each pair of grouping columns
        whether one is nested in the other, or which share of the pairs occurs; within which groups each predictor
        varies; and labels that are numbers or differ by blanks or capitals only. All but the count of missing values
        is said of the rows in which nothing is missing.

    Raises
    ------
    ValueError
        If the data are no table or have no such column (the message lists those there are), if a column is named
        twice, or if no row is complete.
    """
    groups, predictors = [groups] if isinstance(groups, str) else list(groups), list(predictors)
    used = [*groups, *predictors, *([response] if response else [])]
    _refuse_unusable(data, used)
    complete = data[used].dropna()
    if complete.empty:
        raise DataError(f"no row has a value in all of {', '.join(used)}")
    factors = pd.DataFrame({column: _sizes(complete[column]) for column in groups}).T
    varies = pd.DataFrame(
        {factor: {column: _groups_in_which_it_varies(complete, factor, column) for column in predictors}
         for factor in groups}
    )  # fmt: skip
    says = [
        *_of_rows(data, complete, groups, used),
        *(_of_sizes(factor, row) for factor, row in factors.iterrows()),
        *(sentence for factor in groups for sentence in _of_labels(data[factor])),
        *(_of_pair(complete, first, second) for first, second in combinations(groups, 2)),
        *(_of_predictor(predictor, row, factors["groups"]) for predictor, row in varies.iterrows()),
    ]
    return Grouping(tuple(says), factors, varies)


def _refuse_unusable(data, used):
    refuse_unusable_names(data)
    unknown = [column for column in used if column not in data]
    if unknown:
        raise DataError(no_column(data, unknown[0]))
    twice = sorted({column for column in used if used.count(column) > 1})
    if twice:
        raise DataError(f"{', '.join(twice)} is named twice: a column is a grouping, a predictor or the response")


def _sizes(labels):
    rows = labels.value_counts()
    rows = rows[rows > 0]  # a categorical counts labels that do not occur
    return {"groups": len(rows), "smallest": rows.min(), "median": int(rows.median()), "largest": rows.max()}


def _groups_in_which_it_varies(data, factor, column):
    values = data[[factor, column]].drop_duplicates()[factor].value_counts()
    return int((values > 1).sum())


def _of_rows(data, complete, groups, used):
    """Rows, missing values with the groups that go with them, and rows that occur twice."""
    lacking = len(data) - len(complete)
    if lacking:
        counts = data[used].isna().sum()
        each = ", ".join(f"{column} {count:,}" for column, count in counts[counts > 0].items())
        lost = {factor: data[factor].nunique() - complete[factor].nunique() for factor in groups}
        with_them = ", ".join(f"{count:,} of {factor}" for factor, count in lost.items() if count)
        yield (
            f"{len(data):,} rows, of which {lacking:,} lack a value ({each}); "
            + (f"groups that are lost without them: {with_them}." if with_them else "no group is lost without them.")
        )
    else:
        yield f"{len(data):,} rows; no value is missing."
    twice = int(data.duplicated().sum())
    if twice:
        yield f"{twice:,} of them the same in every column as an earlier one: counted twice, or the same result again?"


def _of_sizes(factor, row):
    if row["largest"] == 1:
        return f"{factor}: every row is a group of its own, whose effect cannot be told from the residual."
    size = f"{row['smallest']:,} to {row['largest']:,} rows (median {row['median']:,})"
    even = f"{row['largest']:,} rows each"
    return f"{factor}: {row['groups']:,} groups of {even if row['smallest'] == row['largest'] else size}."


def _of_labels(labels):
    """Labels that a program may take for numbers, or that may be one label written in two ways."""
    if pd.api.types.is_numeric_dtype(labels):
        yield f"{labels.name}: its labels are numbers ({labels.dtype}); as text, no formula takes them for a slope."
        return
    texts = labels.dropna().astype(str)
    alike = pd.Series(texts.unique()).groupby(lambda place: texts.unique()[place].strip().casefold()).agg(list)
    for labels_of_one in alike[alike.map(len) > 1]:
        yield f"{labels.name}: {' and '.join(map(repr, labels_of_one))} differ by blanks or capitals only."


def _of_pair(data, first, second):
    """Whether one grouping is nested in the other, or how far the two are crossed."""
    pairs = data[[first, second]].drop_duplicates()
    of_first, of_second = (pairs[column].value_counts() for column in (first, second))
    of_first, of_second = of_first[of_first > 0], of_second[of_second > 0]
    if of_first.max() == 1 and of_second.max() == 1:
        return f"{first} and {second} are the same groups under two names: use one of them."
    for outer, inner, parents in ((first, second, of_second), (second, first, of_first)):
        if parents.max() == 1:
            return f"{inner} is nested in {outer}, each {inner} in one {outer}: (1 | {outer}) + (1 | {inner})."
    share = len(pairs) / (len(of_first) * len(of_second))
    how = "crossed: every pair occurs" if share == 1 else f"partly crossed: {share:.0%} of the pairs occur"
    several = int((of_second > 1).sum())
    return (
        f"{first} and {second} are {how}, and {several:,} of {len(of_second):,} labels of {second} occur in more than "
        f"one {first}. If such a label means the same {second} everywhere: (1 | {first}) + (1 | {second}). "
        f"If labels are used again in each {first}: (1 | {first}) + (1 | {first}:{second})."
    )


def _of_predictor(predictor, counts, groups):
    """Within which groups a predictor varies, and where it can have no slope."""
    constant = [factor for factor in groups.index if counts[factor] == 0]
    varies = [f"{counts[f]:,} of {groups[f]:,} groups of {f}" for f in groups.index if f not in constant]
    found = [f"varies within {' and '.join(varies)}"] if varies else []
    if constant:
        level = min(constant, key=groups.get)
        found += [
            f"is constant within {' and '.join(constant)}: a predictor of {level}, whose coefficient rests on "
            f"{groups[level]:,} groups, without a slope by {' or by '.join(constant)}"
        ]
    return f"{predictor} {' and '.join(found)}."
