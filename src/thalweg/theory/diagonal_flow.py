"""Gradient flow of diagonal networks of any depth without training: as many unknowns as there are samples."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp
from scipy.special import expit, log_expit, logsumexp

from thalweg._arrays import reals
from thalweg._shown import shown
from thalweg.exact.least_potential import least_potential
from thalweg.exact.solution import Solution
from thalweg.potentials.diagonal_bias import DiagonalBias
from thalweg.problems.classification import Classification
from thalweg.problems.linear_regression import LinearRegression

FARTHEST = 700.0  # where sinh is still a number


@shown
@dataclass(frozen=True)
class DiagonalPath:
    r"""A path of a diagonal network at some times.

    Attributes:
        time: (k,); predictor: $\beta$, (k, 1, d).
        dual: $\nu$, (k, r), with $\nabla Q(\beta) = S\nu$, where S is `root` of a regression and `signed` of a classification.
        weights: $w_+$ and $w_-$, (k, 2, d).
        loss: of the problem, (k,); of a regression its excess over the least.

    Examples:
        >>> import thalweg as tw
        >>> path = diagonal_flow(tw.LinearRegression.whitened([[1.0, 0.0]]), depth=2, scale=0.5, times=[0.0, 20.0])
        >>> path.predictor.shape, path.weights.shape, path.dual.shape
        ((2, 1, 2), (2, 2, 2), (2, 2))
    """

    time: np.ndarray
    predictor: np.ndarray
    dual: np.ndarray
    weights: np.ndarray
    loss: np.ndarray


def diagonal_weights(dual: Any, *, depth: float, scale: float, shape: Any = 1.0) -> np.ndarray:
    r"""The weights of a network that started at $w_\pm = \alpha w_0$, where $z = \nabla Q(\beta)$ is its dual.

    $$w_\pm = \alpha w_0\,(1 \mp w_0^{D-2}z)^{-1/(D-2)}\ (D > 2), \qquad \alpha w_0\,e^{\pm z/2}\ (D = 2).$$

    Arguments:
        dual: $z$, (..., d), within the `dual_bound` of `tw.potentials.DiagonalBias`.
        depth: $D \ge 2$; scale: $\alpha$; shape: $w_0$, one number or (d,).

    Returns:
        $w_+$ and $w_-$, (..., 2, d).

    Raises:
        ValueError: a dual outside the bound.

    Examples:
        >>> from thalweg.theory import diagonal_weights
        >>> diagonal_weights([0.5, 0.0], depth=3, scale=1.0).tolist()
        [[2.0, 1.0], [0.6666666666666666, 1.0]]

    Reference:
        woodworth2020kernel, appendix, proof of theorem 3.
    """
    potential = DiagonalBias(depth, scale, shape)
    z = reals(dual, "dual")
    if not (np.abs(z) < potential.dual_bound).all():
        raise ValueError(f"duals must be below {potential.dual_bound} in size, got one of {np.abs(z).max():g}")
    start = potential.scale * potential.shape
    if potential.depth == 2:
        return np.stack([start * np.exp(z / 2), start * np.exp(-z / 2)], axis=-2)
    share = z * potential.shape ** (potential.depth - 2)
    power = -1 / (potential.depth - 2)
    return np.stack([start * (1 - share) ** power, start * (1 + share) ** power], axis=-2)


def diagonal_flow(
    problem: LinearRegression | Classification,
    *,
    depth: float,
    scale: float,
    shape: Any = 1.0,
    times: Any,
    rtol: float = 1e-10,
) -> DiagonalPath:
    r"""The path of gradient flow of a diagonal network $\beta = w_+^D - w_-^D$ from $w_\pm = \alpha w_0$, at given times.

    The loss moves $\nabla Q^D_\alpha(\beta)$ along the samples alone, $\frac{d}{dt}\nabla Q(\beta) = -c\,\nabla\ell(\beta)$
    with c the `rate` of `tw.potentials.DiagonalBias`: 4 at depth 2, $D(D-2)\alpha^{D-2}$ above. So
    $\beta = \nabla Q^*(S\nu)$ with one unknown for each sample, whose stiff equation is solved with its Jacobian (LSODA).
    Every point of the path is of this form to rounding; only where on the path it is depends on the tolerance.

    Arguments:
        problem: a `LinearRegression` of one output; or a `Classification`, of which `.log` makes the path reach large
            margins in little time ($d\tau = \ell\,dt$).
        depth: $D \ge 2$, not necessarily whole; scale: $\alpha$; shape: $w_0$, one number or (d,).
        times: of the flow, not negative and increasing, (k,).
        rtol: of the solver.

    Raises:
        TypeError: a problem of another kind.
        ValueError: several outputs, times that do not increase from zero or later, or an argument out of its range.
        ArithmeticError: the solver stopped before the last time; the message says where.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression.whitened([[1.0]])
        >>> path = tw.theory.diagonal_flow(problem, depth=2, scale=1.0, times=[0.0, 0.1, 10.0])
        >>> path.predictor[:, 0, 0].round(6).tolist()
        [0.0, 0.556133, 1.0]

    Reference:
        woodworth2020kernel, theorems 1 and 3.
    """
    potential = DiagonalBias(depth, scale, shape)
    samples, steer = _seen(problem)
    instants = reals(times, "times")
    if instants.ndim != 1 or not len(instants) or not np.isfinite(instants).all():
        raise ValueError(f"times must be finite numbers in a row, got {times!r:.80}")
    if instants[0] < 0 or (np.diff(instants) <= 0).any():
        raise ValueError("times must increase and not be negative")
    start = np.broadcast_to(potential.shape, (len(samples),))  # a shape of another length is refused here
    rate = float(potential.rate)
    # the largest dual that is still a number of its own; a trial step beyond it is seen from there, and taken back
    bound = np.minimum(potential.dual_bound, FARTHEST) * np.ones_like(start) * (1 - 2.0**-53)

    def mirror(nu: np.ndarray) -> np.ndarray:
        return np.clip(samples @ nu, -bound, bound)

    def velocity(_: float, nu: np.ndarray) -> np.ndarray:
        return -rate * steer(potential.inverse(mirror(nu)))[0]

    def jacobian(_: float, nu: np.ndarray) -> np.ndarray:
        z = mirror(nu)
        inner = samples.T @ (potential.inverse_slope(z)[:, None] * samples)
        return -rate * steer(potential.inverse(z))[1] @ inner

    nothing = np.zeros(samples.shape[1])
    dual = np.zeros((1, len(nothing)))
    if instants[-1] > 0:
        atol = 1e-3 * rtol / np.abs(samples).max()
        solved = solve_ivp(
            velocity, (0.0, instants[-1]), nothing, method="LSODA", t_eval=instants, jac=jacobian, rtol=rtol, atol=atol
        )
        if not solved.success:
            raise ArithmeticError(f"the flow stopped before time {instants[-1]:g}: {solved.message}; take a larger rtol")
        dual = solved.y.T
    z = dual @ samples.T
    predictor = potential.inverse(z)
    weights = diagonal_weights(z, depth=depth, scale=scale, shape=shape)
    loss = np.array([_loss(problem, beta) for beta in predictor])
    return DiagonalPath(instants, predictor[:, None, :], dual, weights, loss)


def diagonal_limit(problem: LinearRegression, *, depth: float, scale: float, shape: Any = 1.0, gap: float = 1e-12) -> Solution:
    r"""Where that flow ends for the squared loss: the solution of least $Q^D_\alpha$, with the proof that it is.

    Arguments:
        problem: a `LinearRegression` of one output that a vector interpolates.
        depth, scale, shape: as in `diagonal_flow`; gap: as in `tw.exact.least_potential`.

    Examples:
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression(inputs=[[1.0], [2.0]], outputs=[[2.0]])
        >>> for scale in (1e-3, 1e3):
        ...     print(tw.theory.diagonal_limit(problem, depth=3, scale=scale).predictor.round(3))
        [[0. 1.]]
        [[0.4 0.8]]

    Reference:
        woodworth2020kernel, theorem 3.
    """
    return least_potential(problem, DiagonalBias(depth, scale, shape), gap=gap)


Steer = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def _seen(problem: Any) -> tuple[np.ndarray, Steer]:
    r"""S, and from $\beta$ the c with $\nabla\ell = Sc$ and its derivative by $S^\top\beta$."""
    if isinstance(problem, LinearRegression):
        if problem.solution.shape[0] != 1:
            raise ValueError(f"a diagonal network has one output, the problem {problem.solution.shape[0]}")
        levels = (problem.solution @ problem.root)[0]
        return problem.root, lambda beta: (beta @ problem.root - levels, np.eye(len(levels)))
    if not isinstance(problem, Classification):
        raise TypeError(f"the problem must be a tw.LinearRegression or a tw.Classification, got {problem!r:.80}")
    return problem.signed, lambda beta: _tail(problem, beta @ problem.signed)


def _tail(problem: Classification, margins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The derivatives of the loss by the margins, first and second."""
    logs = _log_tail(problem, margins)
    if problem.kind == "exponential":
        steep, curved = -np.ones_like(margins), np.ones_like(margins)
    else:
        # of phi = log(1 + e^-u), over phi
        small = np.exp(log_expit(-margins) - logs)
        steep, curved = -small, small * expit(margins)
    total = logsumexp(logs)
    share = np.exp(logs - total)
    first = share * steep
    if problem.logarithm:
        return first, np.diag(share * curved) - np.outer(first, first)
    size = np.exp(total) / len(margins)
    return size * first, size * np.diag(share * curved)


def _loss(problem: Any, beta: np.ndarray) -> float:
    if isinstance(problem, LinearRegression):
        return 0.5 * float(np.sum(((beta - problem.solution[0]) @ problem.root) ** 2))
    logs = _log_tail(problem, beta @ problem.signed)
    log = float(logsumexp(logs) - np.log(len(logs)))
    return log if problem.logarithm else float(np.exp(log))


def _log_tail(problem: Classification, margins: np.ndarray) -> np.ndarray:
    """The logarithm of the loss of each sample."""
    if problem.kind == "exponential":
        return -margins
    far = margins > 30.0  # where -log_expit loses its digits
    return np.where(far, -margins - 0.5 * np.exp(-np.maximum(margins, 30.0)), np.log(-log_expit(np.minimum(margins, 30.0))))
