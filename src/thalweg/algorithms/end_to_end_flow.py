"""The end-to-end rule in continuous time, followed with error control."""

from typing import Any

import numpy as np

from thalweg._module import number
from thalweg.algorithms.base import Motion
from thalweg.algorithms.end_to_end import directed, single_matrix
from thalweg.algorithms.flow import AbstractFlow, tolerance
from thalweg.algorithms.solvers.registry import solver_named
from thalweg.parametrizations.base import Objective, Params


class EndToEndFlow(AbstractFlow):
    r"""The end-to-end flow, $\dot W = -\sum_{j=1}^N [WW^\top]^{\frac{j-1}{N}} G\,[W^\top W]^{\frac{N-j}{N}}$, with error control.

    Exactly how the product of $N$ balanced factors moves under gradient flow, with $d_N d_0$ unknowns however wide and
    deep the network, at a singular value decomposition for every gradient. Tsit5 and the stabilized Rock4 take turns as
    in `GradientFlow`. The Jacobian is not symmetric here, which rules the exponential method out; but where the flow is
    stiff it nears a minimum, where $G = 0$ and the Jacobian is minus the product of the preconditioner and the Hessian,
    both without negative eigenvalues: its spectrum is real, as Rock4 needs.

    Arguments:
        depth: $N$, any real number of at least 1, a sweep over which is compiled once.
        rtol: the tolerance on the local error, relative to the norm of $W$.

    Raises:
        ValueError: a depth below 1, a tolerance that is not positive or that the precision cannot reach, or, when a run
            starts, a parametrization that is not a single matrix.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression.whitened([[2.0]])
        >>> run = tw.follow(problem, tw.DeepLinear(depth=1, shape=(1, 1)), tw.Given([[[0.1]]]),
        ...                 tw.EndToEndFlow(depth=2, rtol=1e-9), until=tw.Time(1.0), key=0)
        >>> logistic = 2 / (1 + 19 * np.exp(-4.0))
        >>> bool(abs(run.predictor[0, 0] - logistic) < 1e-8)
        True

    Reference:
        arora2018optimization, theorem 1; bah2022learning; of the solver kidger2021on, tsitouras2011runge, abdulle2002fourth.
    """

    depth: np.ndarray

    def __init__(self, depth: Any, rtol: Any = 1e-6):
        self.depth = number(depth, "depth", least=1)
        self.rtol = tolerance(rtol)

    def start(self, objective: Objective, params: Params) -> Motion:
        single_matrix(objective, "EndToEndFlow")
        return super().start(objective, params)

    def direction(self, objective: Objective, params: Params) -> Params:
        return directed(params, objective.loss_and_gradient(params)[1], self.depth)

    def method(self) -> Any:
        return solver_named("explicit", self.rtol, False)
