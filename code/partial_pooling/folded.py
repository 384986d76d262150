"""A table folded under the one line that says what it shows."""

from dataclasses import dataclass
from html import escape

import pandas as pd


@dataclass(frozen=True)
class FoldedTable:
    """One line, and the table that it sums up.

    A notebook and a page show the line, which opens the table; a terminal prints the line.

    Parameters
    ----------
    line : str
        A sentence.
    table : pandas.DataFrame
        Ask for it to have it whole.
    """

    line: str
    table: pd.DataFrame

    def __repr__(self):
        return self.line

    def _repr_html_(self):
        return f'<details class="folded"><summary>{escape(self.line)}</summary>\n{self.table.to_html()}\n</details>'
