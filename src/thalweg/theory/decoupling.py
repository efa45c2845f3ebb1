"""Matrices that share singular vectors: the common frame, and what is left off the diagonal in it."""

from collections.abc import Sequence

import numpy as np

GOLDEN = 0.6180339887498949
"""The weight of each matrix after the first in the sum whose singular vectors are taken: no simple ratio, so that values
which are equal in one matrix are told apart by another."""


def shared_vectors(matrices: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    r"""Orthogonal $U$, $V$ such that every $U^\top AV$ is diagonal, where the matrices allow it.

    The singular vectors of a weighted sum of the matrices: where they share singular vectors, with diagonals of one sign,
    these are theirs, also where each of them alone repeats a singular value. Whether they do is what `off_diagonal` says.

    Arguments:
        matrices: of one shape `(rows, columns)`.

    Returns:
        $U$ of shape `(rows, rows)` and $V$ of shape `(columns, columns)`.

    Raises:
        ValueError: no matrices, or matrices of several shapes.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> u, v = tw.theory.shared_vectors([np.eye(2), np.array([[2.0, 1.0], [1.0, 2.0]])])
        >>> bool(abs(u.T @ np.array([[2.0, 1.0], [1.0, 2.0]]) @ v - np.diag([3.0, 1.0])).max() < 1e-12)
        True

    Reference:
        saxe2014exact, section 1.1, learning dynamics with orthogonal inputs.
    """
    shapes = {np.shape(matrix) for matrix in matrices}
    if len(shapes) != 1 or len(next(iter(shapes))) != 2:
        raise ValueError(f"matrices must be one or more of one shape, got shapes {sorted(shapes)}")
    total = np.zeros(next(iter(shapes)))
    for place, matrix in enumerate(matrices):
        size = float(np.linalg.norm(matrix))
        total = total + GOLDEN**place * np.asarray(matrix) / (size or 1.0)
    u, _, vt = np.linalg.svd(total)
    return u, vt.T


def off_diagonal(matrix: np.ndarray) -> float:
    r"""$\|\mathrm{offdiag}(A)\|_F/\|A\|_F$: the share of a matrix that is off its diagonal, 0 for the zero matrix.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> float(round(tw.theory.off_diagonal(np.array([[3.0, 4.0]])), 12))
        0.8

    Reference:
        gidel2019implicit, assumption of a common decomposition.
    """
    rest = np.array(matrix, dtype=float)
    size = float(np.linalg.norm(rest))
    np.fill_diagonal(rest, 0.0)
    return float(np.linalg.norm(rest)) / size if size else 0.0
