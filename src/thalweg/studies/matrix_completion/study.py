"""What to run: random instances, least nuclear norm with and without slack, and depths 2, 3, 4 at four scales of the start."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.initializations.gaussian import Gaussian
from thalweg.observables.loss import Loss
from thalweg.observables.reconstruction_error import ReconstructionError
from thalweg.observables.spectrum import SingularValues
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.matrix_completion import MatrixCompletion
from thalweg.studies.claim import Source
from thalweg.studies.matrix_completion.claims import claims
from thalweg.studies.matrix_completion.pictures import plots, tables
from thalweg.studies.study import Case, Setup, Solve, Study
from thalweg.trajectory.schedule import EverySteps
from thalweg.trajectory.stop import LossBelow


@dataclasses.dataclass(frozen=True)
class Parameters:
    """The published setting, and the tolerances that the flow and the certificate add.

    Arguments:
        side, rank: of the random square targets.
        observed: how many entries are seen: few, where the nuclear norm fails, and many, where it recovers.
        depths, scales: of the networks and of their starts.
        threshold: mean squared train error at which a run stops, as published.
        thresholds: further ones, to see what of the error is the threshold's.
        rtol: tolerance of the flow; for lower thresholds a hundredth of their root where that is tighter.
        gap: certified relative gap of the least nuclear norm.
        slack: by how much the published baseline may miss each observed entry.
    """

    side: int = 100
    rank: int = 5
    observed: tuple[int, int] = (2000, 5000)
    depths: tuple[int, ...] = (2, 3, 4)
    scales: tuple[float, ...] = (1e-3, 1e-4, 1e-5, 1e-6)
    threshold: float = 1e-6
    thresholds: tuple[float, ...] = (1e-8, 1e-10)
    rtol: float = 1e-5
    gap: float = 1e-9
    slack: float = 1e-3


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """Every instance with every method; the further thresholds at the depth and the count where the claim is made."""
    found = []
    for seed in seeds:
        for observed in parameters.observed:
            for method in ("nuclear norm", "nuclear norm within 1e-3"):
                found.append(Case({"observed": observed, "method": method}, seed))
            for depth in parameters.depths:
                for scale in parameters.scales:
                    at = {"observed": observed, "method": f"depth {depth}", "scale": scale}
                    found.append(Case({**at, "threshold": parameters.threshold}, seed))
        for threshold in parameters.thresholds:
            at = {"observed": parameters.observed[-1], "method": "depth 3", "scale": min(parameters.scales)}
            found.append(Case({**at, "threshold": threshold}, seed))
    return found


def build(parameters: Parameters, case: Case, root: int) -> Setup | Solve:
    """The run of a case: the instance depends on root and seed alone, so all methods meet the same one."""
    at = case.coordinates
    key = (root, case.seed)
    shape = (parameters.side, parameters.side)
    problem = MatrixCompletion.random(shape=shape, rank=parameters.rank, observed=at["observed"], key=key)
    if at["method"] == "nuclear norm":
        return Solve("nuclear_norm", problem, {"gap": parameters.gap}, measure_solution)
    if at["method"] == "nuclear norm within 1e-3":
        return Solve("slack_nuclear_norm", problem, {"slack": parameters.slack}, measure_solution)
    return Setup(
        problem,
        DeepLinear(depth=int(at["method"].removeprefix("depth ")), shape=shape),
        Gaussian(at["scale"]),
        GradientFlow(rtol=min(parameters.rtol, 1e-2 * at["threshold"] ** 0.5)),
        until=LossBelow(at["threshold"]),
        key=key,
        record=[Loss(), ReconstructionError(), ReconstructionError("unobserved"), SingularValues(min(10, parameters.side))],
        at=EverySteps(10),
        measure=measure,
    )


def measure(problem: Any, predictor: Any) -> dict[str, float]:
    """The published measures of a predictor, and of the truth beside it."""
    found = {"error": float(np.mean((predictor - problem.target) ** 2))}
    for prefix, matrix in (("", predictor), ("truth_", problem.target)):
        values = np.linalg.svd(matrix, compute_uv=False)
        found |= {f"{prefix}nuclear_norm": float(values.sum()), f"{prefix}effective_rank": effective_rank(values)}
        if not prefix:
            found |= {f"sigma_{index}": float(value) for index, value in enumerate(values[:10], start=1)}
    return found


def measure_solution(problem: Any, solution: Any) -> Mapping[str, float]:
    """The same of a reference solution, with its certificate and that of the trivial completion by zeros."""
    observed = np.nan_to_num(problem.observed)
    seen = np.isfinite(problem.observed)
    trivial = float(np.linalg.svd(observed, compute_uv=False).sum())
    return {
        **measure(problem, solution.predictor),
        "gap": float(solution.gap),
        "infeasibility": float(np.abs(solution.predictor - observed)[seen].max()),
        "trivial_gap": (trivial - float(solution.dual_value)) / trivial,
        "seconds": float(solution.seconds),
    }


def effective_rank(values: np.ndarray) -> float:
    """The effective rank from singular values."""
    share = values[values > 0] / values.sum()
    return float(np.exp(-(share * np.log(share)).sum()))


STUDY = Study(
    name="matrix-completion",
    title="Matrix completion: least nuclear norm against depth",
    question="Does gradient flow on a deep factorization find the completion of least nuclear norm, or one of lower rank?",
    sources=(Source("arora2019implicit", "section 4, figures 1 and 2"), Source("gunasekar2017implicit", "conjecture")),
    parameters=Parameters(),
    quick=Parameters(scales=(1e-3, 1e-5), thresholds=(1e-9,)),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 3),
    cost="full: about 3 minutes on two cores; quick: about 40 seconds",
)
