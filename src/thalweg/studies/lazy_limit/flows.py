"""Paths of the study by scipy, in displacements from the start, so that a large start costs no digits."""

import itertools
from collections.abc import Callable

import numpy as np
from scipy.integrate import solve_ivp

STEPS = 20
"""Equal steps between two times."""


def displacement(
    depth: int, scale: float, inputs: np.ndarray, targets: np.ndarray, times: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    r"""$u = \alpha^{D-1}(w_\alpha(t/\alpha^{2(D-1)}) - \alpha w_0)$ and $\beta$ at times $t$, for $w_0 = 1$.

    Of a diagonal network from equal halves. In these coordinates
    $\dot u_\pm = \mp D(1 + \alpha^{-D}u_\pm)^{D-1} \odot X^\top(X\beta - y)$, with
    $\beta = \alpha^D[(1 + \alpha^{-D}u_+)^D - (1 + \alpha^{-D}u_-)^D]$ by differences that keep all digits.

    Arguments:
        inputs: $X$, (n, d), a sample a row; targets: $y$; the loss is $\frac12\|X\beta - y\|^2$.
        times: increasing from 0.

    Returns:
        `(times, 2d)` and `(times, d)`.
    """
    d, large = inputs.shape[1], scale**depth

    def coefficients(u: np.ndarray) -> np.ndarray:
        grown = large * np.expm1(depth * np.log1p(u / large))
        return grown[..., :d] - grown[..., d:]

    def field(_: float, u: np.ndarray) -> np.ndarray:
        slope = inputs.T @ (inputs @ coefficients(u) - targets)
        return -depth * (1 + u / large) ** (depth - 1) * np.concatenate([slope, -slope])

    found = solve_ivp(field, (0.0, times[-1]), np.zeros(2 * d), method="DOP853", t_eval=times, rtol=1e-12, atol=1e-14)
    return found.y.T, coefficients(found.y.T)


def kernel_flow(jacobian: np.ndarray, residual: np.ndarray, times: np.ndarray) -> np.ndarray:
    r"""$u$ along $\dot u = -J^\top(Ju - r)$ from zero, in closed form, `(times, parameters)`."""
    values, vectors = np.linalg.eigh(jacobian @ jacobian.T)
    kept = values > 1e-12 * values[-1]
    rates, vectors = values[kept], vectors[:, kept]
    covered = -np.expm1(-np.outer(times, rates)) / rates
    return (covered * (vectors.T @ residual)) @ vectors.T @ jacobian


def ended(depth: int, scale: float, inputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Both halves $w_\pm$ of a diagonal network where gradient flow from $\alpha 1$ ends, by their logarithms."""
    d = inputs.shape[1]

    def field(_: float, logs: np.ndarray) -> np.ndarray:
        plus, minus = np.exp(logs[:d]), np.exp(logs[d:])
        slope = inputs.T @ (inputs @ (plus**depth - minus**depth) - targets)
        return -depth * np.concatenate([plus ** (depth - 2) * slope, -(minus ** (depth - 2)) * slope])

    def fitted(_: float, logs: np.ndarray) -> float:
        made = np.exp(depth * logs[:d]) - np.exp(depth * logs[d:])
        return float(np.linalg.norm(inputs @ made - targets) / np.linalg.norm(targets)) - 1e-7

    fitted.terminal = True  # type: ignore[attr-defined]
    end = 1e6 / scale ** (2 * depth - 2)
    start = np.full(2 * d, np.log(scale))
    found = solve_ivp(field, (0.0, end), start, method="LSODA", events=fitted, rtol=1e-9, atol=1e-9)
    return np.exp(found.y[:d, -1]), np.exp(found.y[d:, -1])


def _in_equal_steps(field: Callable[[float, np.ndarray], np.ndarray], start: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Runge and Kutta's method of order four: error control would stand still where the derivative jumps."""
    found = [start]
    for begin, end in itertools.pairwise(times):
        now, step = found[-1], (end - begin) / STEPS
        for _ in range(STEPS):
            one = field(begin, now)
            two = field(begin, now + step / 2 * one)
            three = field(begin, now + step / 2 * two)
            now = now + step / 6 * (one + 2 * two + 2 * three + field(begin, now + step * three))
        found.append(now)
    return np.stack(found)


class Student:
    r"""A two-layer student $h(w) = m^{-1/2}\sum_j b_j\,\phi(\langle a_j, x\rangle)$ of a teacher of three units, on the circle.

    Arguments:
        rng: where samples, teacher and start are drawn from.
        samples, units: n and m, the latter even.
        smooth: $\phi = \tanh$, or else the positive part.
        start: `copies`, pairs of units that cancel; `centred`, $h(w_0)$ subtracted; or `biased`, as drawn.
    """

    def __init__(self, rng: np.random.Generator, *, samples: int, units: int, smooth: bool, start: str):
        inputs = rng.normal(size=(samples, 2))
        self.inputs = inputs / np.linalg.norm(inputs, axis=1, keepdims=True)
        self.units, self.smooth = units, smooth
        self.activation: Callable[[np.ndarray], np.ndarray] = np.tanh if smooth else lambda z: np.maximum(z, 0.0)
        self.slope: Callable[[np.ndarray], np.ndarray] = (lambda z: 1 - np.tanh(z) ** 2) if smooth else lambda z: (z > 0) * 1.0
        inner, outer = rng.normal(size=(3, 2)), rng.normal(size=3)
        outer /= np.linalg.norm(inner, axis=1) * np.abs(outer)
        self.targets = self.activation(self.inputs @ inner.T) @ outer
        a, b = rng.normal(size=(units, 2)), rng.normal(size=units)
        if start == "copies":
            half = units // 2
            a, b = np.vstack([a[:half], a[:half]]), np.concatenate([b[:half], -b[:half]])
        self.start = np.concatenate([a.ravel(), b])
        self.offset = self._raw(self.start) if start == "centred" else np.zeros(samples)

    def outputs(self, w: np.ndarray) -> np.ndarray:
        """$h(w)$ on the samples."""
        return self._raw(w) - self.offset

    def back(self, w: np.ndarray, slopes: np.ndarray) -> np.ndarray:
        r"""$Dh(w)^\top g$."""
        a, b = self._parts(w)
        z = self.inputs @ a.T
        inner = (slopes[:, None] * self.slope(z) * b).T @ self.inputs
        return np.concatenate([inner.ravel(), self.activation(z).T @ slopes]) / np.sqrt(self.units)

    def laziness(self, scale: float, times: np.ndarray) -> tuple[float, float, float]:
        r"""Largest $\|w - w_0\|$, $\|w - \bar w\|$ and $\|\alpha h(w) - \alpha\bar h(\bar w)\|$, the last as a root mean square.

        Along gradient flow of $\frac{1}{2n\alpha^2}\|\alpha h(w) - y\|^2$; in $v = \alpha(w - w_0)$ no digits are lost.
        """
        n = len(self.targets)

        def field(_: float, v: np.ndarray) -> np.ndarray:
            w = self.start + v / scale
            return -self.back(w, (scale * self.outputs(w) - self.targets) / n)

        zero = np.zeros(len(self.start))
        if self.smooth:
            moved = solve_ivp(field, (0.0, times[-1]), zero, method="DOP853", t_eval=times, rtol=1e-12, atol=1e-14).y.T
        else:
            moved = _in_equal_steps(field, zero, times)
        jacobian = np.stack([self.back(self.start, unit) for unit in np.eye(n)])
        first = scale * self.outputs(self.start)
        linear = kernel_flow(jacobian / np.sqrt(n), (self.targets - first) / np.sqrt(n), times)
        outputs = np.stack([scale * self.outputs(self.start + v / scale) for v in moved])
        apart = outputs - first - linear @ jacobian.T
        norms = [np.linalg.norm(rows, axis=1).max() for rows in (moved, moved - linear, apart)]
        return float(norms[0] / scale), float(norms[1] / scale), float(norms[2] / np.sqrt(n))

    def _parts(self, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return w[: 2 * self.units].reshape(self.units, 2), w[2 * self.units :]

    def _raw(self, w: np.ndarray) -> np.ndarray:
        a, b = self._parts(w)
        return self.activation(self.inputs @ a.T) @ b / np.sqrt(self.units)
