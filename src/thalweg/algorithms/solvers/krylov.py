"""Functions of the Jacobian applied to a vector, by Lanczos' method: the Jacobian of gradient flow is symmetric."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

Vector = jax.Array
Apply = Callable[[Vector], Vector]

BLOCK = 4
"""Vectors by which the basis grows between two checks."""


def phi_one(z: jax.Array) -> jax.Array:
    r"""$\varphi_1(z) = (e^z - 1)/z$, entry by entry."""
    small = jnp.abs(z) < 1e-5
    safe = jnp.where(small, 1.0, z)
    return jnp.where(small, 1 + z / 2, jnp.expm1(safe) / safe)


def phi_three(z: jax.Array) -> jax.Array:
    r"""$\varphi_3(z) = (e^z - 1 - z - z^2/2)/z^3$, entry by entry; by its series where the difference would cancel."""
    small = jnp.abs(z) < 0.1
    safe = jnp.where(small, 1.0, z)
    series = 1 / 6 + z * (1 / 24 + z * (1 / 120 + z * (1 / 720 + z * (1 / 5040 + z / 40320))))
    return jnp.where(small, series, (jnp.expm1(safe) - safe - safe**2 / 2) / safe**3)


def function_of(
    function: Callable[[jax.Array], jax.Array],
    apply: Apply,
    start: Vector,
    factor: jax.Array,
    enough: jax.Array,
    most: int,
) -> tuple[Vector, jax.Array, jax.Array, jax.Array]:
    r"""$g(hJ)\,b$ for a symmetric $J$ given by its products, in a Krylov space that grows until it suffices.

    Arguments:
        function: $g$, entry by entry.
        apply: $v \mapsto Jv$.
        start: $b$.
        factor: $h$.
        enough: the basis is large enough when the last two coefficients are below this, in absolute value.
        most: the largest basis, a multiple of `BLOCK`.

    Returns:
        the vector, the number of products, the largest $|\lambda|$ seen, and what the last two coefficients come to: the
        size of what a larger basis would add.
    """
    real = start.dtype
    size = jnp.linalg.norm(start)
    tiny = jnp.finfo(real).tiny
    basis = jnp.zeros((most, start.size), real)

    def extend(index: jax.Array, carry: tuple) -> tuple:
        basis, diagonal, beside, before, now = carry
        basis = basis.at[index].set(now)
        image = apply(now)
        projected = jnp.vdot(image, now)
        last = jnp.where(index > 0, beside[index - 1], 0)
        image = image - projected * now - last * before
        length = jnp.linalg.norm(image)
        after = image / jnp.maximum(length, tiny)
        return basis, diagonal.at[index].set(projected), beside.at[index].set(length), now, after

    def grow(carry: tuple) -> tuple:
        count, space, *_ = carry
        space = jax.lax.fori_loop(count, count + BLOCK, extend, space)
        count = count + BLOCK
        inside = jnp.arange(most) < count
        diagonal = jnp.where(inside, space[1], 0)
        beside = jnp.where(inside[1:], space[2][:-1], 0)
        values, vectors = jnp.linalg.eigh(jnp.diag(diagonal) + jnp.diag(beside, 1) + jnp.diag(beside, -1))
        weights = size * (vectors @ (function(factor * values) * vectors[0]))
        weights = jnp.where(inside, weights, 0)
        left = jnp.abs(weights[count - 1]) + jnp.abs(weights[count - 2])
        return count, space, weights, jnp.max(jnp.abs(values)), left

    def unfinished(carry: tuple) -> jax.Array:
        count, _, _, _, left = carry
        return (count < most) & ~(left <= enough)

    zeros = jnp.zeros(most, real)
    space = (basis, zeros, zeros, jnp.zeros_like(start), start / jnp.maximum(size, tiny))
    carry = (jnp.asarray(0), space, zeros, jnp.zeros((), real), jnp.asarray(jnp.inf, real))
    count, space, weights, largest, left = jax.lax.while_loop(unfinished, grow, carry)
    return weights @ space[0], count, largest, left
