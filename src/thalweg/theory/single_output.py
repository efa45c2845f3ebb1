"""One output: what depth does to a vector of weights, as an adaptive rate and momentum."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from thalweg._module import number
from thalweg._references import Source
from thalweg.theory.end_to_end import balance, largest, of_flow
from thalweg.theory.one_step import one_step, rate_of, rounding
from thalweg.theory.points import Points
from thalweg.theory.prediction import AbstractPrediction, Assumption, DoesNotApply, Laid

PAPER = "arora2018optimization"


def direction(weights: np.ndarray, gradient: np.ndarray, depth: Any) -> np.ndarray:
    r"""$\|w\|^{2-2/N}\left(g + (N-1)\,\mathrm{Pr}_w\,g\right)$: what $N$ layers with one output move their weights against.

    $\mathrm{Pr}_w\,g = \langle w, g\rangle w/\|w\|^2$, and 0 at $w = 0$, where for $N > 1$ nothing moves.

    Arguments:
        weights: $w$; gradient: $g = \nabla\ell(w)$, of the same shape.
        depth: $N$, any real number of at least 1.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> tw.theory.single_output.direction(np.array([2.0, 0.0]), np.array([1.0, 1.0]), 2).tolist()
        [4.0, 2.0]

    Reference:
        arora2018optimization, claim 2.
    """
    order = float(number(depth, "depth", least=1))
    size = float(np.linalg.norm(weights))
    if size == 0:
        return gradient * (1.0 if order == 1 else 0.0)
    unit = weights / size
    return size ** (2 - 2 / order) * (gradient + (order - 1) * np.vdot(unit, gradient) * unit)


def coefficients(first: np.ndarray, second: float, gradient: np.ndarray, rate: float) -> tuple[float, float]:
    r"""$\rho$ and $\gamma$ of $w^+ = w - \rho\,\nabla\ell(w) - \gamma w$, exact for a step of descent on $w = w_1\omega_2$.

    $\gamma = \eta\,\langle w_1, \nabla\ell\rangle/\omega_2$ and
    $\rho = \eta\,\omega_2(\omega_2 - \eta\langle w_1, \nabla\ell\rangle)$.
    The published $\rho = \eta\omega_2^2$ leaves out what is of second order in $\eta$.

    Arguments:
        first: $w_1$, `(d,)`; second: $\omega_2$, not 0.
        gradient: $\nabla\ell(w)$ at $w = w_1\omega_2$; rate: $\eta$.

    Raises:
        ZeroDivisionError: $\omega_2 = 0$, where $w = 0$ while $w_1$ need not be: no multiple of $w$ makes up its move.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> tw.theory.single_output.coefficients(np.array([1.0, 0.0]), 2.0, np.array([4.0, 1.0]), 0.25)
        (0.5, 0.5)

    Reference:
        arora2018optimization, section 2.1.
    """
    if second == 0:
        raise ZeroDivisionError("the scalar factor is 0: there the step is no combination of the gradient and the weights")
    slope = float(np.vdot(first, gradient))
    return rate * second * (second - rate * slope), rate * slope / second


def memory(rho: Any, gamma: Any) -> tuple[np.ndarray, np.ndarray]:
    r"""The coefficients of the step unrolled, in which gradients of the past go on to act.

    $w^{(t+1)} = w^{(t)} - \rho^{(t)}\nabla^{(t)} - \sum_{\tau<t}\mu^{(t,\tau)}\nabla^{(\tau)} - \nu^{(t)}w^{(0)}$ with
    $\mu^{(t,\tau)} = -\gamma^{(t)}\rho^{(\tau)}\prod_{s=\tau+1}^{t-1}(1-\gamma^{(s)})$, and
    $\nu^{(t)} = \gamma^{(t)}\prod_{s<t}(1-\gamma^{(s)})$, which the published form drops for $w^{(0)} \approx 0$.
    While $w$ grows $\gamma < 0$ and $\mu > 0$: momentum.

    Arguments:
        rho, gamma: the coefficients of each step, `(steps,)`.

    Returns:
        $\mu$, `(steps, steps)`, 0 for $\tau \ge t$, and $\nu$, `(steps,)`.

    Examples:
        >>> import thalweg as tw
        >>> mu, nu = tw.theory.single_output.memory([1.0, 1.0, 1.0], [-0.5, -0.5, -0.5])
        >>> mu[2].tolist(), nu.tolist()
        ([0.75, 0.5, 0.0], [-0.5, -0.75, -1.125])

    Reference:
        arora2018optimization, section 2.1.
    """
    rho, gamma = np.asarray(rho, dtype=float), np.asarray(gamma, dtype=float)
    if rho.ndim != 1 or rho.shape != gamma.shape:
        raise ValueError(f"rho and gamma must be two rows of one length, got {rho.shape} and {gamma.shape}")
    count = len(rho)
    mu, nu, kept, start = np.zeros((count, count)), np.zeros(count), np.zeros(count), 1.0
    for t in range(count):
        mu[t], nu[t] = -gamma[t] * kept, gamma[t] * start
        kept = kept * (1 - gamma[t])
        kept[t] = rho[t]
        start = start * (1 - gamma[t])
    return mu, nu


class SingleOutputRule(AbstractPrediction):
    r"""With one output, $\dot w = -\|w\|^{2-2/N}\left(\nabla\ell + (N-1)\,\mathrm{Pr}_w\nabla\ell\right)$ from balanced factors.

    The residual is the norm of what the velocity of the product differs by, relative to the largest of the path.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> run = tw.follow(tw.LinearRegression.whitened([[2.0, 1.0]]), tw.DeepLinear(depth=3, shape=(1, 2), hidden=4),
        ...                 tw.Balanced(0.3), tw.GradientFlow(1e-9), until=tw.Time(2.0), key=0)
        >>> tw.theory.compare(tw.theory.SingleOutputRule(), run).holds
        True

    Reference:
        arora2018optimization, claim 2.
    """

    name = "single-output rule"
    sentence = "With one output depth multiplies the gradient by a power of the norm, and N times along the weights themselves."
    source = Source(PAPER, "claim 2")

    def assumptions(self, path: Points) -> Sequence[Assumption]:
        return [balance(path)]

    def lay(self, path: Points) -> Laid:
        of_flow(path)
        _one_output(path)
        law = [-direction(w[0], g[0], path.depth) for w, g in zip(path.predictors, path.gradients, strict=True)]
        measured = path.velocities[:, 0]
        residual = np.linalg.norm(np.stack(law) - measured, axis=1) / largest(measured)
        allowed = max(20 * path.rtol, 1e-12)
        return Laid(np.linalg.norm(law, axis=1), np.linalg.norm(measured, axis=1), residual, allowed, "speed of the weights")


class MomentumForm(AbstractPrediction):
    r"""Descent on $w = w_1\omega_2$ is $w^+ = w - \rho\nabla\ell(w) - \gamma w$: an adaptive rate and, unrolled, momentum.

    $\rho$ and $\gamma$ as `coefficients` has them, exact at every rate, balanced or not. One real step of the run is taken
    from each point; the residual is what it differs by, relative to the terms that are added up. $\omega_2 = 0$, where
    $\gamma$ has no value, is outside the law.

    Examples:
        >>> import thalweg as tw
        >>> run = tw.follow(tw.LinearRegression.whitened([[2.0, 1.0]]), tw.DeepLinear(depth=2, shape=(1, 2)),
        ...                 tw.Gaussian(0.3), tw.GradientDescent(0.05), until=tw.Steps(50), key=0)
        >>> tw.theory.compare(tw.theory.MomentumForm(), run).holds
        True

    Reference:
        arora2018optimization, section 2.1.
    """

    name = "adaptive rate and momentum"
    sentence = "A layer split into a vector and a scalar descends by an adaptive rate and a multiple of its own weights."
    source = Source(PAPER, "section 2.1, with the term of second order kept")

    def assumptions(self, path: Points) -> Sequence[Assumption]:
        return []

    def lay(self, path: Points) -> Laid:
        rate = rate_of(path)
        _one_output(path)
        if path.network.widths[1:] != (1, 1):
            raise DoesNotApply(f"it is a law of two layers with one hidden unit, this network has widths {path.network.widths}")
        if any(f[1][0, 0] == 0 for f in path.factors):
            raise DoesNotApply("the scalar factor is 0 on this path, where the coefficient of the weights has no value")
        found = [_momentum(*parts, rate) for parts in zip(path.factors, one_step(path), path.gradients[:, 0], strict=True)]
        predicted, measured, residual = (np.array(part) for part in zip(*found, strict=True))
        return Laid(predicted, measured, residual, rounding(path), "weights after a step")


def _momentum(before: list[np.ndarray], after: list[np.ndarray], gradient: np.ndarray, rate: float) -> Any:
    """Law, step, and how far apart they are relative to the largest term."""
    first, second = before[0][0], float(before[1][0, 0])
    rho, gamma = coefficients(first, second, gradient, rate)
    terms = [first * second, -rho * gradient, -gamma * first * second]
    law, step = sum(terms), after[0][0] * after[1][0, 0]
    size = max(float(np.linalg.norm(term)) for term in [*terms, step]) or 1.0
    return law, step, float(np.linalg.norm(law - step)) / size


def _one_output(path: Points) -> None:
    if path.network.shape[0] != 1:
        raise DoesNotApply(f"it is a law of one output, and this network has {path.network.shape[0]}")
