"""Claims: checkable sentences of published results, each with what must fail."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from thalweg._references import Source as Source
from thalweg._shown import shown
from thalweg._whole import whole
from thalweg.drawing.markup import as_text
from thalweg.studies.bounds import Bound
from thalweg.studies.evidence import Evidence

GRADES = ("theorem", "figure", "table")
REDUCTIONS = ("median", "max", "min")


@shown
@dataclasses.dataclass(frozen=True)
class Mutant:
    """A wrong variant of the evidence under which a claim must fail, or of the law that it is compared with."""

    what: str
    change: Callable[[Evidence], Evidence]


@shown
@dataclasses.dataclass(frozen=True)
class Erratum:
    r"""A statement as it was printed, where a number decides that another one holds.

    Arguments:
        printed: the statement as it stands in the source, formulas in the paper's symbols between dollar signs.
        where: the source and the place in it, in words: a paper, a talk, its slides, a poster, a post.
        corrected: what holds instead, in the same symbols.

    Examples:
        >>> from thalweg.studies.claim import Erratum
        >>> Erratum("$t^* = 1/\\sigma$", "a poster", "$t^* = 1/\\ln(1 + \\sigma)$").where
        'a poster'
    """

    printed: str
    where: str
    corrected: str

    def __post_init__(self) -> None:
        for name in ("printed", "where", "corrected"):
            if not getattr(self, name).strip():
                raise ValueError(f"an erratum needs its text {name!r}: what was printed, where, and what is right")


@shown
@dataclasses.dataclass(frozen=True)
class Claim:
    """One checkable sentence of a published result.

    Arguments:
        name: short, unique in its study.
        sentence: what is claimed.
        source: where it was published.
        grade: `theorem` (float64, tight, along the whole path), `figure` (order, slope, plateau, stated before the run) or
            `table` (published digits beside ours).
        measure: one number from the evidence of one seed.
        allowed: the bound on it.
        null: what a trivial run would give; the claim must fail on it.
        mutants: wrong variants; the claim must fail on each.
        reduce: how seeds are put together: `median`, `max` or `min`.
        published: the published number, as printed.
        least_seeds: fewer seeds than this make the verdict inconclusive.
        needs: coordinates (a mapping) of the cases it reads; where none of them ran, it was not run.
        erratum: the printed statement that this claim corrects, if it does.
    """

    name: str
    sentence: str
    source: Source
    grade: str
    measure: Callable[[Evidence], float]
    allowed: Bound
    null: Mutant
    mutants: Sequence[Mutant]
    reduce: str = "median"
    published: str | None = None
    least_seeds: int = 1
    needs: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    erratum: Erratum | None = None

    def _told(self) -> dict[str, Any]:
        told = {"name": self.name, "sentence": as_text(self.sentence), "source": str(self.source), "grade": self.grade}
        return told | {"allowed": str(self.allowed), "published": self.published, "mutants": len(self.mutants)}

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a claim needs a name, by which verdicts are kept")
        if self.grade not in GRADES:
            raise ValueError(f"grade must be one of {', '.join(GRADES)}, got {self.grade!r}")
        if self.reduce not in REDUCTIONS:
            raise ValueError(f"reduce must be one of {', '.join(REDUCTIONS)}, got {self.reduce!r}")
        if not self.mutants:
            raise ValueError(f"claim {self.name!r} has no mutant: a check that cannot fail says nothing")
        whole(self.least_seeds, "least_seeds")


@shown
@dataclasses.dataclass(frozen=True)
class Verdict:
    """What a claim came to.

    Arguments:
        verdict: `pass`, `fail`, `inconclusive` or `not run`.
        measured: the number, put together over seeds; `low` and `high` its least and largest.
        margin: how far inside the bound, relative to its size; negative outside.
        null_margin: the same for the trivial run: negative, or the claim could not fail.
        mutants: the margin of each wrong variant.
        reason: a sentence, where there is more to say.
    """

    study: str
    claim: str
    sentence: str
    grade: str
    source: str
    verdict: str
    published: str | None
    measured: float | None
    low: float | None
    high: float | None
    allowed: str
    margin: float | None
    null_margin: float | None
    mutants: Mapping[str, float]
    reason: str
    seeds: Sequence[int]
    mode: str

    def _told(self) -> dict[str, Any]:
        told = {"verdict": self.verdict, "claim": self.claim, "published": self.published, "measured": self.measured}
        return told | {"allowed": self.allowed, "margin": self.margin, "reason": self.reason or None}

    def as_json(self) -> dict[str, Any]:
        """The verdict as `--json` writes it."""
        return dataclasses.asdict(self)
