"""Evidence made by hand from the published numbers: what runs would bring back if they came out as printed."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from thalweg.studies.evidence import Evidence, Result
from thalweg.studies.matrix_completion.claims import EXACT, SLACK

ERRORS = {
    (2000, 2): {1e-3: 1.0e-1, 1e-4: 6.5e-2, 1e-5: 3.6e-2, 1e-6: 2.3e-2},
    (2000, 3): {1e-3: 4e-5, 1e-4: 2.8e-5, 1e-5: 3e-5, 1e-6: 2.7e-5},
    (2000, 4): {1e-3: 2.2e-5, 1e-4: 2.8e-5, 1e-5: 2.8e-5, 1e-6: 2.3e-5},
    (5000, 2): {1e-3: 9e-5, 1e-4: 1.7e-5, 1e-5: 6e-6, 1e-6: 5e-6},
    (5000, 3): dict.fromkeys((1e-3, 1e-4, 1e-5, 1e-6), 4e-6),
    (5000, 4): dict.fromkeys((1e-3, 1e-4, 1e-5, 1e-6), 4e-6),
}
NUCLEAR = {(2000, 2): 217.2, (2000, 3): 219.4, (2000, 4): 219.4, (5000, 2): 221.1, (5000, 3): 221.1, (5000, 4): 221.1}
RANK = {(2000, 2): 6.6, (2000, 3): 4.95, (2000, 4): 4.95, (5000, 2): 4.95, (5000, 3): 4.93, (5000, 4): 4.93}
TRUTH = {2000: (219.45, 4.93), 5000: (221.1, 4.93)}
SOLUTIONS = {
    (2000, EXACT): (0.106, 210.15, 9.45, 1e-14),
    (2000, SLACK): (0.106, 210.15, 9.45, 1e-3),
    (5000, EXACT): (1e-18, 221.1, 4.93, 1e-14),
    (5000, SLACK): (8e-7, 221.03, 4.93, 1e-3),
}

DESCENT = {  # final singular values, first take-off and time constant in steps
    1: ([11.7, 10.4, 10.3, 9.2, 8.7, 7.8, 7.6, 7.4, 7.2, 7.0], [3500.0] * 10, 400.0),
    2: ([45.5, 38.5, 36.5, 28.7, 24.8, 6.0, 5.5, 5.0, 4.5, 4.0], [3500.0 + 300 * r for r in range(10)], 300.0),
    3: ([53, 47.4, 44.4, 38.6, 33.2, 0.25, 0.2, 0.2, 0.1, 0.1], [8.0e3, 9.3e3, 1.05e4, 1.25e4, 1.5e4, *[1.6e4] * 5], 80.0),
}
FILMS = {1: (68.3, 36.0, 13.728069), 2: (3350.0, 60.0, 1.450), 3: (3770.0, 60.0, 1.398)}


def completion(parameters: Any, seeds: Sequence[int] = (0, 1, 2)) -> Evidence:
    """All results of the study `matrix-completion`, the same for every seed."""
    found = []
    for seed in seeds:
        for observed in parameters.observed:
            for method in (EXACT, SLACK):
                error, nuclear, rank, infeasibility = SOLUTIONS[observed, method]
                measured = _measured(observed, error, nuclear, rank)
                certificate = {"gap": 1e-10, "infeasibility": infeasibility, "trivial_gap": 0.4, "seconds": 1.0}
                found.append(_result({"observed": observed, "method": method}, seed, measured | certificate))
            for depth in parameters.depths:
                for scale in parameters.scales:
                    found.append(_network(observed, depth, scale, parameters.threshold, seed))
        for threshold in parameters.thresholds:
            found.append(_network(parameters.observed[-1], 3, min(parameters.scales), threshold, seed))
    return Evidence(found)


def singular_values(parameters: Any, seeds: Sequence[int] = (0, 1), *, films: bool = True) -> Evidence:
    """All results of the study `singular-values`, or all but those on ratings."""
    found = [_films(depth, seeds[0]) for depth in (1, 2, 3)] if films else []
    for seed in seeds:
        found += [_descent(depth, parameters, seed) for depth in (1, 2, 3)]
        for depth in (2, 3):
            found += [_flow("flow", depth, rtol, parameters, seed) for rtol in parameters.rtols]
            found.append(_flow("path", depth, min(parameters.rtols), parameters, seed))
    return Evidence(found)


def _result(coordinates: dict[str, Any], seed: int, finals: dict[str, Any], record: xr.Dataset | None = None) -> Result:
    def read() -> xr.Dataset:
        assert record is not None, "the claims and pictures of this study read no record"
        return record

    return Result(coordinates, seed, finals, read)


def _measured(observed: int, error: float, nuclear: float, rank: float) -> dict[str, Any]:
    truth = TRUTH[observed]
    return {
        "error": error,
        "nuclear_norm": nuclear,
        "effective_rank": rank,
        "truth_nuclear_norm": truth[0],
        "truth_effective_rank": truth[1],
        **{f"sigma_{r}": nuclear / 5 if r <= 5 else error for r in range(1, 11)},
    }


def _network(observed: int, depth: int, scale: float, threshold: float, seed: int) -> Result:
    error = ERRORS[observed, depth][scale] * threshold / 1e-6
    measured = _measured(observed, error, NUCLEAR[observed, depth], RANK[observed, depth])
    at = {"observed": observed, "method": f"depth {depth}", "scale": scale, "threshold": threshold}
    return _result(at, seed, measured | {"loss": threshold, "gradients": 1000 * depth})


def _descent(depth: int, parameters: Any, seed: int) -> Result:
    steps = np.arange(0, parameters.steps[depth - 1] + 1, parameters.every)
    final, centers, width = (np.array(part, dtype=float) for part in DESCENT[depth])
    values = final / (1 + np.exp(-(steps[:, None] - centers) / width))
    values[0] = parameters.scale**depth
    values[-1] = final
    hill = np.exp(-(((steps - 9000) / 2000) ** 2))
    record = xr.Dataset(
        {
            "steps": ("record", steps),
            "time": ("record", parameters.rate * steps),
            "singular_values": (("record", "index"), values),
            "alignment": (("record", "part"), np.stack([1.4e-3 * hill, 1.2e-4 * hill], axis=1)),
        }
    )
    truth = {f"truth_sigma_{r + 1}": DESCENT[3][0][r] for r in range(5)} | {"truth_sigma_6": 0.0}
    return _result({"family": "descent", "depth": depth}, seed, truth, record)


def _flow(family: str, depth: int, rtol: float, parameters: Any, seed: int) -> Result:
    """Singular values that rise as logistic curves, with their velocities; predictions off by a fifth of the tolerance."""
    step = parameters.interval * (20 if family == "flow" else 1)
    time = np.arange(0, parameters.end + step / 2, step)
    final, center, width = np.linspace(8, 1, 14), np.linspace(40, 70, 14), 12.0
    share = 1 / (1 + np.exp(-(time[:, None] - center) / width))
    velocity = final * share * (1 - share) / width
    record = xr.Dataset(
        {
            "time": ("record", time),
            "steps": ("record", np.arange(len(time))),
            "singular_values": (("record", "index"), final * share),
            "measured_velocity": (("record", "direction"), velocity),
            "predicted_velocity": (("record", "direction"), velocity * (1 + 0.2 * rtol)),
        }
    )
    return _result({"family": family, "depth": depth, "rtol": rtol}, seed, {}, record)


def _films(depth: int, seed: int) -> Result:
    first, second, error = FILMS[depth]
    share = np.linspace(0, 1, 21)
    top = np.array([first, second, *np.full(8, second / 2)])
    record = xr.Dataset(
        {
            "steps": ("record", np.arange(21)),
            "time": ("record", 1000 * share),
            "singular_values": (("record", "index"), 1e-3 + share[:, None] * (top - 1e-3)),
            "held_out_error": ("record", 13.728078 + share * (error - 13.728078)),
        }
    )
    finals = {"zero_predictor": 13.728078, "mean_predictor": 1.27, "gradients": 4000, "seconds": 20.0}
    if depth == 1:
        finals |= {"faded": float(np.exp(-4)), "closed_form": 1e-6}
    return _result({"family": "movielens", "depth": depth}, seed, finals, record)


def some(evidence: Evidence, keep: Callable[[Result], Any]) -> Evidence:
    """A part of the evidence: what is left where runs failed or were stopped."""
    return Evidence([result for result in evidence if keep(result)])
