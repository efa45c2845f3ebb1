"""Points of a path: the factors at instants, and what every law computes from them."""

import dataclasses
import functools
import itertools
from typing import Any

import jax
import numpy as np
from jax.flatten_util import ravel_pytree

from thalweg._shown import shown
from thalweg._whole import whole
from thalweg.algorithms.flow import AbstractFlow
from thalweg.initializations.given import Given
from thalweg.observables.factors import Factors
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.trajectory.follow import follow
from thalweg.trajectory.schedule import AtTimes
from thalweg.trajectory.stop import Steps, Time
from thalweg.trajectory.trajectory import Trajectory

MOST_BYTES = 2**30
"""The most memory that the factors of one path may take; beyond it there are fewer points."""


@shown
@dataclasses.dataclass(frozen=True)
class Points:
    r"""Factors of a deep linear network at instants of a run, in float64.

    Arguments:
        run: the run that they are of.
        time, steps: the clocks at each point, `(points,)`.
        factors: for each point the list of factors, $W_1$ first.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression.whitened(np.diag([2.0, 1.0]))
        >>> run = tw.follow(problem, tw.DeepLinear(depth=2, shape=(2, 2)), tw.Identity(0.1), tw.GradientFlow(1e-9),
        ...                 until=tw.Time(3.0), key=0)
        >>> path = tw.theory.points(run, count=5)
        >>> len(path), path.predictors.shape
        (5, (5, 2, 2))
    """

    run: Trajectory
    time: np.ndarray
    steps: np.ndarray
    factors: list[list[np.ndarray]]

    def __len__(self) -> int:
        return len(self.time)

    @property
    def network(self) -> DeepLinear:
        """The network."""
        return self.run.objective.parametrization  # type: ignore[return-value]

    @property
    def depth(self) -> int:
        """The number $N$ of factors."""
        return self.network.depth

    @property
    def rtol(self) -> float:
        """The tolerance of the flow that made the run; 0 for a discrete algorithm."""
        return float(self.run.algorithm.rtol) if isinstance(self.run.algorithm, AbstractFlow) else 0.0

    @functools.cached_property
    def predictors(self) -> np.ndarray:
        r"""$W$ at each point, `(points, d_N, d_0)`."""
        return np.stack([functools.reduce(lambda product, factor: factor @ product, f) for f in self.factors])

    @functools.cached_property
    def gradients(self) -> np.ndarray:
        r"""$G = \nabla\ell(W)$ at each point, `(points, d_N, d_0)`."""
        gradient = jax.jit(lambda w: self.run.objective.problem.loss_and_gradient(w)[1])
        return np.stack([np.asarray(gradient(w)) for w in self.predictors])

    @functools.cached_property
    def slopes(self) -> list[list[np.ndarray]]:
        r"""$g_j = \partial\varphi/\partial W_j$ at each point."""
        gradient = jax.jit(lambda f: self.run.objective.loss_and_gradient(f)[1])
        return [[np.asarray(g) for g in gradient(f)] for f in self.factors]

    @functools.cached_property
    def velocities(self) -> np.ndarray:
        r"""$\dot W$ under gradient flow at each point, from the factors as they are, `(points, d_N, d_0)`."""
        return np.stack([velocity(f, [-g for g in gs]) for f, gs in zip(self.factors, self.slopes, strict=True)])

    @functools.cached_property
    def singular(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        r"""$U$ `(points, d_N, m)`, the singular values `(points, m)` and $V^\top$ `(points, m, d_0)`, sorted at each point."""
        return np.linalg.svd(self.predictors, full_matrices=False)

    @functools.cached_property
    def imbalance(self) -> np.ndarray:
        r"""$\max_j \|W_{j+1}^\top W_{j+1} - W_jW_j^\top\|_F$ relative to $\max_j\|W_j\|_F^2$, at each point."""
        gaps = []
        for f in self.factors:
            size = max(np.sum(factor**2) for factor in f) or 1.0
            differences = [np.linalg.norm(b.T @ b - a @ a.T) for a, b in itertools.pairwise(f)]
            gaps.append(max(differences, default=0.0) / size)
        return np.array(gaps)


def velocity(factors: list[np.ndarray], moves: list[np.ndarray]) -> np.ndarray:
    r"""The derivative of $W_N\cdots W_1$ when each factor moves by $\dot W_j$: $\sum_j W_N\cdots\dot W_j\cdots W_1$."""
    product, moving = factors[0], moves[0]
    for factor, move in zip(factors[1:], moves[1:], strict=True):
        product, moving = factor @ product, factor @ moving + move @ product
    return moving


def points(run: Trajectory, *, count: int = 60) -> Points:
    """The points of a run: those it recorded with `Factors`, or else the same path followed again from its start.

    Arguments:
        run: of a deep linear network.
        count: at most so many, spread over the records of the run where it has that many, else evenly over its time.

    Raises:
        ValueError: the run is not of a deep linear network.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> run = tw.follow(tw.LinearRegression.whitened(np.eye(2)), tw.DeepLinear(depth=2, shape=(2, 2)), tw.Identity(0.1),
        ...                 tw.GradientDescent(0.1), until=tw.Steps(4), record=[tw.Factors()], at=tw.EverySteps(2), key=0)
        >>> tw.theory.points(run).steps.tolist()
        [0, 2, 4]
    """
    whole(count, "count", least=2)
    network = run.objective.parametrization
    if not isinstance(network, DeepLinear):
        raise ValueError(f"these laws are of a DeepLinear network, not of {type(network).__name__}")
    flat, apart = ravel_pytree(jax.tree.map(np.asarray, run.start))
    count = max(2, min(count, MOST_BYTES // (8 * max(flat.size, 1))))
    if "factors" not in run.data:
        run = _followed_again(run, count)
    data = run.data
    kept = np.unique(np.linspace(0, len(data.record) - 1, min(count, len(data.record))).round().astype(int))
    rows = data.factors.values[kept]
    factors = [[np.asarray(factor, dtype=float) for factor in apart(row)] for row in rows]
    return Points(run, data.time.values[kept].astype(float), data.steps.values[kept], factors)


def _followed_again(run: Trajectory, count: int) -> Trajectory:
    """The same path with its factors recorded. A flow lands on the times that are wanted, and so is the same to its tolerance."""
    end = run.outcome
    recorded = run.data.time.values.astype(float)
    if len(recorded) >= count:
        ticks = recorded[np.linspace(0, len(recorded) - 1, count).round().astype(int)]
    else:
        ticks = np.union1d(recorded, np.linspace(0.0, end.time, count - len(recorded) + 1))
    ticks = ticks[(ticks > 0) & (ticks < end.time)]
    until: Any = Time(end.time) if isinstance(run.algorithm, AbstractFlow) else Steps(end.steps)
    problem, network = run.objective.problem, run.objective.parametrization
    at = AtTimes(ticks.tolist()) if len(ticks) else None
    return follow(problem, network, Given(run.start), run.algorithm, until=until, record=[Factors()], at=at, key=0)
