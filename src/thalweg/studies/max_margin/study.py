"""What the study of margins runs."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from thalweg.data.digits import load
from thalweg.studies.claim import Source
from thalweg.studies.max_margin import work
from thalweg.studies.max_margin.claims import claims
from thalweg.studies.max_margin.pictures import plots, tables
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """Gaussian samples with a planted plane, of the size that is usual for such comparisons, and two real digits.

    Arguments:
        samples, size, least: how many samples of how many coordinates, and the margin of the plane that labels them.
        descent, normalized, momentum, others: steps of plain descent, of normalized descent at both rates, of momentum in
            the dual, and of sign descent, Adam and coordinate descent.
        flows, how_many: on how many seeds the flow is followed, and on how many instances each.
        rtol, end: of the flow, in its own clock.
        digits: the two digits; digits_descent, digits_momentum: steps on them.
    """

    samples: int = 30
    size: int = 10
    least: float = 0.3
    descent: int = 100_000
    normalized: int = 10_000
    momentum: int = 100_000
    others: int = 100_000
    flows: int = 5
    how_many: int = 10
    rtol: float = 1e-6
    end: float = 10.5
    digits: tuple[int, int] = (3, 8)
    digits_descent: int = 100_000
    digits_momentum: int = 100_000


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """All algorithms on an instance of every seed, the flow on several of some, and the digits once."""
    found = [Case({"family": "compared"}, seed) for seed in seeds]
    found += [Case({"family": "flow"}, seed) for seed in seeds[: parameters.flows]]
    return [*found, Case({"family": "digits"}, seeds[0])]


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a case.

    Raises:
        DataMissing: of the digits, where they are not at hand.
    """
    p, key = parameters, (root, case.seed)
    drawn = {"key": key, "samples": p.samples, "size": p.size, "least": p.least}
    steps = {"normalized": p.normalized, "others": p.others, "polynomial": min(p.others, 2000)}
    if case.coordinates["family"] == "compared":
        return Work(work.compared, drawn | {"steps": steps | {"descent": p.descent, "momentum": p.momentum}})
    if case.coordinates["family"] == "flow":
        more = {"how_many": p.how_many, "rtol": p.rtol, "end": p.end, "steps": p.descent}
        return Work(work.flowed, drawn | more)
    one, other = p.digits
    known = load()
    some = known.at((known.labels == one) | (known.labels == other))
    signed = some.inputs.T * np.where(some.labels == one, 1.0, -1.0)
    return Work(work.digits, {"signed": signed, "steps": steps | {"descent": p.digits_descent, "momentum": p.digits_momentum}})


STUDY = Study(
    name="max-margin",
    title="Margins that algorithms find",
    question="On samples that can be separated there is no least loss: which of the separating directions does an "
    "algorithm take? "
    "The one of the largest margin, in the norm whose steepest descent the algorithm is; some crawl there and some run.",
    sources=(
        Source("soudry2018implicit", "theorem 3 and section 4"),
        Source("gunasekar2018characterizing", "section 3"),
        Source("ji2021fast", "theorem 3.1"),
    ),
    parameters=Parameters(),
    quick=Parameters(
        descent=20_000,
        normalized=5_000,
        momentum=30_000,
        others=30_000,
        flows=1,
        how_many=4,
        digits_descent=3_000,
        digits_momentum=50_000,
    ),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 1),
    cost="full: about a minute; quick: about ten seconds, half of it compilation",
)
