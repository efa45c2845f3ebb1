"""A study that was carried out: what was run, what came back, what the claims came to."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from thalweg._shown import headed, shown
from thalweg.drawing.markup import as_text
from thalweg.studies.cited import keys_of_study
from thalweg.studies.claim import Verdict
from thalweg.studies.evidence import Evidence
from thalweg.studies.study import Case, Study
from thalweg.studies.verdicts import Verdicts, counted


@shown
@dataclasses.dataclass(frozen=True)
class Missing:
    """A case without a result, and why; `no_data` where real data that it needs are not at hand."""

    case: Case
    reason: str
    no_data: bool = False


@dataclasses.dataclass(frozen=True)
class StudyRun:
    """A study that was carried out.

    Arguments:
        study, parameters, mode, root, seeds: what was asked; `mode` is `full` or `quick`.
        evidence: the results of all cases that ran.
        missing: the cases that did not, with reasons.
        verdicts: one for each claim.
        seconds: the time that the runs took, those found in the store as when they were made.
        computed: how many cases were run anew; the others were found in the store.
        provenance: versions, precision and hardware.
    """

    study: Study
    parameters: Any
    mode: str
    root: int
    seeds: Sequence[int]
    evidence: Evidence
    missing: Sequence[Missing]
    verdicts: Sequence[Verdict]
    seconds: float
    computed: int
    provenance: Mapping[str, Any]

    def _cited(self) -> list[str]:
        return keys_of_study(self.study, self.parameters, self.root)

    def __repr__(self) -> str:
        seeds = "1 seed" if len(self.seeds) == 1 else f"{len(self.seeds)} seeds"
        return f"<StudyRun of {self.study.name}, {self.mode} form, {seeds}: {counted(self.verdicts)}>"

    def _repr_html_(self) -> str:
        lost = f"; {len(self.missing)} cases did not run" if self.missing else ""
        return headed(as_text(self.study.title), Verdicts(self.verdicts)._repr_html_(), sentence=f"{repr(self)[1:-1]}{lost}")

    def to_dataframe(self) -> Any:
        """The verdicts as a pandas data frame, a row for each claim."""
        return Verdicts(self.verdicts).to_dataframe()

    def to_latex(self, label: str | None = None) -> str:
        """The verdicts as a table for a paper, with booktabs rules."""
        caption = f"{self.study.title.rstrip('.')}: verdicts ({self.mode} form, {len(self.seeds)} seeds)."
        return Verdicts(self.verdicts).to_latex(caption, label or f"tab:{self.study.name}-verdicts")
