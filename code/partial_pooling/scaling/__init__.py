"""Standardised columns, and the way of a fit back to the original units.

- ``standardise``: shift and divide columns, and remember by how much
- ``change``: the matrices that lead from standardised columns to original ones, or why there are none
- ``posterior``: the same for every draw of a posterior
- ``unscale``: the one function that needs to be known
"""

from partial_pooling.scaling.change import NotClosedError
from partial_pooling.scaling.standardise import Scaling, standardise
from partial_pooling.scaling.unscale import unscale

__all__ = ["NotClosedError", "Scaling", "standardise", "unscale"]
