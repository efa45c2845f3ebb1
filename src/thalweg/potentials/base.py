"""What a potential is: a strictly convex function whose gradient maps points to duals, and back."""

import abc
from types import ModuleType
from typing import Any

import jax
import numpy as np

from thalweg._arrays import reals
from thalweg._module import Module

Vector = Any
"""A numpy or a JAX array; what goes in comes out. Vectors lie along the last axis, batches of them before it."""


class AbstractPotential(Module):
    r"""A strictly convex potential $\psi$ with its mirror map $\nabla\psi$ and the inverse $\nabla\psi^*$ of it.

    A new potential writes `value`, `gradient`, `inverse` and `conjugate`, all of them for numpy arrays and JAX arrays
    alike, and `check` where it is not finite everywhere.
    """

    @abc.abstractmethod
    def value(self, point: Vector) -> Vector:
        r"""$\psi(w)$, one number for each vector."""

    @abc.abstractmethod
    def gradient(self, point: Vector) -> Vector:
        r"""The mirror map $\nabla\psi(w)$."""

    @abc.abstractmethod
    def inverse(self, dual: Vector) -> Vector:
        r"""The inverse of the mirror map, $\nabla\psi^*(z) = (\nabla\psi)^{-1}(z)$."""

    @abc.abstractmethod
    def conjugate(self, dual: Vector) -> Vector:
        r"""$\psi^*(z) = \max_w \langle z, w\rangle - \psi(w)$, one number for each vector."""

    def check(self, point: Vector) -> None:
        """Refuse a point outside the domain; nothing to refuse unless a potential says so."""

    def divergence(self, point: Vector, other: Vector) -> Vector:
        r"""The Bregman divergence $D_\psi(w, v) = \psi(w) - \psi(v) - \langle\nabla\psi(v), w - v\rangle$."""
        slope = self.gradient(other)
        return self.value(point) - self.value(other) - (slope * (point - other)).sum(-1)

    def natural(self, point: Vector, covector: Vector) -> Vector:
        r"""$\nabla^2\psi(w)^{-1} g$: the covector seen by the metric of the potential."""
        return jax.jvp(self.inverse, (self.gradient(point),), (covector,))[1]


class AbstractSeparable(AbstractPotential):
    r"""A potential that is a sum over coordinates, $\psi(w) = \sum_i \psi_i(w_i)$.

    A new one writes the functions of one coordinate; the dual Newton method of `thalweg.exact` asks for `inverse_slope`.
    """

    @abc.abstractmethod
    def density(self, point: Vector) -> Vector:
        r"""$\psi_i(w_i)$, coordinate by coordinate."""

    @abc.abstractmethod
    def conjugate_density(self, dual: Vector) -> Vector:
        r"""$\psi_i^*(z_i)$, coordinate by coordinate."""

    @abc.abstractmethod
    def inverse_slope(self, dual: Vector) -> Vector:
        r"""$(\psi_i^*)''(z_i)$, coordinate by coordinate: one over the curvature of $\psi_i$ at $\nabla\psi^*(z)$."""

    @property
    def dual_bound(self) -> Any:
        r"""The mirror map takes values $|z_i| <$ this, and `inverse` is defined for no others; infinite unless bounded.

        One number, or one for each coordinate.
        """
        return np.inf

    def value(self, point: Vector) -> Vector:
        return self.density(point).sum(-1)

    def conjugate(self, dual: Vector) -> Vector:
        return self.conjugate_density(dual).sum(-1)

    def natural(self, point: Vector, covector: Vector) -> Vector:
        return self.inverse_slope(self.gradient(point)) * covector


def namespace(array: Any) -> ModuleType:
    """The functions for an array: `numpy` for its own, `jax.numpy` for those of JAX."""
    return jax.numpy if isinstance(array, jax.Array) else np


def positive(value: Any, name: str) -> np.ndarray:
    """A positive number, or an array of them that lies against the vectors by broadcasting."""
    array = reals(value, name)
    if not (np.isfinite(array).all() and (array > 0).all()):
        raise ValueError(f"{name} must be positive and finite, got {value!r}")
    return array
