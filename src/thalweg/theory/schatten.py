"""Schatten quasi-norms among solutions of least nuclear norm: what depth minimises is none of them, not even locally."""

import itertools
from typing import Any

import numpy as np
from scipy.linalg import null_space

from thalweg._arrays import reals
from thalweg._whole import whole

ZERO = 1e-12


def schatten_power(eigenvalues: Any, power: float) -> np.ndarray:
    r"""$\|W\|_{S_p}^p = \sum_k\lambda_k^p$ of positive semidefinite matrices by their eigenvalues `(..., d)`; $p > 0$.

    Examples:
        >>> from thalweg.theory import schatten_power
        >>> float(schatten_power([4.0, 9.0, 0.0], 0.5))
        5.0

    Reference:
        arora2019implicit, section 2.1.
    """
    _check_power(power, np.inf)
    return np.sum(np.maximum(np.asarray(eigenvalues, float), 0.0) ** power, axis=-1)


def schatten_derivatives(eigenvalues: Any, direction: Any, power: float) -> tuple[float, float]:
    r"""First and second derivative of $t \mapsto \sum_k(\lambda_k + tv_k)^p$ at $t = 0$, for positive eigenvalues.

    The second, $-p(1-p)\sum_k\lambda_k^{p-2}v_k^2$, is negative for $0 < p < 1$ in every direction: one of $\pm v$ goes
    down, so a point with a feasible line through it is no local minimum.

    Arguments:
        eigenvalues: $\lambda$, `(d,)`, positive wherever the direction is not zero; direction: $v$, `(d,)`.
        power: $p$, between 0 and 1.

    Examples:
        >>> from thalweg.theory import schatten_derivatives
        >>> schatten_derivatives([1.0, 1.0], [1.0, -1.0], 0.5)
        (0.0, -0.5)

    Reference:
        arora2019implicit, proposition 1.
    """
    _check_power(power, 1)
    values, moves = np.asarray(eigenvalues, float), np.asarray(direction, float)
    along = moves != 0
    values, moves = values[along], moves[along]
    if not (values > 0).all():
        raise ValueError("eigenvalues must be positive where the direction moves them: at zero the power has no derivative")
    first = power * np.sum(values ** (power - 1) * moves)
    return float(first), float(power * (power - 1) * np.sum(values ** (power - 2) * moves**2))


def feasible_directions(spectra: Any) -> np.ndarray:
    r"""An orthonormal basis of the directions that no measurement sees, $Av = 0$, as rows `(d - m, d)`.

    Examples:
        >>> from thalweg.theory import feasible_directions
        >>> feasible_directions([[1.0, 1.0]]).round(6).tolist() in ([[0.707107, -0.707107]], [[-0.707107, 0.707107]])
        True

    Reference:
        arora2019implicit, proposition 1.
    """
    return null_space(reals(spectra, "spectra")).T


def least_along(eigenvalues: Any, direction: Any, power: float, count: int = 201) -> tuple[float, float]:
    r"""The least $\sum_k(\lambda_k + tv_k)^p$ on the feasible segment, and its $t$: always at an end for $0 < p < 1$.

    Raises:
        ValueError: the segment has no end: the direction leaves every eigenvalue where it is or lets it grow.

    Examples:
        >>> from thalweg.theory import least_along
        >>> least, where = least_along([0.5, 0.5], [1.0, -1.0], 0.5)
        >>> round(least, 9), abs(where)
        (1.0, 0.5)

    Reference:
        arora2019implicit, proposition 1.
    """
    values, moves = np.asarray(eigenvalues, float), np.asarray(direction, float)
    if not ((moves > 0).any() and (moves < 0).any()):
        raise ValueError("the direction must lower some eigenvalues and raise others, or the segment has no end")
    low = -np.min(values[moves > 0] / moves[moves > 0])
    high = np.min(values[moves < 0] / -moves[moves < 0])
    at = np.linspace(low, high, count)
    sums = schatten_power(values + at[:, None] * moves, power)
    least = int(np.argmin(sums))
    return float(sums[least]), float(at[least])


def vertices(spectra: Any, values: Any) -> np.ndarray:
    r"""The vertices of $\{\lambda \ge 0: A\lambda = y\}$ as rows, by trying every set of as many columns as there are rows.

    They are the local minima of every $\sum_k\lambda_k^p$, $0 < p < 1$, which is strictly concave there.

    Examples:
        >>> from thalweg.theory import vertices
        >>> vertices([[1.0, 1.0, 1.0]], [2.0]).tolist()
        [[0.0, 0.0, 2.0], [0.0, 2.0, 0.0], [2.0, 0.0, 0.0]]

    Reference:
        arora2019implicit, proposition 1.
    """
    spectra, values = reals(spectra, "spectra"), reals(values, "values")
    count, size = spectra.shape
    if size > 16:
        raise ValueError(f"vertices are found by trying all sets of columns, at most 16 of them, got {size}")
    found = set()
    for columns in itertools.combinations(range(size), count):
        square = spectra[:, columns]
        if abs(np.linalg.det(square)) < ZERO:
            continue
        solved = np.linalg.solve(square, values)
        if solved.min() >= -ZERO:
            vertex = np.zeros(size)
            vertex[list(columns)] = np.maximum(solved, 0.0)
            found.add(tuple(vertex.round(14)))
    return np.array(sorted(found)).reshape(-1, size)


def degenerate_instance(size: int, *, second: bool = False) -> tuple[np.ndarray, np.ndarray]:
    r"""Measurements that commute and all of whose solutions have the same nuclear norm: $A_1 = I$, $y_1 = 1$.

    The flow ends inside the face of solutions, where no Schatten quasi-norm with $0 < p < 1$ has a local minimum.

    Arguments:
        size: $d$, at least 3.
        second: whether $A_2 = \mathrm{diag}(1, -\tfrac15, 0, \ldots)$, $y_2 = \tfrac1{10}$ is there too.

    Returns:
        The spectra $A$ `(m, d)` and the values $y$ `(m,)`.

    Examples:
        >>> from thalweg.theory import degenerate_instance
        >>> degenerate_instance(3)[0].tolist()
        [[1.0, 1.0, 1.0]]

    Reference:
        arora2019implicit, proposition 1, whose own matrices are others.
    """
    whole(size, "size", least=3)
    spectra, values = np.ones((1, size)), np.ones(1)
    if second:
        other = np.zeros(size)
        other[:2] = 1.0, -0.2
        return np.vstack([spectra, other]), np.array([1.0, 0.1])
    return spectra, values


def _check_power(power: float, below: float) -> None:
    if not 0 < power < below:
        raise ValueError(f"power must be between 0 and {below:g}, got {power!r}")
