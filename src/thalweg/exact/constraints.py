"""Linear constraints of one vector, from a problem or a pair, with what depends on others taken out."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from thalweg._arrays import reals
from thalweg._shown import shown

_APART = 1e-9  # constraints that no vector meets more nearly than this, relative to their levels, contradict each other


@shown
@dataclass(frozen=True)
class Constraints:
    """$Aw = b$ as orthogonal rows: `rows` (r, d), `levels` (r,), and `turn` (m, r) with which A = turn @ rows."""

    rows: np.ndarray
    levels: np.ndarray
    turn: np.ndarray


def constraints(problem: Any) -> Constraints:
    """The constraints that a `LinearRegression` of one output makes when it is interpolated, or those of a pair (A, b).

    Raises:
        TypeError: neither of them.
        ValueError: several outputs, shapes that do not agree, or constraints that contradict each other.

    Examples:
        >>> found = constraints(([[1.0, 1.0], [2.0, 2.0]], [1.0, 2.0]))
        >>> found.rows.shape, np.allclose(found.turn @ found.levels, [1.0, 2.0])
        ((1, 2), True)
    """
    if all(hasattr(problem, name) for name in ("root", "solution", "floor")):
        _some(problem.root.shape[1])
        if problem.solution.shape[0] != 1:
            raise ValueError(f"the problem must have one output, it has {problem.solution.shape[0]}")
        levels = (problem.solution @ problem.root)[0]
        missed, size = float(np.sqrt(2 * problem.floor)), float(np.linalg.norm(levels))
        _consistent(missed, np.hypot(missed, size))
        return Constraints(np.ascontiguousarray(problem.root.T), levels, np.eye(len(levels)))
    if not (isinstance(problem, tuple | list) and len(problem) == 2):
        raise TypeError(f"the problem must be a tw.LinearRegression or a pair (A, b), got {problem!r:.80}")
    matrix, levels = reals(problem[0], "A"), reals(problem[1], "b").ravel()
    if matrix.ndim != 2 or 0 in matrix.shape or matrix.shape[0] != len(levels):
        raise ValueError(f"A must be (m, d) and b (m,), got shapes {matrix.shape} and {levels.shape}")
    if not (np.isfinite(matrix).all() and np.isfinite(levels).all()):
        raise ValueError("A and b must be finite")
    left, sizes, right = np.linalg.svd(matrix, full_matrices=False)
    kept = sizes > max(matrix.shape) * np.finfo(float).eps * sizes[0]
    _some(int(kept.sum()))
    left, rows = left[:, kept], sizes[kept, None] * right[kept]
    turned = levels @ left
    _consistent(float(np.linalg.norm(levels - left @ turned)), float(np.linalg.norm(levels)))
    return Constraints(rows, turned, left)


def _some(rank: int) -> None:
    if not rank:
        raise ValueError("the constraints are all zero: they ask nothing of the vector")


def _consistent(missed: float, size: float) -> None:
    if missed > _APART * size:
        raise ValueError(
            f"no vector meets all constraints: the nearest misses them by {missed:.3g}, where their levels have norm {size:.3g}; "
            "take more coefficients than samples, or outputs that a vector fits"
        )
