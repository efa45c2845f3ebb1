r"""What a diagonal network of any depth minimizes: from the $\ell_1$ to the $\ell_2$ norm."""

from typing import Any

import numpy as np

from thalweg._module import number, static
from thalweg.potentials.base import AbstractSeparable, Vector, namespace, positive

ITERATIONS = 6
"""Of Newton's method for `angle`, which four bring to rounding: the slope of what it solves varies by a factor 2."""


class DiagonalBias(AbstractSeparable):
    r"""The implicit bias of depth $D$, $Q^D_\alpha(\beta) = \alpha^D\sum_i w_{0,i}^2\,q_D(\beta_i/(\alpha w_{0,i})^D)$.

    $q_D = \int h_D^{-1}$ with $h_D(z) = (1-z)^{-D/(D-2)} - (1+z)^{-D/(D-2)}$ on $(-1, 1)$, and for $D = 2$
    $q_2(z) = 2 - \sqrt{4+z^2} + z\,\mathrm{arcsinh}(z/2)$: `Hypentropy`. What a diagonal network $w_+^D - w_-^D$ that
    starts at $w_\pm = \alpha w_0$ under gradient flow minimizes among all solutions, as
    $\frac{d}{dt}\nabla Q = -\texttt{rate}\,\nabla\ell$. For a small scale close to a multiple of $\|\beta\|_1$, at every
    depth, for a large one to a multiple of $\sum_i w_{0,i}^{2-2D}\beta_i^2$.

    Above depth 2 duals are bounded, and near the bound a dual tells points apart as far as floating-point numbers do
    $1 - |z| \approx (\alpha^D/|\beta|)^{1-2/D}$: a coefficient of $10^{10}\alpha^D$ to six digits at large depths, to nine at
    depth 8 and to thirteen at depth 3.

    Arguments:
        depth: $D$, at least 2; need not be whole.
        scale: $\alpha$, positive; one number, or one for each instance of a batch, (B, 1).
        shape: $w_0$, positive; one number for all coordinates or one for each: where a start differs between coordinates.

    Attributes:
        rate: 4 at depth 2 and $D(D-2)\alpha^{D-2}$ above: how fast the network moves on the mirror flow's path.

    Raises:
        ValueError: a depth below 2, a scale or shape that is not positive and finite.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> potential = tw.potentials.DiagonalBias(depth=3, scale=0.1)
        >>> w = np.array([1.0, -0.5])
        >>> bool(np.allclose(potential.inverse(potential.gradient(w)), w)), potential.dual_bound
        (True, 1.0)

    Reference:
        woodworth2020kernel, theorem 3.
    """

    scale: np.ndarray
    shape: np.ndarray
    depth: float = static()

    def __init__(self, depth: float, scale: Any, shape: Any = 1.0):
        self.depth = float(number(depth, "depth"))
        if self.depth < 2:
            raise ValueError(f"depth must be at least 2, got {depth!r}; a network of depth 1 is linear: tw.potentials.Quadratic")
        self.scale, self.shape = positive(scale, "scale"), positive(shape, "shape")

    @property
    def rate(self) -> Vector:
        r"""The speed of the network relative to $\frac{d}{dt}\nabla Q(\beta) = -\nabla\ell(\beta)$."""
        depth = self.depth
        return np.array(4.0) if depth == 2 else depth * (depth - 2) * self.scale ** (depth - 2)

    @property
    def dual_bound(self) -> Any:
        if self.depth == 2:
            return np.inf
        bound = self.shape ** (2 - self.depth)
        return bound if bound.ndim else float(bound)

    def density(self, point: Vector) -> Vector:
        return self._weight * unit_bias(point / self._unit, self.depth)

    def gradient(self, point: Vector) -> Vector:
        b = point / self._unit
        if self.depth == 2:
            return namespace(b).arcsinh(b / 2)
        return namespace(b).tanh(angle(b, self._power)) * self._slope

    def inverse(self, dual: Vector) -> Vector:
        if self.depth == 2:
            return 2 * self._unit * namespace(dual).sinh(dual)
        inside, t = self._inside(dual)
        return _where(inside, self._unit * steep(t, self._power), np.nan)

    def conjugate_density(self, dual: Vector) -> Vector:
        if self.depth == 2:
            return 4 * self._weight * namespace(dual).sinh(dual / 2) ** 2
        inside, t = self._inside(dual)
        return _where(inside, self._weight * unit_conjugate(t, self._power), np.inf)

    def inverse_slope(self, dual: Vector) -> Vector:
        if self.depth == 2:
            return 2 * self._unit * namespace(dual).cosh(dual)
        inside, t = self._inside(dual)
        xp, p = namespace(dual), self._power
        # dh/dt over dz/dt = 1/cosh(t)^2
        slope = 2 * p * xp.exp((p + 1) * _log_cosh(t)) * xp.cosh((p + 1) * t)
        return _where(inside, self._unit * slope / self._slope, np.nan)

    @property
    def _power(self) -> float:
        return self.depth / (self.depth - 2)

    @property
    def _unit(self) -> Vector:
        return (self.scale * self.shape) ** self.depth

    @property
    def _weight(self) -> Vector:
        return self.scale**self.depth * self.shape**2

    @property
    def _slope(self) -> Vector:
        return self.shape ** (2 - self.depth)

    def _inside(self, dual: Vector) -> tuple[Vector, Vector]:
        z = dual / self._slope
        inside = abs(z) < 1
        return inside, namespace(dual).arctanh(_where(inside, z, 0.0))


def unit_bias(b: Vector, depth: float) -> Vector:
    """$q_D(b)$."""
    xp = namespace(b)
    if depth == 2:
        # 2 - sqrt(4 + b^2) written without its cancellation at small b and its overflow at huge ones
        return b * xp.arcsinh(b / 2) - b * (b / (2 + xp.hypot(2.0, b)))
    power = depth / (depth - 2)
    t = angle(b, power)
    return xp.tanh(t) * b - unit_conjugate(t, power)


def steep(t: Vector, power: float) -> Vector:
    r"""$h_D(\tanh t) = 2\cosh^p t\,\sinh pt$ with $p = D/(D-2)$: no cancellation at small t, none at z near 1."""
    xp = namespace(t)
    return 2 * xp.exp(power * _log_cosh(t)) * xp.sinh(power * t)


def unit_conjugate(t: Vector, power: float) -> Vector:
    r"""$q_D^*(\tanh t) = \frac{2}{m}(\cosh^m t\,\cosh mt - 1)$ with $m = p - 1 = 2/(D-2)$."""
    xp, m = namespace(t), power - 1
    grown = xp.expm1(m * _log_cosh(t))
    return 2 / m * (grown + (1 + grown) * 2 * xp.sinh(m * t / 2) ** 2)


def angle(b: Vector, power: float) -> Vector:
    r"""The $t$ with $2\cosh^p t\,\sinh pt = b$, to rounding for every finite b: Newton's method on arcsinh of both sides."""
    xp = namespace(b)
    size = abs(b)
    wanted = xp.arcsinh(size / 2)
    t = wanted / power
    for _ in range(ITERATIONS):
        # in two pieces, as cosh^p t sinh pt overflows on the way to a root at which it does not
        far = power * t > 300.0
        near = xp.where(far, 0.0, t)
        grown, half = xp.exp(power * _log_cosh(near)), power * near
        inner = grown * xp.sinh(half)
        root = xp.hypot(1.0, inner)
        outer = xp.where(far, t, 1.0)
        here = xp.where(far, power * (_log_cosh(outer) + outer), xp.arcsinh(inner))
        slope = xp.where(far, power * (1 + xp.tanh(outer)), power * (grown * xp.cosh(half) + xp.tanh(near) * inner) / root)
        t = xp.maximum(t - (here - wanted) / slope, 0.0)
    return xp.sign(b) * t


def _log_cosh(t: Vector) -> Vector:
    xp = namespace(t)
    return xp.log1p(2 * xp.sinh(t / 2) ** 2)


def _where(inside: Vector, value: Vector, outside: float) -> Vector:
    return namespace(value).where(inside, value, outside)
