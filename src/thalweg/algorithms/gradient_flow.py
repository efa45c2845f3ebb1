"""Gradient flow, followed with error control."""

from typing import Any

from thalweg._module import static
from thalweg.algorithms.flow import AbstractFlow, tolerance
from thalweg.algorithms.solvers.registry import SOLVERS, solver_named
from thalweg.parametrizations.base import Objective, Params


class GradientFlow(AbstractFlow):
    r"""Gradient flow, $\dot\theta = -\nabla\varphi(\theta)$, as an ordinary differential equation with error control.

    A step is accepted when its estimated local error, in the Euclidean norm over all parameters, is at most `rtol`
    times their norm. The solver `auto` follows the path by an ordinary method of order 5 while accuracy binds the step,
    by a stabilized explicit method (Rock4) once stability does, and by an exponential method where the equation is stiff
    but hardly bends, as it is near the end. All of them rest on the Jacobian, minus the Hessian, being symmetric.

    Arguments:
        rtol: the tolerance on the local error, relative to the norm of the parameters. The error of the whole path is
            larger, and falls with it.
        solver: `auto`; or one alone: `explicit` (Tsit5 and Rock4 by turns: tsitouras2011runge, abdulle2002fourth), `rock4`
            (abdulle2002fourth), `rkc2` (sommeijer1998rkc), `exponential` (hochbruck2009exponential). The first, fourth and
            fifth of these works are those of `auto`.

    Raises:
        ValueError: a tolerance that is not positive, an unknown solver, or, when a run starts, a tolerance that its
            precision cannot reach.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.MatrixCompletion(np.array([[1.0]]))
        >>> run = tw.follow(problem, tw.DeepLinear(depth=1, shape=(1, 1)), tw.Given([[[0.0]]]),
        ...                 tw.GradientFlow(rtol=1e-9), until=tw.Time(1.0), key=0)
        >>> bool(abs(run.predictor[0, 0] - (1 - np.exp(-2.0))) < 1e-8)
        True

    Reference:
        kidger2021on, for diffrax, in whose form the solvers are written.
    """

    solver: str = static()
    exact: bool = static()

    def __init__(self, rtol: Any = 1e-6, *, solver: str = "auto"):
        self.rtol = tolerance(rtol)
        if solver not in SOLVERS:
            raise ValueError(f"solver must be one of {', '.join(map(repr, SOLVERS))}; got {solver!r}")
        self.solver = solver
        # Difference quotients for products with the Hessian are good to 1e-8: too little below this tolerance.
        self.exact = bool(self.rtol < 1e-6)

    def direction(self, objective: Objective, params: Params) -> Params:
        return objective.loss_and_gradient(params)[1]

    def method(self) -> Any:
        return solver_named(self.solver, self.rtol, self.exact)
