"""The basis in which symmetric matrices that commute are all diagonal, and how far given ones are from commuting."""

import dataclasses
from typing import Any

import numpy as np

from thalweg._arrays import reals
from thalweg._shown import shown


@shown
@dataclasses.dataclass(frozen=True)
class JointEigenbasis:
    """An orthonormal basis that diagonalises several symmetric matrices, as far as they let it.

    Arguments:
        basis: its vectors as columns, `(d, d)`.
        spectra: the diagonals of the matrices in it, `(m, d)`.
        commutator: the largest norm of a commutator, relative to the product of the two norms; 0 where all commute.
        asymmetry: the largest norm of an antisymmetric part, relative to the norm of its matrix.
        remainder: the largest part of a matrix off the diagonal in the basis, relative to its norm.

    Examples:
        >>> import numpy as np
        >>> from thalweg.theory import joint_eigenbasis
        >>> found = joint_eigenbasis([np.diag([1.0, 2.0]), np.eye(2)])
        >>> found.commutator, sorted(found.spectra[0].tolist())
        (0.0, [1.0, 2.0])
    """

    basis: np.ndarray
    spectra: np.ndarray
    commutator: float
    asymmetry: float
    remainder: float

    def diagonals(self, matrices: np.ndarray) -> np.ndarray:
        """The diagonals of matrices `(..., d, d)` in the basis, `(..., d)`."""
        return np.einsum("ik,...ij,jk->...k", self.basis, matrices, self.basis)


def joint_eigenbasis(measurements: Any) -> JointEigenbasis:
    r"""The joint eigenbasis of commuting symmetric matrices $A_1, \ldots, A_m$.

    It is the eigenbasis of a combination of them with weights drawn once and for all: where they commute, two directions
    share an eigenvalue of the combination only if they share it in every $A_i$, but for a set of weights of measure zero.
    Matrices that do not commute are diagonalised as far as the combination does it; `commutator` says how far they are.

    Arguments:
        measurements: the matrices, `(m, d, d)`.

    Raises:
        ValueError: not square, not finite, or all zero.

    Examples:
        >>> import numpy as np
        >>> from thalweg.theory import joint_eigenbasis
        >>> flip = np.array([[0.0, 1.0], [1.0, 0.0]])
        >>> found = joint_eigenbasis([flip, np.eye(2)])
        >>> np.allclose(sorted(found.spectra[0]), [-1, 1]), found.commutator
        (True, 0.0)
        >>> joint_eigenbasis([flip, np.diag([1.0, 0.0])]).commutator > 0.1
        True

    Reference:
        gunasekar2017implicit, theorem 1; arora2019implicit, theorem 2.
    """
    matrices = reals(measurements, "measurements")
    if matrices.ndim != 3 or matrices.shape[1] != matrices.shape[2] or 0 in matrices.shape:
        raise ValueError(f"measurements must be square matrices, an array (m, d, d), got shape {matrices.shape}")
    if not np.isfinite(matrices).all():
        raise ValueError("measurements must be finite; NaN and infinity cannot be measured")
    sizes = np.linalg.norm(matrices, axis=(1, 2))
    if not sizes.all():
        raise ValueError(f"measurement {int(np.argmin(sizes))} is the zero matrix: it measures nothing")
    units = matrices / sizes[:, None, None]
    flipped = np.swapaxes(units, 1, 2)
    asymmetry = float(np.linalg.norm(units - flipped, axis=(1, 2)).max()) / 2
    products = np.einsum("aij,bjk->abik", units, units)
    commutator = float(np.linalg.norm(products - np.swapaxes(products, 0, 1), axis=(2, 3)).max())
    weights = np.random.default_rng(0).normal(size=len(units))
    _, basis = np.linalg.eigh(np.tensordot(weights, (units + flipped) / 2, axes=1))
    turned = np.einsum("ik,aij,jl->akl", basis, units, basis)
    diagonals = np.einsum("akk->ak", turned)
    remainder = float(np.linalg.norm(turned - diagonals[:, :, None] * np.eye(len(basis)), axis=(1, 2)).max())
    return JointEigenbasis(basis, diagonals * sizes[:, None], commutator, asymmetry, remainder)
