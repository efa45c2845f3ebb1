r"""Newton's method on $\min D_\psi(w, w_0)$ subject to $Aw = b$ itself, for potentials whose conjugate is not smooth."""

import numpy as np

from thalweg.potentials.base import AbstractPotential

_STEP = 1e-6  # of difference quotients, relative to the largest coordinate


def primal_newton(
    rows: np.ndarray,
    levels: np.ndarray,
    potential: AbstractPotential,
    *,
    start: np.ndarray | None,
    gap: float,
    max_iterations: int,
) -> tuple[np.ndarray, np.ndarray, int]:
    """The point, the dual nearest to its gradient, and how many steps it took.

    Arguments:
        rows: $A$, of orthogonal rows, (r, d); levels: $b$, (r,).
        start: $w_0$, (d,).
        gap: relative; max_iterations: steps at most.
    """
    sizes = np.sum(rows**2, axis=1)
    origin = np.zeros(rows.shape[1]) if start is None else start
    slope = 0.0 if start is None else np.asarray(potential.gradient(start))
    free = np.linalg.svd(rows)[2][len(rows) :]
    point = origin + ((levels - rows @ origin) / sizes) @ rows

    def value(point: np.ndarray) -> float:
        return float(potential.value(point) - np.sum(slope * point))

    iterations = 0
    while iterations < max_iterations:
        iterations += 1
        gradient = np.asarray(potential.gradient(point)) - slope
        size = _STEP * np.abs(point).max()
        bent = np.asarray(potential.gradient(point + size * free)) - np.asarray(potential.gradient(point - size * free))
        curvature = (bent @ free.T) / (2 * size)
        values, vectors = np.linalg.eigh((curvature + curvature.T) / 2)
        along = vectors.T @ (free @ gradient)
        step = -(along / np.maximum(values, 1e-12 * values[-1])) @ vectors.T @ free
        decrease = -float(step @ gradient)
        now, length = value(point), 1.0
        if not decrease > 1e-3 * gap * abs(now):
            break
        while not value(point + length * step) <= now - 1e-4 * length * decrease and length > 1e-12:
            length /= 2
        point = point + length * step
    gradient = np.asarray(potential.gradient(point)) - slope
    return point + ((levels - rows @ point) / sizes) @ rows, rows @ gradient / sizes, iterations
