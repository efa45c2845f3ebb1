"""What to run: four pieces of work, two of them the same for all seeds."""

import dataclasses
from collections.abc import Sequence

from thalweg.studies.claim import Source
from thalweg.studies.convergence.claims import claims
from thalweg.studies.convergence.pictures import plots, tables
from thalweg.studies.convergence.work import certified, failures, pessimism, printed_form
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """Sizes and lengths.

    Arguments:
        depths: at which starts are made; 2 among them.
        shapes: of the predictors of certified starts, one of them no square; count: starts for each.
        steps: of certified descent; trial: of each trial of a step size.
        dimension: of the failures; held: steps of the one that is held up.
        margins: at which the two forms of the theorem are compared.
    """

    depths: tuple[int, ...] = (2, 3, 4)
    shapes: tuple[tuple[int, int], ...] = ((3, 3), (2, 4), (5, 2))
    count: int = 8
    steps: int = 5000
    trial: int = 500
    dimension: int = 4
    held: int = 20_000
    margins: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """Random starts for each seed; the examples of failure and of form, which hold no chance, for the first."""
    found = [Case({"family": family}, seed) for seed in seeds[:1] for family in ("failures", "form")]
    return found + [Case({"family": family}, seed) for seed in seeds for family in ("certified", "pessimism")]


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a family."""
    if 2 not in parameters.depths or min(parameters.depths) < 2:
        raise ValueError(f"depths must hold 2, of which claims speak, and none below; got {parameters.depths}")
    if all(rows == columns for rows, columns in parameters.shapes):
        raise ValueError(f"shapes must hold one that is no square, where the lemma has least room; got {parameters.shapes}")
    key = (root, case.seed)
    at = {"depths": parameters.depths, "count": parameters.count, "key": key}
    match case.coordinates["family"]:
        case "certified":
            return Work(certified, at | {"shapes": parameters.shapes, "steps": parameters.steps})
        case "pessimism":
            return Work(pessimism, at | {"shape": parameters.shapes[0], "steps": parameters.trial})
        case "failures":
            return Work(failures, {"dimension": parameters.dimension, "steps": parameters.held})
    return Work(printed_form, {"depths": (2, 3), "margins": parameters.margins, "steps": 500})


STUDY = Study(
    name="convergence",
    title="Convergence of gradient descent",
    question="When does gradient descent on a deep linear network reach the global minimum, by when, and what if not?",
    sources=(Source("arora2019convergence", "theorem 1, lemmas 1 and 2, claims 4 and 5"),),
    parameters=Parameters(),
    quick=Parameters(depths=(2, 3), shapes=((3, 3), (2, 4)), count=3, steps=1000, trial=250, dimension=2, held=2000),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 2),
    cost="full: about half a minute; quick: a few seconds",
)
