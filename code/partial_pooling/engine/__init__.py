"""The book's engine: linear mixed models by profiled likelihood, in NumPy and SciPy.

- ``fit_formula``: the one function that needs to be known, ``lmm``
- ``formula``: the text of a formula, every word of it
- ``data_columns``: columns of data of any type and name
- ``evaluate``: a formula on data, which gives arrays
- ``parts``: the factors of a term's product, and what the formula standardises
- ``model_columns``: what the coefficients and effects multiply
- ``terms``: a grouping factor and the effects that vary between its groups
- ``columns``: from arrays to cross-products
- ``identified``: what cannot be fitted
- ``nested``, ``crossed``: the cross-products, and how group-level effects are eliminated from them
- ``small_matrices``: factorisations of many small matrices at once
- ``likelihood``: the profiled criterion, its minimum, and what follows from it
"""

from partial_pooling.engine.columns import Basis, cross_products
from partial_pooling.engine.fit_formula import lmm
from partial_pooling.engine.likelihood import MixedFit, fit_products, profile, spread
from partial_pooling.engine.terms import DataError, GroupTerm

__all__ = ["Basis", "DataError", "GroupTerm", "MixedFit", "cross_products", "fit_products", "lmm", "profile", "spread"]
