"""What every page of the book sets before it starts."""

import ast
import inspect
import logging
import textwrap
import warnings

import pandas as pd
from IPython.display import Markdown

from partial_pooling.figures.style import use_book_style


def set_up_page():
    """Draw figures in the book's style, print two decimals, and keep the sampler's own messages off the page."""
    use_book_style()
    pd.options.display.float_format = "{:.2f}".format
    pd.options.display.max_colwidth = None
    pd.options.display.width = 120
    logging.getLogger("pymc").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message="Loop fusion failed")  # of a larger Bambi model, without a C compiler


def show_source(function):
    """Show the code of a function of the helper package as it stands in its file, without its docstring.

    Parameters
    ----------
    function : function

    Returns
    -------
    IPython.display.Markdown
        With the name of the file in a first line.
    """
    source = textwrap.dedent(inspect.getsource(function))
    (definition,) = ast.parse(source).body
    lines = source.splitlines()
    first = definition.body[0]
    if ast.get_docstring(definition) is not None:
        del lines[first.lineno - 1 : first.end_lineno]
    file = inspect.getsourcefile(function).replace("\\", "/").split("/partial_pooling/")[-1]
    return Markdown("\n".join(["```python", f"# {file}", *lines, "```"]))
