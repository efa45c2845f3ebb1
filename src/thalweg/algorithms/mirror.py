"""Parameters of any shape seen through a potential: their duals, and back."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from thalweg.parametrizations.base import Params
from thalweg.potentials.base import AbstractPotential, AbstractSeparable


def dual_of(potential: AbstractPotential, params: Params) -> Params:
    r"""The duals $\nabla\psi(\theta)$, each array of the parameters by itself, flattened unless the potential is a sum."""
    return _mapped(potential, potential.gradient, params)


def primal_of(potential: AbstractPotential, dual: Params) -> Params:
    r"""The parameters $\nabla\psi^*(z)$ of duals."""
    return _mapped(potential, potential.inverse, dual)


def natural_of(potential: AbstractPotential, params: Params, gradient: Params) -> Params:
    r"""The natural gradient $\nabla^2\psi(\theta)^{-1}g$."""
    return _mapped(potential, potential.natural, params, gradient)


def check_domain(potential: AbstractPotential, params: Params) -> None:
    """Refuses parameters outside the domain of the potential."""
    for leaf in jax.tree.leaves(params):
        potential.check(leaf if isinstance(potential, AbstractSeparable) else leaf.reshape(-1))


def potential_of(value: Any) -> AbstractPotential:
    """A potential, or a TypeError that says which there are."""
    if not isinstance(value, AbstractPotential):
        raise TypeError(f"potential must be a potential such as tw.potentials.Entropy(), got {value!r}")
    return value


def _mapped(potential: AbstractPotential, function: Callable[..., Any], *trees: Params) -> Params:
    whole = not isinstance(potential, AbstractSeparable)

    def one(*leaves: Array) -> Array:
        first = leaves[0]
        found = function(*(jnp.asarray(leaf).reshape(-1) if whole else jnp.asarray(leaf) for leaf in leaves))
        # the numbers of a potential are of double precision, and must not make the parameters so
        return found.reshape(first.shape).astype(first.dtype)

    return jax.tree.map(one, *trees)
