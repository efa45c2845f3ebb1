"""Whether a parametrization is homogeneous in its parameters, of which degree, and what keeps it from being so."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._arrays import reals
from thalweg._module import number
from thalweg._shown import shown
from thalweg.parametrizations.base import AbstractParametrization, Params

SCALES = (0.5, 1.0, 2.0)
CANCELLED = 1e-6
NEAR = 0.1
"""How far, relative to the size of the parameters, the points around them lie."""


@shown
@dataclasses.dataclass(frozen=True)
class Homogeneity:
    r"""What was measured of $\langle\theta, \nabla f(\theta)\rangle = D\,f(\theta)$.

    Arguments:
        degree: $D$, by least squares over points and outputs.
        deviation: the largest $|\langle\theta, \nabla f\rangle - D f|$ over points and outputs, relative to the largest
            $|D f|$ at its point.
        holds: whether the deviation is within the tolerance.
        breaks: names of the leaves of the parameters with which it does not hold and without which it does; empty
            where it holds, and where no set of leaves accounts for it.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> print(tw.homogeneity(tw.Diagonal(size=2, depth=3), [np.array([1.0, 2.0]), np.array([1.0, 1.0])]))
        homogeneous of degree 3
    """

    degree: float
    deviation: float
    holds: bool
    breaks: tuple[str, ...]

    def __str__(self) -> str:
        if self.holds:
            return f"homogeneous of degree {self.degree:.6g}"
        said = f"not homogeneous: <params, gradient> is up to {self.deviation:.2g} of {self.degree:.3g} f away from it"
        if self.breaks:
            names = ", ".join(self.breaks)
            return f"{said}; it is homogeneous without {names}: leave these out (biases may stay in the first layer)"
        return f"{said}; no parameters account for it: look at the function itself (activations, skips, normalisation)"


def homogeneity(parametrization: AbstractParametrization, params: Params, *, rtol: Any = None) -> Homogeneity:
    r"""Measures the degree $D$ with $f(c\theta) = c^D f(\theta)$, by Euler's identity at points on rays.

    At the parameters and at a point near them, each times 1/2, 1 and 2, $\langle\theta, \nabla f\rangle$ is laid beside
    $f$ for every output. Where they are not in one proportion, leaves of the parameters are set to zero, as many as can
    be without the others losing their effect, and put back one after another: those that break the identity are named.

    Arguments:
        parametrization: any; params: where to measure it. Leaves that are zero there, such as biases at a start, are
            not zero at the point near by.
        rtol: the deviation up to which it holds; by default the square root of the precision, 1.5e-8 in float64.

    Raises:
        ValueError: a predictor that is zero, or not finite, at all points.

    Examples:
        >>> import jax.numpy as jnp
        >>> import numpy as np
        >>> import thalweg as tw
        >>> def network(params, x):
        ...     return params["out"] @ jnp.maximum(params["in"] @ x, 0.0) + params["bias"]
        >>> params = {"in": np.eye(2), "out": np.array([1.0, -2.0]), "bias": np.array(0.5)}
        >>> model = tw.Model(network, inputs=[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
        >>> found = tw.homogeneity(model, params)
        >>> found.holds, found.breaks
        (False, ("['bias']",))

    Reference:
        lyu2020gradient, section 2; woodworth2020kernel, section 3.
    """
    points = _points(params)
    precision = jax.eval_shape(parametrization.predictor, points[0]).dtype
    allowed = float(np.sqrt(jnp.finfo(precision).eps) if rtol is None else number(rtol, "rtol", above=0))
    degree, deviation = _measured(parametrization, points)
    if not np.isfinite(degree):
        raise ValueError("the predictor is zero or not finite at the parameters and near them; take other parameters")
    breaks = () if deviation <= allowed else _breaking(parametrization, points, allowed)
    return Homogeneity(degree, deviation, deviation <= allowed, breaks)


def _points(params: Params) -> list[Params]:
    params = jax.tree.map(lambda leaf: reals(leaf, "params"), params)
    leaves, structure = jax.tree.flatten(params)
    if not leaves:
        raise ValueError("there are no parameters")
    count = sum(leaf.size for leaf in leaves)
    size = np.sqrt(sum(float(np.sum(leaf**2)) for leaf in leaves) / count) or 1.0
    rng = np.random.default_rng(0)  # fixed: a measurement at a place, not a draw
    near = [leaf + NEAR * size * rng.normal(size=leaf.shape) for leaf in leaves]
    rays = [leaves, near]
    return [jax.tree.unflatten(structure, [scale * leaf for leaf in ray]) for ray in rays for scale in SCALES]


@jax.jit
def _euler(parametrization: AbstractParametrization, point: Params) -> tuple[Array, Array]:
    r"""$f(\theta)$ and $\langle\theta, \nabla f(\theta)\rangle$."""
    return jax.jvp(parametrization.predictor, (point,), (point,))


def _measured(parametrization: AbstractParametrization, points: list[Params]) -> tuple[float, float]:
    """The degree and the deviation; not finite where the predictor is zero at all points."""
    pairs = []
    for point in points:
        value, slope = _euler(parametrization, jax.tree.map(jnp.asarray, point))
        pairs.append((np.ravel(np.asarray(value)), np.ravel(np.asarray(slope))))
    values, slopes = (np.stack(column) for column in zip(*pairs, strict=True))
    sizes = np.abs(values).max(axis=1)
    # where copies cancel, what is left of the predictor is rounding: such a ray says nothing
    largest = np.tile(sizes.reshape(-1, len(SCALES)).max(axis=0), len(points) // len(SCALES))
    kept = sizes > CANCELLED * largest
    values, slopes = values[kept] / sizes[kept, None], slopes[kept] / sizes[kept, None]
    total = float(np.sum(values**2))
    if total == 0 or not np.isfinite(total):
        return np.nan, np.nan
    degree = float(np.sum(values * slopes) / total)
    return degree, float(np.abs(slopes - degree * values).max() / max(abs(degree), 1e-300))


def _breaking(parametrization: AbstractParametrization, points: list[Params], allowed: float) -> tuple[str, ...]:
    paths = jax.tree_util.tree_flatten_with_path(points[0])[0]
    names, sizes = [jax.tree_util.keystr(path) for path, _ in paths], [leaf.size for _, leaf in paths]

    def without(chosen: list[int]) -> list[Params]:
        return [_zeroed(point, chosen) for point in points]

    zeroed: list[int] = []
    for index in sorted(range(len(sizes)), key=lambda i: sizes[i]):
        if _rest_matters(parametrization, without([*zeroed, index])[-1], [*zeroed, index]):
            zeroed.append(index)
    if not zeroed or not _measured(parametrization, without(zeroed))[1] <= allowed:
        return ()
    for index in sorted(zeroed):
        fewer = [other for other in zeroed if other != index]
        if _measured(parametrization, without(fewer))[1] <= allowed:
            zeroed = fewer
    return tuple(names[index] for index in sorted(zeroed))


def _zeroed(point: Params, chosen: list[int]) -> Params:
    leaves, structure = jax.tree.flatten(point)
    return jax.tree.unflatten(structure, [0 * leaf if i in chosen else leaf for i, leaf in enumerate(leaves)])


def _rest_matters(parametrization: AbstractParametrization, point: Params, zeroed: list[int]) -> bool:
    """Whether every leaf that is not set to zero still moves the predictor."""
    value, back = jax.vjp(parametrization.predictor, jax.tree.map(jnp.asarray, point))
    weights = np.random.default_rng(1).normal(size=value.shape).astype(value.dtype)
    slopes = jax.tree.leaves(back(jnp.asarray(weights))[0])
    return all(bool(jnp.any(slope != 0)) for index, slope in enumerate(slopes) if index not in zeroed)
