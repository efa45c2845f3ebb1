"""Studies: one published figure, table or theorem each, as data and pure functions."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import xarray as xr

from thalweg._shown import headed, shown, table, told
from thalweg.algorithms.base import AbstractAlgorithm
from thalweg.data.source import DataMissing as DataMissing
from thalweg.drawing.markup import as_text
from thalweg.drawing.plot import Plot, Table
from thalweg.initializations.base import AbstractInitialization
from thalweg.observables.base import AbstractObservable
from thalweg.parametrizations.base import AbstractParametrization
from thalweg.problems.base import AbstractProblem
from thalweg.studies.claim import Claim, Source
from thalweg.studies.evidence import Evidence
from thalweg.studies.verdicts import short_source
from thalweg.trajectory.follow import Progress
from thalweg.trajectory.schedule import AbstractSchedule
from thalweg.trajectory.stop import AbstractStop


@shown
@dataclasses.dataclass(frozen=True)
class Case:
    """One run of a study: where it stands in it, and its seed."""

    coordinates: Mapping[str, Any]
    seed: int

    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self.coordinates.items()) + f", seed {self.seed}"


def _nothing(problem: AbstractProblem, predictor: Any) -> Mapping[str, float]:
    return {}


@shown
@dataclasses.dataclass(frozen=True)
class Setup:
    """A path to follow, as `thalweg.follow` takes it, and what else to measure at its end.

    The final numbers of the case are the last values of the scalar observables, `time`, `steps`, `gradients`, `seconds`,
    `outcome`, and those of `measure(problem, predictor)`.
    """

    problem: AbstractProblem
    parametrization: AbstractParametrization
    start: AbstractInitialization
    algorithm: AbstractAlgorithm
    until: AbstractStop
    key: Any
    record: Sequence[AbstractObservable]
    at: AbstractSchedule | None = None
    measure: Callable[[AbstractProblem, Any], Mapping[str, float]] = _nothing


@shown
@dataclasses.dataclass(frozen=True)
class Solve:
    """A reference solution to compute: a public function of `thalweg.exact` by name, its problem and its options.

    The final numbers are those of `measure(problem, solution)`.
    """

    solver: str
    problem: AbstractProblem
    options: Mapping[str, Any]
    measure: Callable[[AbstractProblem, Any], Mapping[str, float]]


Report = Callable[[Progress], None]


@shown
@dataclasses.dataclass(frozen=True)
class Work:
    """A computation that is more or less than one path: a law in closed form, several paths laid together, a search.

    Arguments:
        function: defined at the top of a module; called as `function(report, **arguments)`, it returns a dataset, one
            of whose dimensions is `record`, and the final numbers of the case. Paths that it follows are given
            `report=report`, so that the lab can stop them.
        arguments: what its numbers depend on: numbers, text, arrays, parts of a run.
    """

    function: Callable[..., tuple[xr.Dataset, Mapping[str, Any]]]
    arguments: Mapping[str, Any]


def _where(claim: Claim) -> str:
    return f"{short_source(str(claim.source))}; {claim.grade}"


@dataclasses.dataclass(frozen=True)
class Study:
    """One published figure, table or theorem.

    Arguments:
        name: as on the command line.
        title, question: for a reader.
        sources: what it reproduces.
        parameters: the full form, a frozen dataclass; `quick`: a smaller honest version of the same.
        cases: `(parameters, seeds) -> cases`.
        build: `(parameters, case, root) -> Setup, Solve or Work`; the key of a case is `(root, case.seed)`.
            May raise `DataMissing`.
        claims, plots, tables: from parameters, and for the last two from the evidence of all seeds.
        seeds: how many instances by default, in the full form and in the quick one.
        cost: what a run takes, in a sentence.
    """

    name: str
    title: str
    question: str
    sources: Sequence[Source]
    parameters: Any
    quick: Any
    cases: Callable[[Any, Sequence[int]], Sequence[Case]]
    build: Callable[[Any, Case, int], Setup | Solve | Work]
    claims: Callable[[Any], Sequence[Claim]]
    plots: Callable[[Any, Evidence], Sequence[Plot]]
    tables: Callable[[Any, Evidence], Sequence[Table]]
    seeds: tuple[int, int]
    cost: str

    def _cited(self) -> list[str]:
        from thalweg.studies.cited import keys_of_study

        return keys_of_study(self, self.parameters)

    def __repr__(self) -> str:
        return f"<Study {self.name}: {as_text(self.title)}>"

    def _repr_html_(self) -> str:
        claims = [
            (claim.name, as_text(claim.sentence), claim.published or "", str(claim.allowed), _where(claim))
            for claim in self.claims(self.parameters)
        ]
        parameters = table((), told(self.parameters).items())
        claimed = table(["claim", "", "published", "allowed", "source"], claims)
        run = f"{as_text(self.question)} {self.seeds[0]} instances; {self.cost}. Run it: thalweg run {self.name}"
        return headed(as_text(self.title), parameters, claimed, sentence=run)
