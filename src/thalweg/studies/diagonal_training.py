"""Diagonal networks trained as they are, weight by weight: what their theory is measured against."""

from typing import Any

import numpy as np
from scipy.integrate import solve_ivp


def trained(inputs: Any, outputs: Any, depth: float, start: Any, *, rtol: float, end: float = 1e6) -> np.ndarray:
    r"""The coefficients $w_+^D - w_-^D$ at which gradient flow of half the sum of squares comes to rest.

    Arguments:
        inputs: $X$, `(d, m)`, a sample a column; outputs: `(m,)`; start: $w_\pm$, `(d,)`.
        rtol: of scipy's LSODA, relative and for weights of the size of the start; end: time to follow the flow for.

    Examples:
        >>> trained([[1.0], [0.0]], [2.0], 2, [0.5, 0.5], rtol=1e-9).round(6).tolist()
        [2.0, 0.0]
    """
    x, y, start = np.asarray(inputs, float), np.asarray(outputs, float), np.asarray(start, float)
    d = len(x)

    def velocity(_: float, w: np.ndarray) -> np.ndarray:
        slope = depth * (x @ ((w[:d] ** depth - w[d:] ** depth) @ x - y))
        return np.concatenate([-(w[:d] ** (depth - 1)) * slope, w[d:] ** (depth - 1) * slope])

    def jacobian(_: float, w: np.ndarray) -> np.ndarray:
        slope = depth * (depth - 1) * (x @ ((w[:d] ** depth - w[d:] ** depth) @ x - y))
        rows = np.concatenate([w[:d] ** (depth - 1), -(w[d:] ** (depth - 1))])
        own = np.concatenate([w[:d] ** (depth - 2) * slope, -(w[d:] ** (depth - 2)) * slope])
        seen = np.concatenate([x, x]) * rows[:, None]
        return -(depth**2) * seen @ seen.T - np.diag(own)

    weights = np.concatenate([start, start])
    solved = solve_ivp(velocity, (0.0, end), weights, method="LSODA", jac=jacobian, rtol=rtol, atol=1e-2 * rtol * start.min())
    if not (solved.success and np.isfinite(solved.y[:, -1]).all()):
        raise ArithmeticError(f"training stopped before it came to rest: {solved.message}")
    return solved.y[:d, -1] ** depth - solved.y[d:, -1] ** depth
