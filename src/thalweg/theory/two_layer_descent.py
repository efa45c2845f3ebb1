r"""Two-layer gradient descent from a decoupled start: the recursion of a component, and bounds on it that hold.

With $y = \sigma/(\lambda w) - 1$ a step multiplies $y$ by a number between $1-2\eta\sigma$, its limit late, and
$(1+\eta\sigma)^{-2}$, its limit early; powers of the two are the bounds.
"""

from typing import Any

import numpy as np

from thalweg._whole import whole


def descent_mode(steps: int, start: Any, sigma: Any, lam: Any, learning_rate: Any) -> np.ndarray:
    r"""$w^{(0)}, \ldots, w^{(t)}$ of $w^{(t+1)} = w^{(t)}\big(1+\eta(\sigma-\lambda w^{(t)})\big)^2$.

    Arguments:
        steps: $t$, how many. start, sigma, lam, learning_rate: $w^{(0)}$, $\sigma$, $\lambda$, $\eta$, broadcast together.

    Returns:
        An array of shape `(steps + 1, ...)`.

    Examples:
        >>> import thalweg as tw
        >>> tw.theory.descent_mode(2, 1.0, 1.0, 2.0, 0.5).tolist()
        [1.0, 0.25, 0.390625]

    Reference:
        gidel2019implicit, discrete dynamics.
    """
    steps = whole(steps, "steps", least=0)
    start, sigma, lam, rate = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in (start, sigma, lam, learning_rate)))
    path = np.empty((steps + 1, *start.shape))
    path[0] = start
    for step in range(steps):
        path[step + 1] = path[step] * (1 + rate * (sigma - lam * path[step])) ** 2
    return path


def descent_bounds(step: Any, start: Any, sigma: Any, lam: Any, learning_rate: Any) -> tuple[np.ndarray, np.ndarray]:
    r"""Bounds that hold at every step, for $0<\eta\sigma<\frac12$ and $0<w^{(0)}<\sigma/\lambda$:

    $$\frac{\sigma w^{(0)}}{(\sigma-\lambda w^{(0)})(1+\eta\sigma)^{-2t}+\lambda w^{(0)}} \le w^{(t)} \le
        \frac{\sigma w^{(0)}}{(\sigma-\lambda w^{(0)})(1-2\eta\sigma)^{t}+\lambda w^{(0)}}.$$

    Arguments:
        step: $t$. start, sigma, lam, learning_rate: as for `descent_mode`. All are broadcast together.

    Returns:
        The lower and the upper bound.

    Raises:
        ValueError: a rate or a start for which they are not shown.

    Examples:
        >>> import thalweg as tw
        >>> lower, upper = tw.theory.descent_bounds(30, 0.01, 1.0, 1.0, 0.1)
        >>> bool(lower < tw.theory.descent_mode(30, 0.01, 1.0, 1.0, 0.1)[-1] < upper)
        True

    Reference:
        gidel2019implicit, discrete dynamics, with the exponents that can be proved.
    """
    step, start, sigma, lam, rate = _inside(step, start, sigma, lam, learning_rate)
    early, late = -2 * np.log1p(rate * sigma), np.log1p(-2 * rate * sigma)
    return _logistic(step, start, sigma, lam, early), _logistic(step, start, sigma, lam, late)


def published_descent_bounds(
    step: Any, start: Any, sigma: Any, lam: Any, learning_rate: Any, *, as_printed: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    r"""The bounds with the published exponents, $-2\eta\sigma+4\eta^2\sigma^2$ below and $-2\eta\sigma-\eta^2\sigma^2$ above.

    The lower one holds and is looser than that of `descent_bounds`. The upper one does not: near the plateau a step
    takes off $-\ln(1-2\eta\sigma)\approx2\eta\sigma+2\eta^2\sigma^2$, more than it allows for.

    Arguments:
        step, start, sigma, lam, learning_rate: as for `descent_bounds`.
        as_printed: with the numerator $w^{(0)}$ of the text, which gives $w^{(0)}/\sigma$ at $t=0$, in place of
            $\sigma w^{(0)}$.

    Examples:
        >>> import thalweg as tw
        >>> at = (6, 0.1, 1.0, 1.0, 0.45)
        >>> bool(tw.theory.published_descent_bounds(*at)[1] < tw.theory.descent_mode(*at)[-1])
        True

    Reference:
        gidel2019implicit, detailed theorems, discrete dynamics.
    """
    step, start, sigma, lam, rate = _inside(step, start, sigma, lam, learning_rate)
    x = rate * sigma
    scale = 1 / sigma if as_printed else 1.0
    lower, upper = (_logistic(step, start, sigma, lam, power) for power in (-2 * x + 4 * x**2, -2 * x - x**2))
    return scale * lower, scale * upper


def descent_transition(sigma: Any, learning_rate: Any) -> np.ndarray:
    r"""$1/\ln(1+\eta\sigma)$: the steps until a component is learnt, in units of $\delta$, for vanishing starts at a fixed rate.

    The published $1/(\eta\sigma)$ is its first order in $\eta\sigma$.

    Arguments:
        sigma: $\sigma_i$; learning_rate: $\eta$; both positive.

    Examples:
        >>> import thalweg as tw
        >>> round(50 * float(tw.theory.descent_transition(1.0, 0.1)))
        525

    Reference:
        gidel2019implicit, discrete case, phase transition time, in place of its first order.
    """
    product = np.asarray(sigma, dtype=float) * np.asarray(learning_rate, dtype=float)
    if not (product > 0).all():
        raise ValueError("sigma and learning_rate must be positive")
    return 1 / np.log1p(product)


def sequential_learning_rate(sigma: Any) -> float:
    r"""A rate below which the published exponents keep the transitions of all components in order.

    $\eta < \min_i(\sigma_i-\sigma_{i+1})/(2\sigma_i^2+\frac12\sigma_{i+1}^2)$. The transitions themselves,
    $1/\ln(1+\eta\sigma_i)$, are in order at every rate.

    Arguments:
        sigma: at least two different positive numbers.

    Examples:
        >>> import thalweg as tw
        >>> round(tw.theory.sequential_learning_rate([2.0, 1.0]), 6)
        0.117647

    Reference:
        gidel2019implicit, discrete case, eigen-gap.
    """
    sigma = np.sort(np.asarray(sigma, dtype=float).ravel())[::-1]
    if len(sigma) < 2 or not sigma[-1] > 0 or np.any(np.diff(sigma) == 0):
        raise ValueError("sigma must be two or more different positive numbers")
    return float(np.min((sigma[:-1] - sigma[1:]) / (2 * sigma[:-1] ** 2 + 0.5 * sigma[1:] ** 2)))


def _inside(step: Any, start: Any, sigma: Any, lam: Any, rate: Any) -> list[np.ndarray]:
    step, start, sigma, lam, rate = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in (step, start, sigma, lam, rate)))
    if not ((rate * sigma > 0) & (rate * sigma < 0.5)).all():
        raise ValueError("learning_rate times sigma must be between 0 and 1/2, where a step does not overshoot")
    if not ((start > 0) & (start * lam < sigma)).all() or (step < 0).any():
        raise ValueError("start must be between 0 and sigma / lam, and steps not negative")
    return [step, start, sigma, lam, rate]


def _logistic(step: np.ndarray, start: np.ndarray, sigma: np.ndarray, lam: np.ndarray, power: np.ndarray) -> np.ndarray:
    return sigma * start / ((sigma - lam * start) * np.exp(power * step) + lam * start)
