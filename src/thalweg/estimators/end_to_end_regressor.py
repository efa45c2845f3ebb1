"""Linear regression that descends as a deep linear network would: the end-to-end rule, for even powers of the error."""

from typing import Any
from warnings import warn

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from thalweg._whole import whole
from thalweg.estimators.completion import checked_real
from thalweg.estimators.linear_regressor import AbstractLinearRegressor, centred
from thalweg.parametrizations.preconditioner import preconditioned
from thalweg.theory.single_output import direction

ENOUGH = 1e-4
"""The share of what the slope promises that a step must lower the loss by, where steps are found by trial."""
LONGER, SHORTER = 2.0, 0.5
TRIALS = 60


class EndToEndRegressor(AbstractLinearRegressor):
    r"""Regression in $\ell_p$ whose coefficients move as the product of $N$ balanced matrices does under gradient descent.

    $$W \leftarrow W - \eta\sum_{j=1}^N [WW^\top]^{\frac{j-1}{N}}\,\nabla\ell(W)\,[W^\top W]^{\frac{N-j}{N}}, \qquad
    \ell(W) = \frac{1}{p\,m}\sum_i \|W x_i + c - y_i\|_p^p$$

    with the intercept $c$ that is the best for the coefficients at every step. With one output that is
    $w \leftarrow w - \eta\|w\|^{2-2/N}\,(g + (N-1)\,\mathrm{Pr}_w\,g)$: steps that grow with the coefficients, and
    momentum along them. For $p = 2$ depth brings nothing but a slow start; for $p > 2$, where plain descent is held up by
    the coefficient of the largest output, it can save orders of magnitude of steps. What it finds is a minimizer of
    $\ell$; which one, where there are several, depends on depth and start.

    Arguments:
        depth: $N$, at least 1, not necessarily whole; 1 is gradient descent.
        power: $p$, an even number; large ones fit the worst errors.
        learning_rate: $\eta$; or "search", which takes the longest step, by doubling and halving from the last one, that
            lowers the loss by a share of what its slope promises.
        init: $W$ to start from, (features,) or (outputs, features); unless given, a direction drawn at random, of norm
            `init_scale`. For $N > 1$ nothing moves at zero.
        init_scale: the Frobenius norm of a random start.
        fit_intercept: whether there is a $c$.
        tol: stop when the norm of the gradient of $\ell$ is at most this share of its norm at $W = 0$.
        max_iter: steps at most.
        random_state: of the random start.

    Attributes:
        coef_, intercept_: those of the least loss that was met.
        n_iter_: steps done.
        loss_: the loss before each step and after the last.
        converged_: whether `tol` was reached.
        learning_rate_: the last one.

    A `ConvergenceWarning` says that `tol` was not reached, or at which step a rate was too large.

    Raises:
        ValueError: a parameter out of its range, a start that is zero or of another shape, or outputs so large that the
            loss is no number.

    Examples:
        >>> import numpy as np
        >>> from thalweg.estimators import EndToEndRegressor
        >>> X, y = np.eye(2), np.array([10.0, 1.0])  # plain descent diverges at rates above 4/100 from near zero
        >>> for depth, rate in ((1, 0.02), (2, 0.2)):
        ...     model = EndToEndRegressor(depth, power=4, learning_rate=rate, init=[0.05, 0.001], fit_intercept=False, tol=1e-5)
        ...     print(model.fit(X, y).n_iter_, "steps")
        1027 steps
        2 steps

    Reference:
        arora2018optimization, theorem 1, claim 2 and section 7.
    """

    def __init__(
        self,
        depth: float = 2,
        *,
        power: int = 2,
        learning_rate: Any = "search",
        init: Any = None,
        init_scale: float = 0.1,
        fit_intercept: bool = True,
        tol: float = 1e-6,
        max_iter: int = 10_000,
        random_state: Any = None,
    ):
        self.depth = depth
        self.power = power
        self.learning_rate = learning_rate
        self.init = init
        self.init_scale = init_scale
        self.fit_intercept = fit_intercept
        self.tol = tol
        self.max_iter = max_iter
        self.random_state = random_state

    def _learn(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        depth = checked_real(self.depth, "depth", least=1.0)
        tol, limit = checked_real(self.tol, "tol", least=0.0), whole(self.max_iter, "max_iter")
        searching = isinstance(self.learning_rate, str)
        if searching and self.learning_rate != "search":
            raise ValueError(f"learning_rate must be a positive number or 'search', got {self.learning_rate!r}")
        rate = 1.0 if searching else checked_real(self.learning_rate, "learning_rate", above=0.0)
        power = whole(self.power, "power", least=2)
        if power % 2:
            raise ValueError(f"power must be even, for an odd one has no least value; got {power}")
        inner, outer, mean, level = centred(x, y, self.fit_intercept)
        problem = _Loss(inner, outer, power, self.fit_intercept)
        weights = self._start((y.shape[1], x.shape[1]), depth)
        loss, gradient = problem.at(weights)
        with np.errstate(over="ignore"):
            first = float(np.linalg.norm(problem.at(np.zeros_like(weights))[1]))
        if not (np.isfinite(loss) and np.isfinite(first)):
            raise ValueError(f"errors to the power {power} are too large for floating-point numbers: rescale y, X or the start")
        losses, best, trouble, step = [loss], (loss, weights), "", 0
        self.learning_rate_ = rate
        while not (converged := bool(np.linalg.norm(gradient) <= tol * first)) and step < limit:
            moved = _directed(weights, gradient, depth)
            if searching:
                rate = problem.longest(weights, moved, loss, float(np.vdot(gradient, moved)), LONGER * rate)
                if not rate:
                    trouble = "no step lowers the loss any more in floating-point numbers: raise tol"
                    break
            step += 1
            self.learning_rate_ = rate
            weights = weights - rate * moved
            loss, gradient = problem.at(weights)
            if not (np.isfinite(loss) and np.isfinite(gradient).all()):
                trouble = f"the rate {rate:g} is too large: step {step} left the floating-point numbers"
                break
            losses.append(loss)
            if loss < best[0]:
                best = loss, weights
        self.n_iter_, self.loss_, self.converged_ = step, np.array(losses), converged
        if not converged:
            trouble = trouble or f"{limit} steps were not enough for tol={tol:g}: raise max_iter, or take another depth or rate"
            kept = f"kept are the coefficients of the least loss met, {best[0]:.3g}"
            warn(f"{type(self).__name__}: {trouble}; {kept}", ConvergenceWarning, stacklevel=3)
        coefficients = weights if converged else best[1]
        problem.at(coefficients)
        return coefficients, problem.offset + level - coefficients @ mean

    def _start(self, shape: tuple[int, int], depth: float) -> np.ndarray:
        if self.init is not None:
            given = np.asarray(self.init, dtype=np.float64)
            if given.size != shape[0] * shape[1] or given.shape not in (shape, (shape[1],)) or not np.isfinite(given).all():
                raise ValueError(f"init must be finite numbers of shape {shape}, got an array of shape {given.shape}")
            start = given.reshape(shape)
        else:
            drawn = check_random_state(self.random_state).standard_normal(shape)
            start = drawn * (checked_real(self.init_scale, "init_scale", above=0.0) / np.linalg.norm(drawn))
        if depth > 1 and not start.any():
            raise ValueError("init must not be zero for a depth above 1: nothing moves there")
        return start


class _Loss:
    """The loss of coefficients with the intercepts that are the best for them, which `offset` holds."""

    def __init__(self, x: np.ndarray, y: np.ndarray, power: int, intercept: bool):
        self.x, self.y, self.power, self.intercept = x, y, power, intercept
        self.offset = np.zeros(y.shape[1])

    def at(self, weights: np.ndarray) -> tuple[float, np.ndarray]:
        with np.errstate(over="ignore", invalid="ignore"):
            missed = self.x @ weights.T - self.y
            if self.intercept:
                self.offset = -center(missed, self.power)
                missed = missed + self.offset
            steep = missed ** (self.power - 1)
            value = float(np.sum(steep * missed)) / (self.power * len(missed))
            return value, steep.T @ self.x / len(missed)

    def longest(self, weights: np.ndarray, moved: np.ndarray, loss: float, slope: float, rate: float) -> float:
        """The rate, halved until the step lowers the loss by enough; 0 where none does."""
        for _ in range(TRIALS):
            if self.at(weights - rate * moved)[0] <= loss - ENOUGH * rate * slope:
                return rate if slope > 0 else 0.0
            rate *= SHORTER
        return 0.0


def center(errors: np.ndarray, power: int) -> np.ndarray:
    r"""The $c$ of least $\sum_i (e_i - c)^p$ for each column: the mean for $p = 2$, by Newton's method above.

    Examples:
        >>> center(np.array([[0.0], [0.0], [3.0]]), 2), center(np.array([[0.0], [0.0], [3.0]]), 100).round(1)
        (array([1.]), array([1.5]))
    """
    middle = errors.mean(axis=0)
    if power == 2 or not np.isfinite(middle).all():
        return middle
    low, high = errors.min(axis=0), errors.max(axis=0)
    size = np.where(high > low, high - low, 1.0)
    for _ in range(100):
        apart = (errors - middle) / size
        steep = np.sum(apart ** (power - 1), axis=0)
        low, high = np.where(steep > 0, middle, low), np.where(steep < 0, middle, high)
        curved = (power - 1) * np.sum(apart ** (power - 2), axis=0)
        step = size * steep / np.where(curved > 0, curved, 1.0)
        after = middle + step
        after = np.where((after < low) | (after > high), (low + high) / 2, after)
        if (np.abs(after - middle) <= 4e-16 * np.maximum(size, np.abs(middle))).all():
            return after
        middle = after
    return middle


def _directed(weights: np.ndarray, gradient: np.ndarray, depth: float) -> np.ndarray:
    if depth == 1:
        return gradient
    if len(weights) == 1:
        return direction(weights, gradient, depth)
    return preconditioned(weights, gradient, depth, np)
