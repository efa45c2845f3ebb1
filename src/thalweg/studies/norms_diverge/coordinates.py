r"""The flow of balanced 2 by 2 products in singular coordinates: two angles and the logarithms of two singular values.

Factors in float64 cannot follow it: at depth 2 the second singular value falls to $e^{-10^6}$ and below, and with it the
determinant, whose sign the whole path hangs on. Here its logarithm is what is integrated.
"""

import dataclasses
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from thalweg.theory.norms_diverge import OBSERVED, half_sum_of_squares

SEEN = ~np.isnan(OBSERVED)
VALUES = np.nan_to_num(OBSERVED)


@dataclasses.dataclass(frozen=True)
class Path:
    """Products along a path.

    Arguments:
        time, loss: `(points,)`; products: `(points, 2, 2)`; logs: of the singular values, `(points, 2)`.
    """

    time: np.ndarray
    loss: np.ndarray
    products: np.ndarray
    logs: np.ndarray

    def at(self, loss: float) -> float:
        """The size of the unseen entry where the loss first is that, between points by straight lines of logarithms."""
        entry = np.log(np.maximum(np.abs(self.products[:, 0, 0]), 1e-300))
        below = int(np.argmax(self.loss <= loss)) or len(self.loss) - 1
        where = slice(below - 1, below + 1)
        return float(np.exp(np.interp(-np.log(loss), -np.log(self.loss[where]), entry[where])))


def balanced_path(start: np.ndarray, depth: int, loss: float, *, rtol: float = 1e-10) -> Path:
    r"""The path of the product from a balanced start until the loss $\frac12\sum_\Omega(\cdot)^2$.

    With $W = U S V^\top$ and $g = U^\top\nabla\ell\,V$: $\dot\sigma_r = -N\sigma_r^{2-2/N}g_{rr}$, and the turning of $U$ and
    $V$ is $(g_{12}\sigma_2 + g_{21}\sigma_1)$ and $(g_{12}\sigma_1 + g_{21}\sigma_2)$ over
    $\sigma_1^{2/N} - \sigma_2^{2/N}$.
    """
    left, sigma, right = np.linalg.svd(start)
    if np.linalg.det(left) < 0:
        left, right = left * [1, -1], right * [[1], [-1]]
    sign = float(np.sign(np.linalg.det(right)))
    right = right * [[1], [sign]]
    signs = np.array([1.0, sign])
    first = np.array([np.arctan2(left[1, 0], left[0, 0]), np.arctan2(right[0, 1], right[0, 0]), *np.log(sigma)])

    def product(state: np.ndarray) -> np.ndarray:
        return _turn(state[0]) @ np.diag(signs * np.exp(state[2:])) @ _turn(state[1]).T

    def field(_: float, state: np.ndarray) -> np.ndarray:
        sigma = np.exp(state[2:])
        gradient = np.where(SEEN, product(state) - VALUES, 0.0)
        inside = _turn(state[0]).T @ gradient @ _turn(state[1]) * signs
        apart = sigma[0] ** (2 / depth) - sigma[1] ** (2 / depth)
        turn_left = (inside[0, 1] * sigma[1] + inside[1, 0] * sigma[0]) / apart
        turn_right = sign * (inside[0, 1] * sigma[0] + inside[1, 0] * sigma[1]) / apart
        return np.array([-turn_left, -turn_right, *(-depth * sigma ** (1 - 2 / depth) * np.diag(inside))])

    def met(_: float, state: np.ndarray) -> float:
        return float(half_sum_of_squares(product(state))) - loss

    met.terminal = True  # type: ignore[attr-defined]
    found = solve_ivp(field, (0.0, 1e15), first, method="LSODA", rtol=rtol, atol=rtol, events=met)
    products = np.stack([product(state) for state in found.y.T])
    return Path(found.t, half_sum_of_squares(products), products, found.y[2:].T)


def factor_path(factors: np.ndarray, loss: float, *, rtol: float = 1e-8) -> tuple[Path, np.ndarray]:
    """The same from any factors `(N, 2, 2)`, followed as they are; and the determinant, as a product of theirs."""
    shape, depth = factors.shape, len(factors)

    def chain(parts: Any) -> np.ndarray:
        made = np.eye(2)
        for part in parts:
            made = part @ made
        return made

    def field(_: float, flat: np.ndarray) -> np.ndarray:
        parts = flat.reshape(shape)
        gradient = np.where(SEEN, chain(parts) - VALUES, 0.0)
        moves = [chain(parts[j + 1 :]).T @ gradient @ chain(parts[:j]).T for j in range(depth)]
        return -np.stack(moves).ravel()

    def met(_: float, flat: np.ndarray) -> float:
        return float(half_sum_of_squares(chain(flat.reshape(shape)))) - loss

    met.terminal = True  # type: ignore[attr-defined]
    found = solve_ivp(field, (0.0, 1e9), factors.ravel(), method="LSODA", rtol=rtol, atol=rtol / 1000, events=met)
    rows = found.y.T.reshape(-1, *shape)
    products = np.stack([chain(parts) for parts in rows])
    singular = np.linalg.svd(products, compute_uv=False)
    path = Path(found.t, half_sum_of_squares(products), products, np.log(np.maximum(singular, 1e-300)))
    return path, np.prod(np.linalg.det(rows), axis=1)


def balanced_factors(start: np.ndarray, depth: int) -> np.ndarray:
    """Balanced factors of a product, $W_1$ first, `(N, 2, 2)`."""
    left, sigma, right = np.linalg.svd(start)
    root = np.diag(sigma ** (1 / depth))
    return np.stack([root @ right, *[root] * (depth - 2), left @ root])


def _turn(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
