r"""The least size of a two-layer ReLU network of one input through given points, in closed form and with its dual."""

import math
import time
from typing import Any

import numpy as np
import scipy.linalg
from scipy.optimize import nnls

from thalweg._arrays import reals
from thalweg.exact.solution import Solution, relative_gap, told


def spline_cost(x: Any, y: Any, *, gap: float = 1e-9) -> Solution:
    r"""$\min_f \max\left(\int|f''|\,dx,\ |f'(-\infty) + f'(+\infty)|\right)$ subject to $f(x_i) = y_i$, of functions on the line.

    This is the least $\frac12(\|W^{(1)}\|_F^2 + \|W^{(2)}\|^2)$, biases not counted, of networks
    $\sum_j w_j^{(2)}[w_j^{(1)}x + b_j]_+ + b$ of any width through the points. A least one is the linear spline with its
    first and last slope chosen well: with $m$ the sum of the changes of slope between the points and $a, b$ the slopes of
    the first and the last piece the least is $\max(m, (m + |a + b|)/2)$. There are others.

    The dual is a multiplier for each point with $|\sum_i\nu_i[x_i - t]_+| \le 1$ and $|\sum_i\nu_i[t - x_i]_+| \le 1$ at all
    $t$ and $\sum_i\nu_i = 0$; it proves $\sum_i\nu_iy_i$. Both sides are piecewise linear in t with kinks at the points, so
    that it is enough to check it there; it is known in closed form too.

    Arguments:
        x, y: the points, in any order, at least two; no x twice.
        gap: the relative gap between value and dual value that counts as certified; rounding alone decides whether it is
            met.

    Returns:
        The solution, whose `predictor` is the $n + 1$ slopes of the spline from left to right, $(1, n + 1)$;
        `spline_network` gives a network.

    Raises:
        ValueError: fewer than two points, an x twice, numbers that are not finite, or a gap that is not between 0 and 1.

    Examples:
        >>> spline_cost([0.0, 1.0, 2.0], [0.0, 1.0, 0.0]).value
        2.0
        >>> points = np.linspace(-1.0, 1.0, 5)
        >>> round(spline_cost(points, 1.5 * points).value, 12)  # bent outside of the points: the line itself costs 3
        1.5

    Reference:
        savarese2019infinite, Theorem 3.1 and Theorem 3.3.
    """
    started = time.perf_counter()
    x, y, order = _points(x, y)
    slopes = _slopes(x, y)
    value = _cost_of(slopes)
    multipliers = _multipliers(x, _corners(np.diff(y) / np.diff(x)))
    proved = float(multipliers @ y)
    dual = np.empty_like(multipliers)
    dual[order] = multipliers
    apart = relative_gap(value, proved)
    asked = _between(gap)
    words = "least size of a ReLU network of one input"
    return told(Solution(words, slopes[None, :], value, dual, proved, apart, asked, 0, time.perf_counter() - started))


def penalized_spline(x: Any, y: Any, penalty: float, *, gap: float = 1e-8) -> Solution:
    r"""$\min_f \frac12\sum_i(f(x_i) - y_i)^2 + \lambda\max\left(\int|f''|\,dx,\ |f'(-\infty) + f'(+\infty)|\right)$.

    The least training loss with weight decay $\lambda$ that a two-layer ReLU network of one input can reach at any width.
    By duality $f(x_i) = y_i - \lambda\nu_i$ with $\nu$ the point nearest to $y/\lambda$ among the duals of `spline_cost`, a
    polytope; the walls that it lies on are found by Lawson and Hanson's method for least distances.

    Arguments:
        x, y: the points, in any order, at least two; no x twice.
        penalty: $\lambda$, positive.
        gap: the relative gap that counts as certified.

    Returns:
        The solution, whose `predictor` is the values at the points in the order given, $(1, n)$, and whose `dual` is $\nu$.

    Raises:
        ValueError: as `spline_cost`, or a penalty that is not positive.

    Examples:
        >>> solution = penalized_spline([0.0, 1.0, 2.0], [0.0, 1.0, 0.0], 0.01)
        >>> solution.predictor.round(9).tolist()  # pulled together by the penalty times the dual (-1, 2, -1)
        [[0.01, 0.98, 0.01]]

    Reference:
        savarese2019infinite, section 2; lawson1974solving, chapter 23.
    """
    started = time.perf_counter()
    penalty = float(penalty)
    if not (math.isfinite(penalty) and penalty > 0):
        raise ValueError(f"penalty must be positive and finite, got {penalty:g}")
    x, y, order = _points(x, y)
    multipliers = _nearest(x, y / penalty)
    fitted = y - penalty * multipliers
    square = 0.5 * penalty**2 * float(multipliers @ multipliers)
    value = square + penalty * _cost_of(_slopes(x, fitted))
    proved = penalty * float(multipliers @ y) - square
    dual, predictor = np.empty_like(y), np.empty_like(y)
    dual[order], predictor[order] = multipliers, fitted
    apart = relative_gap(value, proved)
    asked = _between(gap)
    words = "least loss with weight decay of a ReLU network of one input"
    return told(Solution(words, predictor[None, :], value, dual, proved, apart, asked, 1, time.perf_counter() - started))


def spline_network(x: Any, y: Any) -> dict[str, np.ndarray]:
    r"""A network through the points of least size, with $n + 1$ units: parameters of `TwoLayerReLU`, balanced.

    Each change of slope is one unit that opens to the left or to the right; which is chosen such that the first slope comes
    out right, for which at most one of them is shared by two units.

    Raises:
        ValueError: as `spline_cost`.

    Examples:
        >>> params = spline_network([0.0, 1.0, 2.0], [0.0, 1.0, 0.0])
        >>> 0.5 * float(np.sum(params["W1"] ** 2) + np.sum(params["W2"] ** 2))
        2.0

    Reference:
        savarese2019infinite, Theorem 3.3.
    """
    x, y, _ = _points(x, y)
    slopes = _slopes(x, y)
    jumps = np.diff(slopes)
    # The units that open to the left make up the first slope: their jumps add up to minus it.
    left, wanted = np.zeros_like(jumps), -slopes[0]
    for k in np.argsort(-np.abs(jumps)):
        share = wanted - left.sum()
        left[k] = np.clip(share, min(jumps[k], 0.0), max(jumps[k], 0.0))
    sizes = np.concatenate([jumps - left, left])
    signs = np.concatenate([np.ones(len(x)), -np.ones(len(x))])
    kept = np.argsort(-np.abs(sizes), kind="stable")[: len(x) + 1]
    roots = np.sqrt(np.abs(sizes[kept]))
    inner = roots * signs[kept]
    params = {"W1": inner[:, None], "b1": -inner * np.tile(x, 2)[kept], "W2": (roots * np.sign(sizes[kept]))[None, :]}
    at_first = float((params["W2"] @ np.maximum(inner * x[0] + params["b1"], 0.0))[0])
    return {**params, "b2": np.array([y[0] - at_first])}


def representation_cost(params: Any, *, within: float = 0.0) -> float:
    r"""$\max\left(\int|f''|\,dx,\ |f'(-\infty) + f'(+\infty)|\right)$ of a two-layer ReLU network of one input and one output.

    Units with kinks at the same place add up, so that this can be less than what the weights say; never more.

    Arguments:
        params: as `TwoLayerReLU` takes them, hidden biases zero where they are left out.
        within: kinks no farther apart than this from one to the next count as one place.

    Raises:
        ValueError: a network with more than one input or output.

    Examples:
        >>> params = {"W1": np.array([[1.0], [-2.0]]), "b1": np.zeros(2), "W2": np.array([[1.0, -0.25]])}
        >>> representation_cost(params)  # slope 1 to the right, 0.5 to the left of one kink
        1.5

    Reference:
        savarese2019infinite, Theorem 3.1.
    """
    inner, outer = reals(params["W1"], "W1"), reals(params["W2"], "W2")
    if inner.ndim != 2 or inner.shape[1] != 1 or outer.shape != (1, len(inner)):
        raise ValueError(f"the network must have one input and one output, got W1 {inner.shape} and W2 {outer.shape}")
    inner, outer = inner[:, 0], outer[0]
    biases = reals(params["b1"], "b1") if "b1" in params else np.zeros_like(inner)
    bent = inner != 0
    kinks, jumps = -biases[bent] / inner[bent], (outer * np.abs(inner))[bent]
    order = np.argsort(kinks, kind="stable")
    kinks, jumps = kinks[order], jumps[order]
    places = np.concatenate([[0], np.cumsum(np.diff(kinks) > within)]) if len(kinks) else np.zeros(0, int)
    bends = np.bincount(places, jumps) if len(kinks) else np.zeros(0)
    return float(max(np.abs(bends).sum(), abs(outer @ inner)))


def _points(x: Any, y: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The points from left to right, and the order that they came in."""
    x, y = reals(x, "x").ravel(), reals(y, "y").ravel()
    if len(x) != len(y) or len(x) < 2:
        raise ValueError(f"there must be as many x as y, and at least two points; got {len(x)} and {len(y)}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("the points must be finite numbers")
    order = np.argsort(x)
    x, y = x[order], y[order]
    if twice := np.flatnonzero(np.diff(x) == 0).tolist():
        where = float(x[twice[0]])
        raise ValueError(f"x must be distinct: there is no function with two values at {where:g}; merge equal points")
    return x, y, order


def _between(gap: float) -> float:
    if not 0 < gap < 1:
        raise ValueError(f"gap must be between 0 and 1, got {gap:g}")
    return float(gap)


def _slopes(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The slopes of the least spline: both end slopes leave those of the pieces, half each, where that lowers the maximum."""
    inner = np.diff(y) / np.diff(x)
    total, bends = inner[0] + inner[-1], np.abs(np.diff(inner)).sum()
    away = np.sign(total) * max(abs(total) - bends, 0.0) / 4
    return np.concatenate([[inner[0] - away], inner, [inner[-1] - away]])


def _cost_of(slopes: np.ndarray) -> float:
    """The larger of the sum of the changes of slope, and the sum of the first and the last slope."""
    return float(max(np.abs(np.diff(slopes)).sum(), abs(slopes[0] + slopes[-1])))


def _corners(slopes: np.ndarray) -> np.ndarray:
    r"""$p(x_i) = \sum_j\nu_j[x_j - x_i]_+$ of the best dual: 1 or -1 by the sign of the bend, moved where the slopes' sum says.

    With $p(x_1) = M$ the objective is $Ma + \sum p(x_i)\Delta_i$ over $|p(x_i)|, |p(x_i) - M| \le 1$: linear in M on either
    side of zero, so that M is -1, 0 or 1.
    """
    bends = np.diff(slopes)
    best, found = -math.inf, np.zeros(len(slopes) + 1)
    for end in (0.0, 1.0, -1.0):
        low, high = max(-1.0, end - 1.0), min(1.0, end + 1.0)
        inside = np.where(bends > 0, high, np.where(bends < 0, low, 0.5 * (low + high)))
        proved = end * slopes[0] + inside @ bends
        if proved > best:
            best, found = proved, np.concatenate([[end], inside, [0.0]])
    return found


def _multipliers(x: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """The multipliers with these corners: the changes of slope of the piecewise-linear function through them, flat outside."""
    return np.diff(np.concatenate([[0.0], np.diff(corners) / np.diff(x), [0.0]]))


def _nearest(x: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The point of the polytope of duals that is nearest to the target."""
    count = len(x) - 1  # corners: that at the first point, then those inside; at the last point it is zero
    basis = np.stack([_multipliers(x, np.concatenate([unit, [0.0]])) for unit in np.eye(count)], axis=1)
    away = np.eye(count)[1:] - np.eye(count)[0]
    walls = np.concatenate([np.eye(count), -np.eye(count), away, -away])
    q, r = np.linalg.qr(basis)
    middle = scipy.linalg.solve_triangular(r, q.T @ target)
    # least |v| with walls @ (middle + r^-1 v) <= 1, by the multipliers of the walls
    rows = -scipy.linalg.solve_triangular(r, walls.T, trans=1).T
    free = walls @ middle - 1.0
    size = max(float(np.abs(free).max()), 1.0)
    system = np.concatenate([rows.T, free[None, :] / size])
    weights, _ = nnls(system, np.eye(count + 1)[-1])
    touched = walls[weights > 0]
    # which walls are touched is all that is taken from there: on them the nearest point is found to rounding
    corners = np.linalg.lstsq(touched, np.ones(len(touched)))[0] if len(touched) else np.zeros(count)
    along = scipy.linalg.null_space(touched) if len(touched) else np.eye(count)
    if along.shape[1]:
        corners = corners + along @ np.linalg.lstsq(basis @ along, target - basis @ corners)[0]
    reach = max(1.0, float((walls @ corners).max()))  # rounding may leave it a little outside
    return basis @ (corners / reach)
