"""The tangent kernel, and how far it has come from another one along a path."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._arrays import reals
from thalweg.observables.base import AbstractObservable
from thalweg.parametrizations.base import AbstractParametrization, Objective, Params

LARGEST = 4096
"""The most outputs that a kernel is made for: its matrix has their square for entries."""
AT_ONCE = 32
"""Columns made at the same time, each with a copy of the parameters in memory."""


def tangent_kernel(parametrization: AbstractParametrization, params: Params) -> Array:
    r"""The tangent kernel $K = J J^\top$ of all outputs, $J = \partial\,\mathrm{vec}(W)/\partial\theta$.

    Outputs are numbered row by row of the predictor: for a `Model` with one output, entry $(i, j)$ is
    $\langle\nabla f(\theta, x_i), \nabla f(\theta, x_j)\rangle$. Columns are made by a product with $J^\top$ and one with
    $J$, so that $J$ itself is never in memory.

    Arguments:
        parametrization: any, with at most a few thousand outputs.
        params: where.

    Returns:
        $K$, symmetric without negative eigenvalues, `(outputs, outputs)`.

    Raises:
        ValueError: too many outputs.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> tw.tangent_kernel(tw.Diagonal(size=2, depth=2), [np.array([1.0, 2.0]), np.ones(2)]).tolist()
        [[8.0, 0.0], [0.0, 20.0]]

    Reference:
        jacot2018neural, section 4; woodworth2020kernel, section 2.
    """
    rows, columns = parametrization.shape
    size = rows * columns
    if size > LARGEST:
        raise ValueError(
            f"the predictor has {size} entries, and the kernel the square of that; at most {LARGEST} are taken: for a Model, "
            "take fewer inputs by model.at(inputs)"
        )
    return _gram(parametrization, jax.tree.map(jnp.asarray, params))


@jax.jit
def _gram(parametrization: AbstractParametrization, params: Params) -> Array:
    value, forward = jax.linearize(parametrization.predictor, params)
    _, backward = jax.vjp(parametrization.predictor, params)

    def column(unit: Array) -> Array:
        return jnp.ravel(forward(backward(unit)[0]))

    units = jnp.eye(value.size, dtype=value.dtype).reshape(value.size, *value.shape)
    kernel = jax.lax.map(column, units, batch_size=AT_ONCE)
    return (kernel + kernel.T) / 2


class KernelDrift(AbstractObservable):
    r"""How far the tangent kernel has moved from another one, $\|K_t - K_0\|_F/\|K_0\|_F$.

    Arguments:
        kernel: $K_0$, for example `tw.tangent_kernel(network, start)`.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> network, start = tw.Diagonal(size=1, depth=2), [np.ones(1), np.ones(1)]
        >>> drift = tw.KernelDrift(tw.tangent_kernel(network, start))
        >>> objective = tw.Objective(tw.LinearRegression.whitened([[3.0]]), network)
        >>> float(drift(objective, [np.array([2.0]), np.array([1.0])]))
        1.5

    Reference:
        chizat2019lazy, section 1; woodworth2020kernel, section 2.
    """

    kernel: np.ndarray

    def __init__(self, kernel: Any):
        self.kernel = _kernel(kernel)

    @property
    def name(self) -> str:
        return "kernel_drift"

    def check(self, objective: Objective) -> None:
        _fits("KernelDrift", len(self.kernel), objective)

    def __call__(self, objective: Objective, params: Params) -> Array:
        now = tangent_kernel(objective.parametrization, params)
        first = jnp.asarray(self.kernel, now.dtype)
        return jnp.linalg.norm(now - first) / jnp.linalg.norm(first)


class KernelAlignment(AbstractObservable):
    r"""The cosine between the tangent kernel and another one, $\langle K_t, K_0\rangle/(\|K_t\|_F\|K_0\|_F)$.

    Between 0 and 1, since kernels have no negative eigenvalues; 1 for one kernel at any two scales.

    Arguments:
        kernel: $K_0$, for example `tw.tangent_kernel(network, start)`.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> network, start = tw.Diagonal(size=2, depth=2), [np.ones(2), np.ones(2)]
        >>> alignment = tw.KernelAlignment(tw.tangent_kernel(network, start))
        >>> objective = tw.Objective(tw.LinearRegression.whitened([[3.0, 3.0]]), network)
        >>> round(float(alignment(objective, [2 * np.ones(2), np.ones(2)])), 12)
        1.0

    Reference:
        fort2020deep, section 3.
    """

    kernel: np.ndarray

    def __init__(self, kernel: Any):
        self.kernel = _kernel(kernel)

    @property
    def name(self) -> str:
        return "kernel_alignment"

    def check(self, objective: Objective) -> None:
        _fits("KernelAlignment", len(self.kernel), objective)

    def __call__(self, objective: Objective, params: Params) -> Array:
        return _cosine(tangent_kernel(objective.parametrization, params), jnp.asarray(self.kernel))


class TargetAlignment(AbstractObservable):
    r"""How well the tangent kernel is aligned with targets, $y^\top K_t\,y/(\|K_t\|_F\,\|y\|^2)$.

    The cosine between $K_t$ and $yy^\top$: 1 where the kernel knows nothing but the targets. Nothing is centred.

    Arguments:
        targets: $y$, as many as the predictor has entries, row by row; not all zero.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> objective = tw.Objective(tw.LinearRegression.whitened([[3.0, 0.0]]), tw.Diagonal(size=2, depth=2))
        >>> float(tw.TargetAlignment([3.0, 0.0])(objective, [np.array([2.0, 0.0]), np.zeros(2)]))
        1.0

    Reference:
        cortes2012algorithms, section 2, there with kernels centred.
    """

    targets: np.ndarray

    def __init__(self, targets: Any):
        self.targets = reals(targets, "targets").ravel()
        if not np.isfinite(self.targets).all() or not self.targets.any():
            raise ValueError("targets must be finite numbers that are not all zero")

    @property
    def name(self) -> str:
        return "target_alignment"

    def check(self, objective: Objective) -> None:
        _fits("TargetAlignment", len(self.targets), objective)

    def __call__(self, objective: Objective, params: Params) -> Array:
        now = tangent_kernel(objective.parametrization, params)
        y = jnp.asarray(self.targets, now.dtype)
        return (y @ now @ y) / _safe(jnp.linalg.norm(now) * (y @ y))


def _cosine(one: Array, other: Array) -> Array:
    other = other.astype(one.dtype)
    return jnp.sum(one * other) / _safe(jnp.linalg.norm(one) * jnp.linalg.norm(other))


def _safe(product: Array) -> Array:
    return jnp.where(product > 0, product, 1)


def _kernel(value: Any) -> np.ndarray:
    kernel = reals(value, "kernel")
    if kernel.ndim != 2 or kernel.shape[0] != kernel.shape[1] or not np.isfinite(kernel).all():
        raise ValueError(f"kernel must be a finite square matrix, such as tw.tangent_kernel gives; got shape {kernel.shape}")
    if not kernel.any():
        raise ValueError("the kernel is zero: nothing moves to first order, as at a saddle; take one from a point beside it")
    return kernel


def _fits(observable: str, size: int, objective: Objective) -> None:
    rows, columns = objective.shape
    if size != rows * columns:
        raise ValueError(f"{observable} was made for {size} outputs, the predictor has {rows * columns}: {rows} x {columns}")
