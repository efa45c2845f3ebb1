"""What to run: three pieces of work a seed, on small networks."""

import dataclasses
from collections.abc import Sequence

from thalweg.studies.claim import Source
from thalweg.studies.saddle_at_zero.claims import claims
from thalweg.studies.saddle_at_zero.pictures import plots, tables
from thalweg.studies.saddle_at_zero.work import about_zero, descent, escapes
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """Sizes and distances.

    Arguments:
        depths: of the landscape and of the way out of zero; 2, 3 and 4 among them.
        shape, hidden: of the predictor and of the hidden layers where the landscape is looked at.
        scales: sizes of the factors along the ray.
        shapes: of the predictors that the flow brings down; end: of its time.
        starts: sizes of the factors that the flow starts from, near zero; side: of the square predictor there.
    """

    depths: tuple[int, ...] = (2, 3, 4, 5)
    shape: tuple[int, int] = (5, 6)
    hidden: int = 5
    scales: tuple[float, ...] = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
    shapes: tuple[tuple[int, int], ...] = ((4, 4), (3, 5), (6, 2))
    end: float = 60.0
    starts: tuple[float, ...] = (0.3, 0.1, 0.03, 0.01, 0.003)
    side: int = 3


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """Three families: about zero, the descent from balance, and the way out of zero."""
    return [Case({"family": family}, seed) for seed in seeds for family in ("zero", "descent", "escape")]


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a family."""
    if not {2, 3, 4} <= set(parameters.depths):
        raise ValueError(f"depths must hold 2, 3 and 4, of which claims speak; got {parameters.depths}")
    if all(rows == columns for rows, columns in parameters.shapes):
        raise ValueError(f"shapes must hold one that is no square, for which the law is another; got {parameters.shapes}")
    key = (root, case.seed)
    if case.coordinates["family"] == "zero":
        at = {"shape": parameters.shape, "hidden": parameters.hidden, "scales": parameters.scales}
        return Work(about_zero, {"depths": parameters.depths, "key": key} | at)
    if case.coordinates["family"] == "descent":
        return Work(descent, {"depths": (2, 3), "shapes": parameters.shapes, "end": parameters.end, "key": key})
    return Work(escapes, {"depths": parameters.depths, "scales": parameters.starts, "size": parameters.side, "key": key})


STUDY = Study(
    name="saddle-at-zero",
    title="The saddle at zero",
    question="Deep linear networks have saddles without curvature. Why does gradient flow from balance not end in one?",
    sources=(Source("kawaguchi2016deep", "theorem 2.3"), Source("arora2019convergence", "section 3.2")),
    parameters=Parameters(),
    quick=Parameters(depths=(2, 3, 4), shape=(2, 3), hidden=2, shapes=((3, 3), (2, 4)), starts=(0.1, 0.03, 0.01, 0.003), side=2),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 2),
    cost="full: half a minute; quick: a few seconds",
)
