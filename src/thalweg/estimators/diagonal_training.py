"""A diagonal network under gradient flow, its weights followed to the end or to the least held-out error."""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.integrate import LSODA

FARTHEST = 1e30
"""The time at which a flow is given up, in units of its fastest motion at the end."""
RTOL = 1e-6
LATE, WORSE = 10.0, 1.1
"""Held-out error is past its least where it is this much larger at a time this much later."""


@dataclass(frozen=True)
class Training:
    """Where a flow was left.

    Attributes:
        coefficients: $w$, (d,); time: of the flow of half the sum of squares.
        steps: of the solver; held_error: the mean squared error on held-out samples there, None without any.
    """

    coefficients: np.ndarray
    time: float
    steps: int
    held_error: float | None


def trained(
    rows: np.ndarray,
    levels: np.ndarray,
    *,
    depth: float,
    scale: float,
    tol: float,
    max_iter: int,
    held: tuple[np.ndarray, np.ndarray] | None = None,
) -> Training:
    r"""Gradient flow of $\frac12\|Aw - b\|^2$ with $w = u^D - v^D$ from $u = v = \alpha$, until `tol` of the loss is left.

    The weights themselves are followed, in units of $\alpha$: their equation is a polynomial, and stays resolved at scales
    at which the duals of `tw.theory.diagonal_flow` are too close to their bounds.

    Arguments:
        rows: $A$, (r, d), orthogonal; levels: $b$, (r,).
        depth, scale: $D$ and $\alpha$.
        tol: of the loss; max_iter: steps of the solver.
        held: samples (h, d) and their outputs; the point of least error on them is returned, and the flow left when the
            error is a tenth larger at ten times the time.

    Examples:
        >>> trained(np.eye(2), np.array([1.0, 0.0]), depth=2, scale=0.5, tol=1e-12, max_iter=1000).coefficients.round(5) + 0.0
        array([1., 0.])
    """
    size = rows.shape[1]
    start, whole = np.zeros(size), float(levels @ levels)
    best = Training(start, 0.0, 0, None if held is None else float(np.mean(held[1] ** 2)))
    if whole == 0:
        return best
    unit = scale**depth
    largest = max(unit, float(np.abs((levels / np.sum(rows**2, axis=1)) @ rows).max()))
    # time in the unit in which what moves fastest at the end has a rate of about one
    clock = 1 / (depth**2 * float(np.linalg.norm(rows, axis=1).max()) ** 2 * largest ** (2 - 2 / depth))
    gram, pull = rows.T @ rows, levels @ rows
    share = clock * scale ** (depth - 2)

    def parts(state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return state[:size], state[size:]

    def coefficients(state: np.ndarray) -> np.ndarray:
        up, down = parts(state)
        return unit * (up**depth - down**depth)

    def velocity(_: float, state: np.ndarray) -> np.ndarray:
        up, down = parts(np.maximum(state, 0.0))
        gradient = share * depth * (rows.T @ (rows @ (unit * (up**depth - down**depth)) - levels))
        return np.concatenate([-(up ** (depth - 1)) * gradient, down ** (depth - 1) * gradient])

    def jacobian(_: float, state: np.ndarray) -> np.ndarray:
        up, down = parts(np.maximum(state, 0.0))
        gradient = share * depth * (gram @ (unit * (up**depth - down**depth)) - pull)
        steep = np.concatenate([-(up ** (depth - 1)), down ** (depth - 1)])
        found = np.tile(-share * depth**2 * unit * gram, (2, 2)) * steep[:, None] * steep
        bent = np.concatenate([-gradient * up ** (depth - 2), gradient * down ** (depth - 2)])
        found[np.diag_indices(2 * size)] += (depth - 1) * bent
        return found

    left, trouble = 1.0, None
    solver = LSODA(velocity, 0.0, np.ones(2 * size), FARTHEST, jac=jacobian, rtol=RTOL, atol=1e-2 * RTOL)
    for step in range(1, max_iter + 1):
        trouble = solver.step()
        here = coefficients(solver.y)
        missed = rows @ here - levels
        left = float(missed @ missed) / whole
        if not np.isfinite(left):
            trouble = trouble or "the weights are not finite"
        else:
            error = None if held is None else float(np.mean((held[0] @ here - held[1]) ** 2))
            if error is None or best.held_error is None or error < best.held_error:
                best = Training(here, float(solver.t) * clock, step, error)
            elif best.steps and error > WORSE * best.held_error and solver.t * clock > LATE * best.time:
                return best
        if left <= tol:
            return best
        if trouble or solver.status != "running":
            break
    else:
        trouble = f"{max_iter} steps of the solver are spent"
    warnings.warn(
        f"the flow was left at a share {left:.1e} of its loss where {tol:.1e} was asked for: {trouble or 'it stands still'}; "
        "raise max_iter or tol, or take solver='exact'",
        RuntimeWarning,
        stacklevel=2,
    )
    return best
