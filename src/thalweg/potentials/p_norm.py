r"""Half the squared $\ell_p$ norm."""

from typing import Any

import numpy as np

from thalweg._module import number
from thalweg.potentials.base import AbstractPotential, Vector, namespace


class PNorm(AbstractPotential):
    r"""$\psi(w) = \frac12\|w\|_p^2$ for $p > 1$; its conjugate is $\frac12\|z\|_q^2$ with $\frac1p + \frac1q = 1$.

    The mirror map is $\|w\|_p^{2-p}\,\mathrm{sign}(w)|w|^{p-1}$, its inverse the same with q. For p near 1 the solution
    that mirror descent finds from zero is close to that of least $\ell_1$ norm; p = 2 is gradient descent. The norm is of
    the vector along the last axis, so that this potential is no sum over coordinates.

    Arguments:
        p: greater than 1.

    Raises:
        ValueError: p that is not a finite number greater than 1.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> potential = tw.potentials.PNorm(1.5)
        >>> w = np.array([1.0, -0.5, 0.0])
        >>> bool(np.allclose(potential.inverse(potential.gradient(w)), w)), float(potential.dual_power)
        (True, 3.0)

    Reference:
        gunasekar2018characterizing, section 2; grove2001general, section 4.
    """

    p: np.ndarray

    def __init__(self, p: Any):
        self.p = number(p, "p", above=1)

    @property
    def dual_power(self) -> Any:
        r"""$q = p/(p-1)$."""
        return self.p / (self.p - 1)

    def value(self, point: Vector) -> Vector:
        return 0.5 * _norm(point, self.p)[..., 0] ** 2

    def gradient(self, point: Vector) -> Vector:
        return _mirrored(point, self.p)

    def inverse(self, dual: Vector) -> Vector:
        return _mirrored(dual, self.dual_power)

    def conjugate(self, dual: Vector) -> Vector:
        return 0.5 * _norm(dual, self.dual_power)[..., 0] ** 2

    def natural(self, point: Vector, covector: Vector) -> Vector:
        r"""$\nabla^2\psi(w)^{-1} g$; not a number at $w = 0$ unless p = 2, infinite where p > 2 and a coordinate is zero."""
        xp, q = namespace(point), self.dual_power
        dual = self.gradient(point)
        size = _norm(dual, q)
        # at zero the curvature depends on the direction, except that of the Euclidean norm
        size = xp.where(size > 0, size, xp.where(q == 2, 1.0, np.nan))
        unit = dual / size
        slope = xp.sign(unit) * abs(unit) ** (q - 1)
        with np.errstate(divide="ignore"):
            curved = abs(unit) ** (q - 2)
        return (2 - q) * (slope * covector).sum(-1, keepdims=True) * slope + (q - 1) * curved * covector


def _norm(vector: Vector, p: Any) -> Vector:
    """The norm along the last axis, which is kept; the largest coordinate is taken out, so that powers do not overflow."""
    xp = namespace(vector)
    most = abs(vector).max(-1, keepdims=True)
    unit = vector / xp.where(most > 0, most, 1.0)
    return most * (abs(unit) ** p).sum(-1, keepdims=True) ** (1 / p)


def _mirrored(vector: Vector, p: Any) -> Vector:
    xp = namespace(vector)
    size = _norm(vector, p)
    unit = vector / xp.where(size > 0, size, 1.0)
    return size * xp.sign(unit) * abs(unit) ** (p - 1)
