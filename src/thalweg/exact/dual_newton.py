r"""Newton's method on the dual of $\min D_\psi(w, w_0)$ subject to $Aw = b$, for many instances at once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from thalweg.potentials.base import AbstractPotential, AbstractSeparable

EPS = float(np.finfo(float).eps)
LEAST_GAP = 1e-13
_SMALL = 24  # below it a stack of matrices is faster than one after the other
_FLAT = 0.3  # a step whose slope at the end is this share of the slope at its start is long enough


@dataclass(frozen=True)
class Found:
    """What the method ended with, an instance a row: primals that meet the constraints, duals, and the values of both."""

    primal: np.ndarray
    dual: np.ndarray
    value: np.ndarray
    dual_value: np.ndarray
    iterations: np.ndarray


def dual_newton(
    rows: np.ndarray,
    levels: np.ndarray,
    potential: AbstractPotential,
    duals: list[np.ndarray],
    *,
    start: np.ndarray | None,
    gap: float,
    max_iterations: int,
) -> Found:
    r"""Maximises $g(\nu) = \langle\nu, b\rangle - \psi^*(z_0 + A^\top\nu) + \psi^*(z_0)$, $z_0 = \nabla\psi(w_0)$.

    Arguments:
        rows: $A$, of shape (B, m, d), rows linearly independent; levels: $b$, (B, m).
        potential: its arrays broadcast against (B, d).
        duals: the points to start from, each (B, m); each instance takes the best of them.
        start: $w_0$, (B, d) or (d,); the least point of the potential unless given.
        gap: relative; max_iterations: Newton steps at most.

    Raises:
        numpy.linalg.LinAlgError: rows that are linearly dependent.
    """
    form = Dual(rows, levels, potential, start)
    values = np.stack([form.value(form.mirror(dual), dual) for dual in duals])
    best = np.argmax(np.where(np.isfinite(values), values, -np.inf), axis=0)
    dual = np.stack(duals)[best, np.arange(len(levels))]
    mirror = form.mirror(dual)
    live, iterations = np.ones(len(levels), dtype=bool), np.zeros(len(levels), dtype=int)
    # what there is if not one step succeeds: the nearest point, and what the first dual proves
    primal = form.nearest()
    value = form.objective(primal)
    proof, low = dual.copy(), form.proved(primal, dual)
    while live.any():
        solve, lift = form.metric(mirror, live)
        point, now = form.inverse(mirror), form.value(mirror, dual)
        residual = np.where(live[:, None], levels - form.apply(point), 0.0)
        step = solve(residual)
        decrement = np.sum(residual * step, axis=-1)
        iterations += live
        near = live & (decrement <= 0.1 * gap * np.abs(now) + form.rounding(point, dual))
        move = form.adjoint(step)
        length = np.where(near, 1.0, form.length(mirror, move, step, live & ~near))
        length = np.where(np.isfinite(form.value(mirror + length[:, None] * move, dual)), length, 0.0)
        dual = dual + length[:, None] * step
        mirror = form.mirror(dual)
        spent = live & ((iterations >= max_iterations) | (length == 0))
        last = near | spent
        if last.any():
            point = form.feasible(form.inverse(mirror), solve, lift)
            found, proved = form.objective(point), form.proved(point, dual)
            better, higher = last & (found < value), last & (proved > low)
            primal[better], value[better] = point[better], found[better]
            proof[higher], low[higher] = dual[higher], proved[higher]
            # a gap that one more step does not narrow is that of rounding
            live &= ~(spent | (last & ((value - low <= gap * np.abs(value)) | ~(better | higher))))
    return Found(primal, proof, value, low, iterations)


class Dual:
    """The program of each instance, seen from its dual."""

    def __init__(self, rows: np.ndarray, levels: np.ndarray, potential: AbstractPotential, start: np.ndarray | None):
        self.rows, self.levels, self.potential = rows, levels, potential
        # by way of the class: a method that is bound to a module costs as much as a short array
        kind = type(potential)
        self._to_primal, self._to_conjugate = partial(kind.inverse, potential), partial(kind.conjugate, potential)
        if isinstance(potential, AbstractSeparable):
            density = partial(type(potential).conjugate_density, potential)
            self._to_conjugate = lambda mirror: density(mirror).sum(-1)
        self.lengths = np.sqrt(np.einsum("bmd,bmd->bd", rows, rows))
        self.bound = potential.dual_bound if isinstance(potential, AbstractSeparable) else np.inf
        self.origin, self.offset, self.ground = 0.0, 0.0, 0.0
        if start is not None:
            start = np.broadcast_to(start, (len(levels), rows.shape[2]))
            self.origin = np.asarray(potential.gradient(start))
            self.offset, self.ground = self._conjugate(self.origin), start

    def mirror(self, dual: np.ndarray) -> np.ndarray:
        return self.origin + self.adjoint(dual)

    def adjoint(self, dual: np.ndarray) -> np.ndarray:
        return np.matmul(dual[:, None, :], self.rows)[:, 0]

    def nearest(self) -> np.ndarray:
        """The point that meets the constraints nearest to the start in the Euclidean norm."""
        start = np.broadcast_to(self.ground, (len(self.levels), self.rows.shape[2]))
        away = self.levels - self.apply(start)
        return start + self._across(np.where(np.abs(away) <= self._exact(start), 0.0, away))

    def apply(self, point: np.ndarray) -> np.ndarray:
        return np.matmul(self.rows, point[:, :, None])[..., 0]

    def inverse(self, mirror: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return np.asarray(self._to_primal(mirror))

    def _conjugate(self, mirror: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return np.asarray(self._to_conjugate(mirror))

    def value(self, mirror: np.ndarray, dual: np.ndarray) -> np.ndarray:
        found = np.sum(dual * self.levels, axis=-1) - self._conjugate(mirror) + self.offset
        inside = (np.abs(mirror) < self.bound).all(axis=-1)
        return np.where(inside & np.isfinite(found), found, -np.inf)

    def objective(self, point: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            if isinstance(self.ground, float):
                found = np.asarray(self.potential.value(point))
            else:
                found = np.maximum(self.potential.divergence(point, self.ground), 0.0)
        return np.where(np.isfinite(found), found, np.inf)

    def proved(self, point: np.ndarray, dual: np.ndarray) -> np.ndarray:
        """What a dual proves: no point that meets the constraints has a smaller value."""
        return self.value(self.mirror(dual), dual) - self.rounding(point, dual)

    def rounding(self, point: np.ndarray, dual: np.ndarray) -> np.ndarray:
        """How much rounding can have added to the value of the dual: of the products, and of the sums."""
        products = np.sum(np.abs(point) * self.lengths, axis=-1) * np.linalg.norm(dual, axis=-1)
        return EPS * (np.sqrt(self.rows.shape[1]) + 4) * (products + np.sum(np.abs(dual * self.levels), axis=-1))

    def metric(self, mirror: np.ndarray, live: np.ndarray) -> tuple[Callable[..., Any], Callable[..., Any]]:
        r"""Solving with $A\,\nabla^2\psi^*A^\top$, and a dual step carried to the primal by $\nabla^2\psi^*A^\top$."""
        rows = self.rows if live.all() else self.rows[live]
        if isinstance(self.potential, AbstractSeparable):
            slope = np.broadcast_to(self.potential.inverse_slope(mirror), mirror.shape)
            scaled = rows * np.sqrt(slope[live])[:, None, :]
            matrix = scaled @ scaled.mT

            def lift(step: np.ndarray) -> np.ndarray:
                return slope * self.adjoint(step)
        else:
            moved = _differences(self.potential, mirror[0], rows[0])
            matrix = (moved @ rows[0].T)[None]
            matrix = (matrix + matrix.mT) / 2

            def lift(step: np.ndarray) -> np.ndarray:
                return step @ moved

        inverse = _inverse(matrix)

        def solve(right: np.ndarray) -> np.ndarray:
            found = np.zeros_like(right)
            step = inverse(right[live])
            found[live] = np.where(np.isfinite(step), step, 0.0)  # no step where no curvature is left
            return found

        return solve, lift

    def length(self, mirror: np.ndarray, move: np.ndarray, step: np.ndarray, live: np.ndarray) -> np.ndarray:
        """How far to go along a step: 1 where that is nearly the maximum along it, else the maximum."""
        along = np.sum(step * self.levels, axis=-1)

        def slope(length: np.ndarray) -> np.ndarray:
            there = mirror + length[:, None] * move
            with np.errstate(over="ignore", invalid="ignore"):
                found = along - np.sum(move * self.inverse(there), axis=-1)
            # what overflows, or is outside the domain, lies beyond the maximum
            return np.where(np.isfinite(found) & (np.abs(there) < self.bound).all(axis=-1), found, -np.inf)

        low, length = np.zeros(len(live)), np.ones(len(live))
        first, high, now = slope(low), np.full(len(live), np.inf), slope(length)
        active = live & (first > 0)
        for trial in range(200):
            active &= np.abs(now) > _FLAT * first
            if not active.any():
                break
            low, high = np.where(now > 0, length, low), np.where(now > 0, high, length)
            with np.errstate(invalid="ignore"):
                # down by leaps that double: the first step at a scale of 1e-100 is 1e200 times too long
                middle = np.where(low > 0, np.sqrt(low) * np.sqrt(high), high / 8.0 ** min(2**trial, 64))
            length = np.where(active, np.where(np.isfinite(high), middle, 4 * length), length)
            now = slope(length)
        return np.where(live & (first > 0) & (now > -np.inf), length, 0.0)

    def feasible(self, point: np.ndarray, solve: Callable[..., Any], lift: Callable[..., Any]) -> np.ndarray:
        """The point moved onto the constraints in the metric of the potential, in which small coordinates stay small.

        What that leaves, where the metric is too uneven for floating-point numbers, the Euclidean one takes.
        """
        for towards in (lambda away: lift(solve(away)),) * 3 + (self._across,) * 2:
            away = self.levels - self.apply(point)
            if not (np.abs(away) > self._exact(point)).any():
                break
            moved = point + towards(away)
            less = np.linalg.norm(self.levels - self.apply(moved), axis=-1) < np.linalg.norm(away, axis=-1)
            point = np.where(less[:, None], moved, point)
        met = np.abs(self.levels - self.apply(point)) <= 16 * self._exact(point)
        return np.where(met.all(axis=-1, keepdims=True), point, np.nan)

    def _exact(self, point: np.ndarray) -> np.ndarray:
        """How far from its level a constraint can be by rounding alone."""
        size = np.linalg.norm(self.rows, axis=-1) * np.linalg.norm(point, axis=-1, keepdims=True)
        return 4 * EPS * (size + np.abs(self.levels))

    def _across(self, away: np.ndarray) -> np.ndarray:
        return self.adjoint(_inverse(self.rows @ self.rows.mT)(away))


def _inverse(matrix: np.ndarray) -> Callable[..., Any]:
    """Solving with symmetric positive matrices, scaled to a diagonal of ones."""
    scale = 1 / np.sqrt(np.maximum(np.einsum("bii->bi", matrix), np.finfo(float).tiny))
    scaled = matrix * scale[:, :, None] * scale[:, None, :]
    try:
        within = _factored(scaled)
    except np.linalg.LinAlgError:  # definite, but not to rounding: the flattest directions are held to its size
        values, vectors = np.linalg.eigh(scaled)
        least = np.maximum(matrix.shape[-1] * EPS * values[:, -1:], EPS**2)
        within = _halved(vectors.mT / np.sqrt(np.maximum(values, least))[:, :, None])

    def solve(right: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            return within(right * scale) * scale

    return solve


def _factored(matrix: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """By Cholesky's factors: inverted, all at once, where they are small, and solved with one by one where they are not."""
    if matrix.shape[-1] < _SMALL:
        return _halved(np.linalg.inv(np.linalg.cholesky(matrix)))
    factors = [cho_factor(one, lower=True, check_finite=False) for one in matrix]
    return lambda right: np.stack([cho_solve(f, one, check_finite=False) for f, one in zip(factors, right, strict=True)])


def _halved(root: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    return lambda right: np.matmul(root.mT, np.matmul(root, right[..., None]))[..., 0]


def _differences(potential: AbstractPotential, mirror: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Derivatives of the inverse mirror map along rows, by central differences."""
    size = np.cbrt(EPS) * np.abs(mirror).max() / np.abs(rows).max(axis=-1, keepdims=True)
    ahead, behind = potential.inverse(mirror + size * rows), potential.inverse(mirror - size * rows)
    return (np.asarray(ahead) - np.asarray(behind)) / (2 * size)
