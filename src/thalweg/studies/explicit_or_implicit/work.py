"""What the study computes: the two regularizers from their definitions, and what they make of random instances."""

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from thalweg._seeds import stream
from thalweg.exact.least_norm import least_l1, least_l2
from thalweg.exact.least_potential import least_potential, least_potentials
from thalweg.potentials.diagonal_bias import DiagonalBias
from thalweg.potentials.distance_bias import DistanceBias
from thalweg.potentials.hypentropy import Hypentropy
from thalweg.studies.diagonal_training import trained

Finals = tuple[xr.Dataset, dict[str, Any]]
GAP = 1e-12
SMALLEST = 1e-60
"""The smallest scale of the implicit regularizer that is asked for."""


def least_distance(b: np.ndarray) -> np.ndarray:
    r"""$\min_{u^2-v^2=b}(u-1)^2 + (v-1)^2$ for $b > 0$, by bisection for the u at which its derivative changes sign."""
    low, high = np.sqrt(b), np.sqrt(b) + 2.0
    for _ in range(200):
        u = (low + high) / 2
        v = np.sqrt(np.maximum(u**2 - b, 0.0))
        # (u - 1) + (v - 1) u / v, times v
        rising = (u - 1) * v + (v - 1) * u > 0
        low, high = np.where(rising, low, u), np.where(rising, u, high)
    u = (low + high) / 2
    return (u - 1) ** 2 + (np.sqrt(np.maximum(u**2 - b, 0.0)) - 1) ** 2


def integrated(b: np.ndarray, depth: float) -> np.ndarray:
    r"""$q_D(b) = \int_0^b h_D^{-1}$ with the published $h_D$: $\int_0^{z}z'h_D'(z')\,dz'$ up to $h_D(z) = b$."""
    nodes, weights = np.polynomial.legendre.leggauss(120)
    if depth == 2:
        top = np.arcsinh(b / 2)
        z = top[:, None] * (nodes + 1) / 2
        return (weights * z * 2 * np.cosh(z)).sum(1) * top / 2
    power = depth / (depth - 2)

    def steep(t: np.ndarray) -> np.ndarray:
        return (1 - np.tanh(t)) ** -power - (1 + np.tanh(t)) ** -power

    low, high = np.zeros_like(b), np.full_like(b, 12.0)
    for _ in range(100):
        middle = (low + high) / 2
        above = steep(middle) > b
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    top = (low + high) / 2
    z = np.tanh(top[:, None] * (nodes + 1) / 2)
    slope = power * ((1 - z) ** (-power - 1) + (1 + z) ** (-power - 1)) * (1 - z**2)
    return (weights * z * slope).sum(1) * top / 2


def least_distance_at_depth(b: np.ndarray, depth: int) -> np.ndarray:
    r"""$\min_{u^D-v^D=b}(u-1)^2 + (v-1)^2$ for $b > 0$ and odd or even $D$, on ever finer grids of v."""
    centre, width, least = np.full_like(b, 0.5), 2.5, np.full_like(b, np.inf)
    for _ in range(60):
        v = centre[:, None] + width * np.linspace(-1, 1, 201)
        inside = b[:, None] + v**depth
        u = np.sign(inside) * np.abs(inside) ** (1 / depth)
        cost = np.where((inside >= 0) | (depth % 2 == 1), (u - 1) ** 2 + (v - 1) ** 2, np.inf)
        best = cost.argmin(1)
        centre = v[np.arange(len(b)), best]
        least = np.minimum(least, cost.min(1))
        width *= 0.6
    return least


def curves(report: Any, *, least: float, largest: float, count: int) -> Finals:
    """Both regularizers of one coefficient, from their definitions, with their roots, limits and wrong variants."""
    b = np.geomspace(least, largest, count)
    defined = least_distance(b)
    finals: dict[str, Any] = {}
    for depth in (2, 3, 4, 5):
        finals[f"identity_{depth}"] = _apart(integrated(b, depth), defined)
    finals["identity_l1"] = _apart(b, defined)
    finals["closed_explicit"] = _apart(DistanceBias(1.0).density(b), defined)
    finals["closed_implicit"] = max(_apart(DiagonalBias(d, 1.0).density(b), integrated(b, d)) for d in (2, 3, 4, 5))
    finals["closed_neighbour"] = max(_apart(DiagonalBias(d + 1, 1.0).density(b), integrated(b, d)) for d in (2, 3, 4, 5))
    roots = np.array([_real_roots(value) for value in b])
    finals |= {"roots_least": float((~np.isnan(roots)).sum(1).min()), "roots_most": float((~np.isnan(roots)).sum(1).max())}
    finals |= {"root_smaller": _apart(roots[:, 0], defined), "root_larger": _apart(roots[:, 1], defined)}
    finals |= _limits() | _scales() | _least_norm()
    q = DiagonalBias(2, 1.0).density(b)
    finals["below"] = float((defined / b).max())
    finals["below_implicit"] = float((q / b).max())
    finals["crossing"] = float(np.exp(np.interp(0.0, np.log(q / b), np.log(b))))
    finals["crossing_explicit"] = float(b[-1])
    far = np.geomspace(1e9, 1e12, 7)
    deep = {d: least_distance_at_depth(far, d) for d in (2, 3, 4)}
    for d, values in deep.items():
        finals[f"power_explicit_{d}"] = _slope(far, values)
        finals[f"power_implicit_{d}"] = _slope(far, DiagonalBias(d, 1.0).density(far))
    fine = np.linspace(-12.0, 12.0, 241)
    data = xr.Dataset(
        {
            "b": ("record", fine),
            "q": ("record", DiagonalBias(2, 1.0).density(fine)),
            "r": ("record", DistanceBias(1.0).density(fine)),
            "third": ("record", least_distance_at_depth(np.maximum(np.abs(fine), 1e-12), 3)),
            "wide": ("point", b),
            "root_smaller": ("point", roots[:, 0]),
            "root_larger": ("point", roots[:, 1]),
            "defined": ("point", defined),
            "integrated": ("point", integrated(b, 4)),
        }
    )
    return data, finals


def _real_roots(b: float) -> np.ndarray:
    found = np.roots([1, -6, 12 - 2 * b**2, -(8 + 10 * b**2), b**2 + b**4])
    real = np.sort(found[np.abs(found.imag) < 1e-7 * np.abs(found)].real)
    return np.concatenate([real, np.full(4 - len(real), np.nan)])


def _limits() -> dict[str, Any]:
    """How far the expansions hold, each times the power at which what is left should stop growing or falling."""
    small, large = np.geomspace(1e-3, 1e-2, 5), np.geomspace(10, 1e4, 13)
    r_small, r_large = least_distance(small), least_distance(large)
    q_large = integrated(large[large < 1e3], 2)
    few = large[large < 1e3]
    return {
        "r_small": _apart(small**2 / 8, r_small),
        "r_small_as_q": _apart(small**2 / 4, r_small),
        "r_large": float((np.abs(large - 2 * np.sqrt(large) + 1.5 - r_large) * np.sqrt(large)).max()),
        "r_large_without": float((np.abs(large - 2 * np.sqrt(large) - r_large) * np.sqrt(large)).max()),
        "r_large_one_root": float((np.abs(large - np.sqrt(large) + 1.5 - r_large) * np.sqrt(large)).max()),
        "q_large": float((np.abs(few * np.log(few) - few + 2 - q_large) * few).max()),
        "q_large_printed": float((np.abs(few * np.log(few) - q_large) * few).max()),
        "q_large_without": float((np.abs(few * np.log(few) - few - q_large) * few).max()),
    }


def _scales() -> dict[str, Any]:
    r"""$\alpha^2$ before the sums, and what they tend to without it."""
    beta = np.array([1.0, -0.5, 2.0])
    one, half_square = np.abs(beta).sum(), 0.25 * (beta**2).sum()
    wide, narrow = 1e3, 1e-50
    q_wide, q_narrow = Hypentropy(wide).value(beta), Hypentropy(narrow).value(beta)
    size = 0.3
    from_weights = size**2 * least_distance(np.abs(beta) / size**2).sum()
    summed = least_distance(np.abs(beta) / size**2).sum()
    return {
        "to_l2": float(abs(wide**2 * q_wide / half_square - 1)),
        "to_l2_printed": float(abs(q_wide / half_square - 1)),
        "to_l1": float(abs(q_narrow / np.log(1 / narrow**2) / one - 1)),
        "to_l1_printed": float(abs(q_narrow / narrow**2 / np.log(1 / narrow**2) / one - 1)),
        "prefactor": float(abs(from_weights / DistanceBias(size).value(beta) - 1)),
        "prefactor_printed": float(abs(summed / DistanceBias(size).value(beta) - 1)),
    }


def _least_norm() -> dict[str, Any]:
    r"""The weights of least norm that make a coefficient, one of each sign: the norm is one number, the weights are several."""
    b = 2.25
    turns = np.linspace(-1.2, 1.2, 4001)
    weights = np.concatenate([sign * np.sqrt(b) * np.stack([np.cosh(turns), np.sinh(turns)], 1) for sign in (1, -1)])
    squares = (weights**2).sum(1)
    least = weights[squares <= squares.min() * (1 + 1e-12)]
    return {
        "least_norm": float(abs(squares.min() / b - 1)),
        "least_spread": float(np.ptp((least**2).sum(1)) / b),
        "least_weights": float(np.linalg.norm(least[:, None] - least[None], axis=-1).max() / np.sqrt(b)),
    }


def instances(
    report: Any, *, key: Any, size: int, samples: int, how_many: int, scales: Any, trainings: int, rtol: float
) -> Finals:
    """Random instances: minima of both regularizers over a range of scales, training from the scales that should agree."""
    rng = stream(key, "data")
    x, y = rng.normal(size=(how_many, size, samples)), rng.normal(size=(how_many, samples))
    pairs = [(inputs.T, outputs) for inputs, outputs in zip(x, y, strict=True)]
    one, two = [least_l1(pair, gap=GAP) for pair in pairs], [least_l2(pair) for pair in pairs]
    l1, l2 = (np.concatenate([found.predictor for found in solutions]) for solutions in (one, two))
    unit = np.linalg.norm(l2, axis=1)
    scales = np.asarray(scales, float)

    def minima(potential: Callable[[Any], Any], sizes: Any) -> np.ndarray:
        return least_potentials(x, y, [potential(s) for s in sizes], gap=GAP).predictor

    def apart(points: np.ndarray, others: np.ndarray) -> np.ndarray:
        return np.linalg.norm(points - others, axis=-1) / unit

    explicit, implicit = (minima(potential, scales[::-1])[::-1] for potential in (DistanceBias, Hypentropy))
    variables = {
        "explicit_l1": apart(explicit, l1),
        "implicit_l1": apart(implicit, l1),
        "explicit_l2": apart(explicit, l2),
        "implicit_l2": apart(implicit, l2),
        "between": apart(explicit, implicit),
    }
    data = xr.Dataset({k: (("record", "instance"), v) for k, v in variables.items()}, coords={"scale": ("record", scales)})
    between = np.median(variables["between"], axis=1)
    finals: dict[str, Any] = {"differ": float(between.max()), "alike": float(between[-1])}

    few = np.array([1e-4, 1e-3])
    measured = {"explicit_l1": _powers(few, apart(minima(DistanceBias, few[::-1])[::-1], l1))}
    wide = np.array([2.0, 5.0])
    for name, potential in (("explicit", DistanceBias), ("implicit", Hypentropy)):
        measured[f"{name}_l2"] = _powers(wide, apart(minima(potential, wide[::-1])[::-1], l2))
    # the largest share of its bound that a coefficient reaches which is zero in the least l1 norm
    bound = np.array([np.sort(np.abs(a.T @ found.dual))[::-1][samples] for (a, _), found in zip(pairs, one, strict=True)])
    # at these scales the implicit minimum is about 1e-3 and 1e-5 away
    near = np.exp(-np.log(10) * np.array([[5.0], [3.0]]) / (2 * (1 - bound)))
    usable = near[0] > SMALLEST
    if not usable.any():
        raise ValueError("no instance has a certificate that leaves room for its power to be seen: take more instances")
    near = np.where(usable, near, [[1e-3], [1e-2]])
    distances = apart(minima(Hypentropy, near[::-1, :, None])[::-1], l1)
    slopes = np.diff(np.log(distances), axis=0)[0] / np.diff(np.log(near), axis=0)[0]
    measured["implicit_l1"] = slopes[usable]
    finals["usable"] = int(usable.sum())
    finals["certificate"] = float(np.median(np.abs(slopes - 2 * (1 - bound))[usable]))
    finals["certificate_explicit"] = float(np.median(np.abs(2 - 2 * (1 - bound))[usable]))
    finals["certificate_without"] = float(np.median(np.abs(slopes - (1 - bound))[usable]))
    finals["power_certificate"] = float(np.median(2 * (1 - bound)[usable]))
    finals |= {f"power_{name}": float(np.median(values)) for name, values in measured.items()}
    finals["end_l1"] = float(max(np.median(distances[0][usable]), np.median(apart(minima(DistanceBias, [1e-4]), l1))))
    finals["end_l2"] = float(max(np.median(apart(minima(p, [30.0]), l2)) for p in (DistanceBias, Hypentropy)))
    finals["end_middle"] = float(
        max(np.median(apart(minima(p, [0.5]), to)) for p in (DistanceBias, Hypentropy) for to in (l1, l2))
    )
    for name, potential in (("explicit", DistanceBias), ("implicit", Hypentropy)):
        finals[f"value_{name}"] = float(np.median([_value_power(beta, potential) for beta in l1]))
    done = [_trainings(x[i], y[i], float(unit[i]), rng, rtol) for i in range(trainings)]
    for name in done[0]:
        finals |= {name: max(row[name] for row in done), f"{name}_least": min(row[name] for row in done)}
    return data, finals


def _powers(scales: np.ndarray, distances: np.ndarray) -> np.ndarray:
    return np.polyfit(np.log(scales), np.log(distances), 1)[0]


def _value_power(beta: np.ndarray, potential: Callable[[float], Any]) -> float:
    r"""The power of $\alpha$ with which $R_\alpha$, or $Q_\alpha/\ln(1/\alpha^2)$, tends to the $\ell_1$ norm at a point."""
    scales, norm = np.array([1e-6, 1e-5]), np.abs(beta).sum()
    values = np.array([float(potential(s).value(beta)) for s in scales])
    if potential is Hypentropy:
        values = values / np.log(1 / scales**2)
    return _slope(scales, np.abs(1 - values / norm))


def _trainings(x: np.ndarray, y: np.ndarray, unit: float, rng: np.random.Generator, rtol: float) -> dict[str, float]:
    """Training at depth 4 and others, beside the minimum over weights, at an intermediate scale."""
    scale, d = 0.5, len(x)
    explicit = least_potential((x.T, y), DistanceBias(scale), gap=GAP).predictor[0]
    ends = {
        "trained_4": trained(x, y, 4, np.full(d, np.sqrt(scale)), rtol=rtol),
        "trained_3": trained(x, y, 3, np.full(d, scale ** (2 / 3)), rtol=rtol),
        "trained_2": trained(x, y, 2, np.full(d, scale), rtol=rtol),
        "trained_4_same_scale": trained(x, y, 4, np.full(d, scale), rtol=rtol),
        "over_weights": nearest_weights(x, y, np.full(d, scale)),
    }
    shape = rng.uniform(0.5, 1.5, size=d)
    uneven = least_potential((x.T, y), DistanceBias(scale, shape), gap=GAP).predictor[0]
    found = {name: float(np.linalg.norm(beta - explicit) / unit) for name, beta in ends.items()}
    found["uneven"] = float(np.linalg.norm(trained(x, y, 4, np.sqrt(scale * shape), rtol=rtol) - uneven) / unit)
    found["uneven_over_weights"] = float(np.linalg.norm(nearest_weights(x, y, scale * shape) - uneven) / unit)
    return found


def nearest_weights(x: np.ndarray, y: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The coefficients of the weights nearest to a start that interpolate: Newton's method on weights and multipliers.

    The outputs are raised in steps, each begun at the end of the one before, so that it stays with the least distance.
    """
    d, m = x.shape
    signs = np.repeat([1.0, -1.0], d)
    both, weights, multipliers = np.concatenate([x, x]), np.tile(start, 2), np.zeros(m)
    for share in np.linspace(0.05, 1.0, 20):
        for _ in range(50):
            pull = signs * (both @ multipliers)
            seen = 2 * both * (signs * weights)[:, None]
            forces = np.concatenate(
                [2 * (weights - np.tile(start, 2)) - 2 * pull * weights, (signs * weights**2) @ both - share * y]
            )
            matrix = np.block([[np.diag(2 - 2 * pull), -seen], [seen.T, np.zeros((m, m))]])
            step = np.linalg.solve(matrix, -forces)
            weights, multipliers = weights + step[: 2 * d], multipliers + step[2 * d :]
            if np.abs(step).max() < 1e-14 * np.abs(weights).max():
                break
    return weights[:d] ** 2 - weights[d:] ** 2


def _apart(law: np.ndarray, measured: np.ndarray) -> float:
    return float(np.abs(law / measured - 1).max())


def _slope(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])
