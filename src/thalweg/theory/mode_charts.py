r"""Variables in which the mode equation $\dot u = N u^{2-2/N}(s-u)$ is easy to integrate, one for each way that it can go.

In a variable whose two ends are at infinity the time is an integral of a smooth positive function, analytic within $\pi$
of the real axis, which Gauss-Legendre panels give to rounding; the path is found in the panel in which its time ends.
"""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np

PANEL = 1.5
NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)
FAR = 40.0
"""Beyond this many e-folds an end is reached to double precision."""
GONE = 720.0
"""Beyond this many e-folds a value is below what double precision holds."""


def power_of(depth: float) -> float:
    """The exponent $2 - 2/N$."""
    return 2 - 2 / depth


def _panels(slowness: Any, low: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Integrals of a function that is analytic within pi of the real axis over panels of moderate width."""
    return slowness(low[..., None] + 0.5 * width[..., None] * (1 + NODES)) @ WEIGHTS * width / 2


@dataclasses.dataclass(frozen=True)
class Chart:
    """A variable that grows along a mode's way, with both its ends at infinity, and the time it takes.

    `place` and `value` go from u to the variable and back; `slowness` is the time per unit of it, in units of
    $s^{-(2-2/N)}/N$; `far` is how much further than its start it need be followed.
    """

    holds: Callable[[np.ndarray, np.ndarray], np.ndarray]
    place: Callable[[np.ndarray, np.ndarray], np.ndarray]
    value: Callable[[np.ndarray, np.ndarray], np.ndarray]
    slowness: Callable[[np.ndarray, float], np.ndarray]
    far: Callable[[np.ndarray], np.ndarray]

    def time(self, first: np.ndarray, last: np.ndarray, target: np.ndarray, depth: float) -> np.ndarray:
        """The time between two places, times N."""
        count = max(1, math.ceil(float(np.max(last - first)) / PANEL))
        width = ((last - first) / count)[:, None]
        parts = _panels(lambda z: self.slowness(z, depth), first[:, None] + width * np.arange(count), width)
        return parts.sum(axis=1) * np.abs(target) ** -power_of(depth)

    def after(self, time: np.ndarray, first: np.ndarray, target: np.ndarray, depth: float) -> np.ndarray:
        """The place after a time (times N): the panel in which it ends by sums, then Newton's method in that panel."""

        def slowness(z: np.ndarray) -> np.ndarray:
            with np.errstate(over="ignore"):
                return self.slowness(z, depth)

        time = time * np.abs(target) ** power_of(depth)
        count = max(1, math.ceil(float(np.max(self.far(first) - first)) / PANEL))
        width = np.maximum(self.far(first) - first, 0.0) / count
        edges = first[:, None] + width[:, None] * np.arange(count)
        passed = np.cumsum(_panels(slowness, edges, width[:, None] * np.ones(count)), axis=1)
        at = np.minimum(np.sum(passed <= time[:, None], axis=1), count - 1)
        rows = np.arange(len(time))
        left = edges[rows, at]
        rest = time - np.where(at > 0, passed[rows, at - 1], 0.0)
        low, high = np.zeros_like(left), width
        along = 0.5 * width
        for _ in range(60):
            error = _panels(slowness, left, along) - rest
            low, high = np.where(error < 0, along, low), np.where(error < 0, high, along)
            tried = along - error / slowness(left + along)
            inside = (tried >= low) & (tried <= high)
            moved = np.where(inside, tried, 0.5 * (low + high))
            if np.all(np.abs(moved - along) <= 4e-16 * (1 + np.abs(left))):
                break
            along = moved
        return left + along


CHARTS = (
    Chart(  # below the target
        lambda u, s: (u > 0) & (u < s),
        lambda u, s: np.log(u) - np.log(s - u),
        lambda z, s: s / (1 + np.exp(-z)),
        lambda z, depth: (1 + np.exp(-z)) ** (1 - 2 / depth),
        lambda first: np.maximum(first, FAR),
    ),
    Chart(  # above it
        lambda u, s: (s > 0) & (u > s),
        lambda u, s: np.log(s) - np.log(u - s),
        lambda z, s: s * (1 + np.exp(-z)),
        lambda z, depth: (1 + np.exp(-z)) ** -power_of(depth),
        lambda first: np.maximum(first, FAR),
    ),
    Chart(  # a target below 0, which a singular value cannot pass to: down to 0
        lambda u, s: (s < 0) & (u > 0),
        lambda u, s: np.log(-s) - np.log(u),
        lambda z, s: -s * np.exp(-z),
        lambda z, depth: np.exp((1 - 2 / depth) * z) / (1 + np.exp(-z)),
        lambda first: first + GONE,
    ),
)
