"""A mode of a two-layer network whose factors are of unequal size: hyperbolas, in closed form."""

from typing import Any

import numpy as np


def unequal_modes(time: Any, first: Any, second: Any, target: Any) -> tuple[np.ndarray, np.ndarray]:
    r"""The path of $\dot a = b(s-ab)$, $\dot b = a(s-ab)$, on which $a^2-b^2$ does not change.

    With $c = a^2-b^2$, $R = \sqrt{4s^2+c^2}$ and $E = e^{-Rt}$, $q = (a+b)^2$ solves a Riccati equation with constant
    coefficients:

    $$q(t) = \frac{q_0\,[(R+2s) + (R-2s)E] + c^2(1-E)}{q_0(1-E) + (R+2s)E + (R-2s)},$$

    and $a-b = c/(a+b)$. With $a = b$ it is the path of a balanced mode of depth 2, $u = ab$.

    Arguments:
        time: not negative. first, second: $a$ and $b$ at time 0. target: $s$. All are broadcast together.

    Returns:
        $a$ and $b$ at each time.

    Raises:
        ValueError: negative times, or numbers that are not finite.

    Examples:
        >>> import thalweg as tw
        >>> a, b = tw.theory.unequal_modes(5.0, 1.0, 0.0, 2.0)
        >>> round(float(a * b), 6), round(float(a**2 - b**2), 12)
        (2.0, 1.0)

    Reference:
        saxe2014exact, appendix A, hyperbolic dynamics of learning.
    """
    time, first, second, target = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in (time, first, second, target)))
    if not np.isfinite([time, first, second, target]).all():
        raise ValueError("time, first, second and target must be finite")
    if (time < 0).any():
        raise ValueError(f"times must not be negative, the least is {time.min():g}")
    # where a + b is the smaller, or nothing, the same path with b turned over and the target negative
    turned = np.abs(first + second) < np.abs(first - second)
    sign = np.where(turned, -1.0, 1.0)
    s, b = sign * target, sign * second
    total = first + b
    conserved = total * (first - b)
    root = np.hypot(2 * s, conserved)
    above, below = _roots(s, conserved, root)
    faded, gone = np.exp(-root * time), -np.expm1(-root * time)
    q = total**2
    up = q * (above + below * faded) + conserved**2 * gone
    down = q * gone + above * faded + below
    still = root == 0  # then both factors fade as 1/t
    size = np.where(still, q / (1 + q * time / 2), up / np.where(still | (down == 0), 1.0, down))
    plus = np.copysign(np.sqrt(size), total)
    minus = np.divide(conserved, plus, out=np.zeros_like(plus), where=plus != 0)
    return (plus + minus) / 2, sign * (plus - minus) / 2


def _roots(target: np.ndarray, conserved: np.ndarray, root: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """R + 2s and R - 2s, whose product is the square of what is conserved, neither by a difference of near numbers."""
    larger = root + 2 * np.abs(target)
    smaller = np.divide(conserved**2, larger, out=np.zeros_like(larger), where=larger > 0)
    return np.where(target >= 0, larger, smaller), np.where(target >= 0, smaller, larger)
