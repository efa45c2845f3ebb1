"""The solvers by name, and the equation that they solve."""

from typing import Any

import diffrax
import jax

from thalweg.algorithms.solvers.automatic import Automatic
from thalweg.algorithms.solvers.exponential import Exponential
from thalweg.algorithms.solvers.rkc2 import Rkc2
from thalweg.algorithms.solvers.rock4 import Rock4
from thalweg.algorithms.solvers.switching import Switching

SOLVERS = ("auto", "explicit", "rock4", "rkc2", "exponential")
KRYLOV = 0.2
"""The share of a step's tolerance that the Krylov spaces may use up."""


def solver_named(name: str, rtol: Any, exact: bool) -> Any:
    """The solver of a name for a tolerance; `exact` products with the Jacobian where the tolerance is tight."""
    exponential = Exponential(KRYLOV * rtol, exact)
    makers = {
        "auto": lambda: Automatic(exponential=exponential),
        "explicit": Switching,
        "rock4": Rock4,
        "rkc2": Rkc2,
        "exponential": lambda: exponential,
    }
    return makers[name]()


def descent_term() -> diffrax.ODETerm:
    r"""The equation $\dot\theta = -d(\theta)$; its argument is a flow, which knows $d$, and the objective."""
    return diffrax.ODETerm(_downhill)


def _downhill(time: Any, params: Any, args: Any) -> Any:
    flow, objective = args
    return jax.tree.map(lambda slope: -slope, flow.direction(objective, params))
