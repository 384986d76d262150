"""What every page of the book sets before it starts."""

import logging

import pandas as pd

from partial_pooling.figures import use_book_style


def set_up_page():
    """Draw figures in the book's style, print two decimals, and keep the sampler's progress messages off the page."""
    use_book_style()
    pd.options.display.float_format = "{:.2f}".format
    logging.getLogger("pymc").setLevel(logging.ERROR)
