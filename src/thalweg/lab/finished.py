"""A study that was carried out: what was run, what came back, what the claims came to."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from thalweg.studies.claim import Verdict
from thalweg.studies.evidence import Evidence
from thalweg.studies.study import Case, Study


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
