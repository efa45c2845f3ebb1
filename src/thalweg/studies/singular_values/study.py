"""What to run: descent from the identity at depths 1, 2, 3, the flow at three tolerances, and MovieLens-100K."""

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from thalweg._seeds import stream
from thalweg._whole import whole
from thalweg.algorithms.gradient_descent import GradientDescent
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.data.movielens import movielens_100k
from thalweg.initializations.balanced import Balanced
from thalweg.initializations.identity import Identity
from thalweg.observables.alignment import Alignment
from thalweg.observables.imbalance import Imbalance
from thalweg.observables.loss import Loss
from thalweg.observables.norms import EffectiveRank
from thalweg.observables.reconstruction_error import HeldOutError, ReconstructionError
from thalweg.observables.spectrum import SingularValues
from thalweg.observables.velocity import MeasuredVelocity, PredictedVelocity
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.matrix_completion import MatrixCompletion
from thalweg.studies.claim import Source
from thalweg.studies.singular_values.claims import claims
from thalweg.studies.singular_values.pictures import plots, tables
from thalweg.studies.study import Case, Setup, Study
from thalweg.trajectory.schedule import EverySteps, EveryTime
from thalweg.trajectory.stop import Steps, Time


@dataclasses.dataclass(frozen=True)
class MovieLens:
    """The ratings to complete.

    Arguments:
        most: keep the so many most rated films and the so many most active users; all of them if 0.
        ratings: how many ratings are seen; the others are held out.
        steps: of descent at the published rate, by depth; the flow is followed to that time.
    """

    most: int = 0
    ratings: int = 10_000
    steps: tuple[int, int, int] = (200_000, 40_000, 50_000)


@dataclasses.dataclass(frozen=True)
class Parameters:
    """The published setting, and that of the theorem's test.

    Arguments:
        side, rank, observed: of the random square targets.
        scale: of the start, a multiple of the identity.
        rate: of gradient descent.
        steps: by depth 1, 2, 3.
        every: steps between records.
        shape, few, rtols, end, interval: the theorem is tested on instances of this shape and observed count, by the flow
            at each of the tolerances, from a balanced start, to the end of time. It is recorded at the interval at the
            tightest tolerance, and at twenty times the interval where the residual of the solver is to be seen: landing
            on records shortens steps.
        films: the real data.
    """

    side: int = 100
    rank: int = 5
    observed: int = 2000
    scale: float = 1e-3
    rate: float = 0.1
    steps: tuple[int, int, int] = (30_000, 15_000, 20_000)
    every: int = 100
    shape: tuple[int, int] = (20, 14)
    few: int = 160
    rtols: tuple[float, ...] = (1e-5, 1e-7, 1e-9)
    end: float = 120.0
    interval: float = 0.5
    films: MovieLens = MovieLens()


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """Four families: `movielens` (one split, the first seed's), `descent` on random targets, `flow` and `path` for the law."""
    found = [Case({"family": "movielens", "depth": depth}, seed) for seed in seeds[:1] for depth in (3, 2, 1)]
    for seed in seeds:
        found += [Case({"family": "descent", "depth": depth}, seed) for depth in (1, 2, 3)]
        for depth in (2, 3):
            found += [Case({"family": "flow", "depth": depth, "rtol": rtol}, seed) for rtol in parameters.rtols]
            found.append(Case({"family": "path", "depth": depth, "rtol": min(parameters.rtols)}, seed))
    return found


def build(parameters: Parameters, case: Case, root: int) -> Setup:
    """The run of a case; instances depend on root and seed alone, so all depths meet the same one."""
    family = {"descent": _descent, "flow": _flow, "path": _flow, "movielens": _movielens}[case.coordinates["family"]]
    return family(parameters, case.coordinates, (root, case.seed))


def _descent(parameters: Parameters, at: Mapping[str, Any], key: tuple[int, int]) -> Setup:
    shape, depth = (parameters.side, parameters.side), at["depth"]
    return Setup(
        MatrixCompletion.random(shape=shape, rank=parameters.rank, observed=parameters.observed, key=key),
        DeepLinear(depth=depth, shape=shape),
        Identity(parameters.scale),
        GradientDescent(parameters.rate),
        until=Steps(parameters.steps[depth - 1]),
        key=key,
        record=[Loss(), ReconstructionError(), SingularValues(min(10, parameters.side)), EffectiveRank(), Alignment()],
        at=EverySteps(parameters.every),
        measure=_truth,
    )


def _flow(parameters: Parameters, at: Mapping[str, Any], key: tuple[int, int]) -> Setup:
    count = min(parameters.shape)
    return Setup(
        MatrixCompletion.random(shape=parameters.shape, rank=2, observed=parameters.few, key=key),
        DeepLinear(depth=at["depth"], shape=parameters.shape, hidden=count + 2),
        Balanced(0.1),
        GradientFlow(rtol=at["rtol"]),
        until=Time(parameters.end),
        key=key,
        record=[Loss(), SingularValues(), PredictedVelocity(count), MeasuredVelocity(count), Imbalance()],
        at=EveryTime(parameters.interval * (20 if at["family"] == "flow" else 1)),
    )


def _movielens(parameters: Parameters, at: Mapping[str, Any], key: tuple[int, int]) -> Setup:
    seen, unseen, shape = split(parameters.films, key)
    depth = at["depth"]
    problem = MatrixCompletion.from_entries(*seen, shape=shape, allow_empty=True)
    end = parameters.rate * parameters.films.steps[depth - 1]
    return Setup(
        problem,
        DeepLinear(depth=depth, shape=shape),
        Identity(parameters.scale),
        GradientFlow(rtol=1e-5),
        until=Time(end),
        key=key,
        record=[Loss(), HeldOutError(*unseen), SingularValues(10), Alignment()],
        at=EveryTime(end / 50),
        measure=functools.partial(_ratings, unseen=unseen[2], seen=seen[2], end=end, scale=parameters.scale, depth=depth),
    )


@functools.lru_cache(maxsize=4)
def split(films: MovieLens, key: tuple[int, int]) -> tuple[Any, Any, tuple[int, int]]:
    """Seen and unseen ratings as `(rows, columns, values)`, and the shape: films by users.

    The published split, the first 10,000 ratings of a shuffled file, is not the publisher's; ours is drawn uniformly.

    Raises:
        DataMissing: the ratings are not at hand.
        ValueError: more films, users or ratings than there are.
    """
    most, count = whole(films.most, "films.most", least=0), whole(films.ratings, "films.ratings")
    ratings = movielens_100k()
    rows, columns, values = ratings.items, ratings.users, ratings.ratings
    shape = ratings.shape
    if most > min(shape):
        raise ValueError(f"films.most must be at most {min(shape)}, the smaller of films and users, got {most}")
    if films.most:
        kept_rows = np.argsort(-np.bincount(rows, minlength=shape[0]), kind="stable")[: films.most]
        kept_columns = np.argsort(-np.bincount(columns, minlength=shape[1]), kind="stable")[: films.most]
        inside = np.isin(rows, kept_rows) & np.isin(columns, kept_columns)
        place_row, place_column = np.zeros(shape[0], int), np.zeros(shape[1], int)
        place_row[kept_rows], place_column[kept_columns] = np.arange(films.most), np.arange(films.most)
        rows, columns, values = place_row[rows[inside]], place_column[columns[inside]], values[inside]
        shape = (films.most, films.most)
    if count >= len(values):
        raise ValueError(f"films.ratings must be below the {len(values)} that there are, or none is held out, got {count}")
    order = stream(key, "data").permutation(len(values))
    parts = [
        tuple(part[chosen] for part in (rows, columns, values)) for chosen in (order[: films.ratings], order[films.ratings :])
    ]
    return parts[0], parts[1], shape


def _truth(problem: Any, predictor: Any) -> dict[str, float]:
    values = np.linalg.svd(problem.target, compute_uv=False)
    return {f"truth_sigma_{r}": float(value) for r, value in enumerate(values[:6], start=1)}


def _ratings(problem: Any, predictor: Any, *, unseen: Any, seen: Any, end: float, scale: float, depth: int) -> dict[str, float]:
    """Errors of trivial predictors, and at depth 1 the distance to the closed form of the whole path's end."""
    found = {
        "zero_predictor": float(np.mean(unseen**2)),
        "mean_predictor": float(np.mean((unseen - seen.mean()) ** 2)),
        "observed_norm": float(np.linalg.svd(np.nan_to_num(problem.observed), compute_uv=False)[0]),
    }
    if depth == 1:
        expected = scale * np.eye(*problem.shape)
        faded = np.exp(-2 * end / problem.count)
        at = (problem.rows, problem.columns)
        expected[at] = problem.values + (expected[at] - problem.values) * faded
        found["faded"] = float(faded)
        found["closed_form"] = float(np.linalg.norm(predictor - expected) / np.linalg.norm(expected))
    return found


STUDY = Study(
    name="singular-values",
    title="Singular values along the path",
    question="Why does depth favour low rank? Deeper products let large singular values run ahead and hold small ones back.",
    sources=(Source("arora2019implicit", "theorem 3, lemma 2 and figure 3"), Source("harper2015movielens", "MovieLens-100K")),
    parameters=Parameters(),
    quick=Parameters(films=MovieLens(most=150, ratings=2500, steps=(50_000, 20_000, 20_000)), rtols=(1e-5, 1e-8)),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 2),
    cost="full: about 15 minutes on two cores, 12 of them MovieLens-100K at depth 3; quick: about half a minute",
)
