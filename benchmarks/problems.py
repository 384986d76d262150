"""The benchmark's problems: formulas in lme4's notation, and which columns are groups.

Only the standard library is imported, because every engine's environment reads this file.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One model on one data set.

    Parameters
    ----------
    name : str
    formula : str
        As lme4 and the book's engine read it.
    terms : tuple
        For each grouping factor its columns, and how many effects each of its groups has.
    combined : str
        Column with the nested groups under one label, for engines that cannot read ``/`` in this formula.
    rounds : int
        In how many rounds every engine fits it.
    """

    name: str
    formula: str
    terms: tuple
    combined: str = ""
    rounds: int = 5

    @property
    def groups(self):
        """Columns that hold group labels, each once."""
        columns = dict.fromkeys(column for columns, _ in self.terms for column in columns)
        return [*columns, self.combined] if self.combined else [*columns]


STORES = "log_sales ~ log_price + (1 + log_price | store)"

PROBLEMS = {
    problem.name: problem
    for problem in [
        Problem("sleepstudy", "reaction ~ days + (days | subject)", ((("subject",), 2),)),
        Problem("pastes", "strength ~ 1 + (1 | batch/cask)", ((("batch", "cask"), 1), (("batch",), 1)), "sample"),
        Problem("penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", ((("plate",), 1), (("sample",), 1))),
        Problem(
            "cheese",
            "log_volume ~ log_price + display + (1 + log_price | city/retailer)",
            ((("city", "retailer"), 2), (("city",), 2)),
            "market",
        ),
        Problem("stores_1e3", STORES, ((("store",), 2),)),
        Problem("stores_1e4", STORES, ((("store",), 2),)),
        Problem("stores_1e5", STORES, ((("store",), 2),), rounds=3),
        Problem("stores_1e6", STORES, ((("store",), 2),), rounds=3),
        Problem(
            "insteval",
            "y ~ service + (1 | s) + (1 | d) + (1 | dept)",
            ((("s",), 1), (("d",), 1), (("dept",), 1)),
            rounds=3,
        ),
    ]
}
