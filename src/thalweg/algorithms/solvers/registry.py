"""The solvers by name, and the equation that they solve."""

from typing import Any

import diffrax
import jax

from thalweg.algorithms.solvers.rkc2 import Rkc2
from thalweg.algorithms.solvers.switching import Switching


def gradient_term() -> diffrax.ODETerm:
    r"""The equation $\dot\theta = -\nabla\varphi(\theta)$; the objective is its argument."""
    return diffrax.ODETerm(_downhill)


def _downhill(time: Any, params: Any, objective: Any) -> Any:
    return jax.tree.map(lambda slope: -slope, objective.loss_and_gradient(params)[1])


SOLVERS: dict[str, Any] = {"auto": Switching(), "rkc2": Rkc2()}
