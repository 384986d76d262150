"""All that is known of a statsmodels MixedLM: its grouping factors, their effects, its columns, and its optimum.

- ``structure``: grouping factors and effects, which a MixedLM does not keep, from its arrays
- ``effects``: a fit's effects and their covariances as tables
- ``columns``: its columns on any data
- ``unlike_numbers``: what its formula does not take as the numbers that they are
- ``optimum``: the same model, fitted by the engine
- ``expressions``: patsy's expressions, for all of these
"""

from partial_pooling.mixedlm.columns import columns
from partial_pooling.mixedlm.effects import covariances, random_effects
from partial_pooling.mixedlm.expressions import column_of
from partial_pooling.mixedlm.optimum import fit_mixedlm
from partial_pooling.mixedlm.structure import structure
from partial_pooling.mixedlm.unlike_numbers import refuse_unlike_numbers

__all__ = ["column_of", "columns", "covariances", "fit_mixedlm", "random_effects", "refuse_unlike_numbers", "structure"]
