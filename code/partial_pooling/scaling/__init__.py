"""Standardised columns, and the way of a fit back to the original units.

- ``standardise``: shift and divide columns, and remember by how much
- ``columns``: the columns of a model, evaluated again on other data
- ``change``: the matrices that lead from standardised columns to original ones, or why there are none
- ``fit``: a fit of any program, and the same fit in other units
- ``posterior``: the same for every draw of a posterior
- ``unscale``: the one function that needs to be known
"""

from partial_pooling.scaling.change import NotClosedError
from partial_pooling.scaling.fit import FitInUnits
from partial_pooling.scaling.standardise import Scaling, standardise
from partial_pooling.scaling.unscale import unscale

__all__ = ["FitInUnits", "NotClosedError", "Scaling", "standardise", "unscale"]
