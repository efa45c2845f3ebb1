"""What the study of homogeneous models runs."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from thalweg.data import digits
from thalweg.studies.claim import Source
from thalweg.studies.homogeneous_margin import work
from thalweg.studies.homogeneous_margin.claims import claims
from thalweg.studies.homogeneous_margin.pictures import plots, tables
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """Sizes, which are ours.

    Arguments:
        how_many, starts, steps: instances for each seed, starts of each, and steps of each rate.
        ends, ends_steps: pairs of samples with two stationary ends, and steps.
        bias_steps: with a bias in the last layer.
        depths: of diagonal networks.
        digits, width, digits_steps: whether handwritten digits are told apart too, by how many units, in how many steps.
        package, rate, package_steps: whether the package's own descent is laid beside, its rate and its steps.
    """

    how_many: int = 12
    starts: int = 3
    steps: int = 12000
    ends: int = 20
    ends_steps: int = 4000
    bias_steps: int = 500
    depths: tuple[int, ...] = (2, 3, 4)
    digits: bool = True
    width: int = 32
    digits_steps: int = 4000
    package: bool = True
    rate: float = 0.02
    package_steps: int = 500


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """Instances for every seed, the rest once."""
    found = [Case({"family": family}, seed) for seed in seeds for family in ("margins", "ends", "representation")]
    asked = {"biases": True, "digits": parameters.digits, "package": parameters.package}
    return [*(Case({"family": family}, seeds[0]) for family, wanted in asked.items() if wanted), *found]


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a case.

    Raises:
        DataMissing: digits are asked for, and scikit-learn, which brings them, is not installed.
    """
    p, key, family = parameters, (root, case.seed), case.coordinates["family"]
    if family == "margins":
        return Work(work.margins, {"key": key, "how_many": p.how_many, "starts": p.starts, "steps": p.steps})
    if family == "ends":
        return Work(work.ends, {"key": key, "how_many": p.ends, "steps": p.ends_steps})
    if family == "representation":
        return Work(work.representation, {"key": key, "depths": p.depths, "how_many": p.how_many})
    if family == "biases":
        return Work(work.biases, {"steps": p.bias_steps})
    if family == "package":
        return Work(work.package, {"key": key, "steps": p.package_steps, "rate": p.rate})
    found = digits.load()
    chosen = np.isin(found.labels, (3, 8))
    labels = np.where(found.labels[chosen] == 3, 1.0, -1.0)
    more = {"inputs": found.inputs[chosen], "labels": labels, "width": p.width, "steps": p.digits_steps}
    return Work(work.digits, {"key": key} | more)


STUDY = Study(
    name="homogeneous-margin",
    title="Margins of homogeneous models",
    question="What does training go on improving when all samples are fitted? In homogeneous models a normalized margin, "
    "towards a stationary point of the largest one: not always the largest, and not what is stationary for functions.",
    sources=(
        Source("lyu2020gradient", "sections 4 and 5"),
        Source("gunasekar2018linear", "section 3, diagonal networks"),
    ),
    parameters=Parameters(),
    quick=Parameters(how_many=4, starts=2, steps=6000, ends=5, digits=False, package=False),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 2),
    cost="full: about a minute; quick: about six seconds",
)
