"""Linear regression: a matrix that maps inputs to outputs."""

from typing import Any, Self

import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._arrays import reals
from thalweg.problems.base import AbstractProblem
from thalweg.problems.conventions import checked, weight


class LinearRegression(AbstractProblem):
    r"""Linear regression, $\ell(W) = \frac{1}{2m}\|WX - Y\|_F^2$.

    Kept as $\frac12\|(W - W^*)R\|_F^2 + c$ with $RR^\top = \Sigma_x$ the second moment of the inputs, $W^*$ the solution of
    least norm and $c$ the least loss: the cost does not grow with the number of samples, and the excess of the loss over
    $c$ can be followed down to rounding.

    It is stated so in arora2018optimization, section 4, and gidel2019implicit, equation (1).

    Arguments:
        inputs: $X$, of shape $(d_0, m)$, a sample a column; outputs: $Y$, of shape $(d_N, m)$.
        loss: the convention, by name (see `MatrixCompletion`); the mean is over the samples.

    Attributes:
        input_moment: $\Sigma_x$, $(d_0, d_0)$; cross_moment: $\Sigma_{yx}$, $(d_N, d_0)$; both scaled as the loss is, such
            that $\nabla\ell(W) = W\Sigma_x - \Sigma_{yx}$.
        target: $W^*$; floor: $c$.

    Raises:
        ValueError: shapes that do not agree, no samples, or numbers that are not finite.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression(inputs=[[1.0, 2.0]], outputs=[[2.0, 4.0]])
        >>> problem.target.round(12).tolist(), round(float(problem.loss(np.zeros((1, 1)))), 12)
        ([[2.0]], 5.0)
    """

    root: np.ndarray
    solution: np.ndarray
    floor: np.ndarray

    def __init__(self, inputs: Any, outputs: Any, *, loss: str = "half mean of squares"):
        x, y = _table(inputs, "inputs"), _table(outputs, "outputs")
        if x.shape[1] != y.shape[1]:
            raise ValueError(f"inputs and outputs need as many columns as there are samples, got {x.shape} and {y.shape}")
        root = np.sqrt(2 * weight(checked(loss), x.shape[1]))
        u, s, vt = np.linalg.svd(root * x, full_matrices=False)
        kept = s > max(x.shape) * np.finfo(float).eps * s[0]
        u, s, vt = u[:, kept], s[kept], vt[kept]
        rotated = root * y @ vt.T
        self.root = u * s
        self.solution = (rotated / s) @ u.T
        self.floor = np.array(0.5 * max(float(np.sum((root * y - rotated @ vt) ** 2)), 0.0))

    @classmethod
    def from_moments(cls, input_moment: Any, cross_moment: Any) -> Self:
        r"""The loss $\frac12\mathrm{tr}(W\Sigma_x W^\top) - \langle W, \Sigma_{yx}\rangle$ plus a constant: its least is 0.

        Arguments:
            input_moment: $\Sigma_x$, symmetric and without negative eigenvalues, $(d_0, d_0)$.
            cross_moment: $\Sigma_{yx}$, $(d_N, d_0)$, its rows in the range of $\Sigma_x$.

        Examples:
            >>> import numpy as np
            >>> import thalweg as tw
            >>> tw.LinearRegression.from_moments(np.diag([1.0, 0.5]), np.diag([2.0, 1.0])).target.tolist()
            [[2.0, 0.0], [0.0, 2.0]]
        """
        moment, cross = _table(input_moment, "input_moment"), _table(cross_moment, "cross_moment")
        if moment.shape[0] != moment.shape[1] or cross.shape[1] != len(moment):
            raise ValueError(f"input_moment must be (d_0, d_0) and cross_moment (d_N, d_0), got {moment.shape} and {cross.shape}")
        if not np.allclose(moment, moment.T, rtol=0, atol=1e-12 * np.abs(moment).max()):
            raise ValueError("input_moment must be symmetric: it is the second moment of the inputs")
        values, vectors = np.linalg.eigh((moment + moment.T) / 2)
        least = len(moment) * np.finfo(float).eps * np.abs(values).max()
        if values.min() < -least:
            raise ValueError(f"input_moment must have no negative eigenvalue, it has {values.min():.3g}")
        kept = values > least
        outside = cross - cross @ vectors[:, kept] @ vectors[:, kept].T
        if np.linalg.norm(outside) > 1e-9 * max(np.linalg.norm(cross), 1e-300):
            raise ValueError("cross_moment must have its rows in the range of input_moment, or the loss has no least value")
        root = vectors[:, kept] * np.sqrt(values[kept])
        return cls._of(root, (cross @ vectors[:, kept] / values[kept]) @ vectors[:, kept].T)

    @classmethod
    def whitened(cls, target: Any) -> Self:
        r"""The loss $\frac12\|W - \Phi\|_F^2$ that whitened inputs leave.

        Examples:
            >>> import numpy as np
            >>> import thalweg as tw
            >>> float(tw.LinearRegression.whitened(np.eye(2)).loss(np.zeros((2, 2))))
            1.0
        """
        target = _table(target, "target")
        return cls._of(np.eye(target.shape[1]), target)

    @classmethod
    def _of(cls, root: np.ndarray, solution: np.ndarray) -> Self:
        made = object.__new__(cls)
        for name, value in (("root", root), ("solution", solution), ("floor", np.zeros(()))):
            object.__setattr__(made, name, value)
        return made

    def _told(self) -> dict[str, Any]:
        return {"shape": self.shape, "rank": self.root.shape[1], "target": self.solution, "floor": self.floor}

    @property
    def shape(self) -> tuple[int, int]:
        return self.solution.shape[0], self.solution.shape[1]

    @property
    def target(self) -> np.ndarray:
        """The solution of least norm, $W^*$."""
        return self.solution

    @property
    def input_moment(self) -> np.ndarray:
        r"""$\Sigma_x$."""
        return self.root @ self.root.T

    @property
    def cross_moment(self) -> np.ndarray:
        r"""$\Sigma_{yx}$."""
        return self.solution @ self.input_moment

    def loss(self, predictor: Array) -> Array:
        return 0.5 * jnp.sum(((predictor - self.solution) @ self.root) ** 2) + self.floor

    def loss_and_gradient(self, predictor: Array) -> tuple[Array, Array]:
        residual = (predictor - self.solution) @ self.root
        return 0.5 * jnp.sum(residual**2) + self.floor, residual @ self.root.T


def _table(value: Any, name: str) -> np.ndarray:
    array = reals(value, name)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"{name} must be a matrix with at least one entry, got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite; {np.sum(~np.isfinite(array))} of its entries are not")
    return array
