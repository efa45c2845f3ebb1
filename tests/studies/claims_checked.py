"""What every study's claims have to stand, on evidence that is as published."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from thalweg._references import references
from thalweg.lab.judge import judge
from thalweg.studies.claim import Claim
from thalweg.studies.evidence import Evidence, Result
from thalweg.studies.study import Case, Study, Work


def carried_out(study: Study, parameters: Any, cases: Sequence[Case]) -> Evidence:
    """What these cases of a study really bring back, computed here and now."""
    found = []
    for case in cases:
        work = study.build(parameters, case, 0)
        assert isinstance(work, Work)
        data, finals = work.function(lambda progress: None, **work.arguments)
        assert "record" in data.dims
        found.append(Result(case.coordinates, case.seed, finals, lambda data=data: data))
    return Evidence(found)


def number(claim: Claim, evidence: Evidence) -> float:
    """The number of a claim over the seeds that it can be measured on, put together as the claim says."""
    values = []
    for seed in evidence.seeds():
        part = evidence.of_seed(seed)
        if any(all(r.coordinates.get(k) == v for k, v in claim.needs.items()) for r in part):
            values.append(float(claim.measure(part)))
    return float({"median": np.median, "max": np.max, "min": np.min}[claim.reduce](values))


def check_can_tell(claim: Claim, evidence: Evidence) -> None:
    """The claim holds on the evidence, and neither on its null nor on any of its mutants, each with a number."""
    assert claim.allowed.holds(number(claim, evidence)), claim.name
    for wrong in (claim.null, *claim.mutants):
        parts = [wrong.change(evidence.of_seed(seed)) for seed in evidence.seeds()[:1]]
        value = number(claim, parts[0])
        assert np.isfinite(value), f"{claim.name} under {wrong.what!r}: {value}"
        assert not claim.allowed.holds(value), f"{claim.name} holds under {wrong.what!r}: {value}"
        assert claim.allowed.margin(value) < 0


def check_in_order(study: Study, parameters: Any) -> None:
    """Names are unique, sources are in the bibliography and say where in it, sentences are sentences."""
    claims = study.claims(parameters)
    names = [claim.name for claim in claims]
    assert len(set(names)) == len(names)
    sources = [*study.sources, *(claim.source for claim in claims)]
    assert {source.key for source in sources} <= set(references())
    assert all(source.locator for source in sources)
    for claim in claims:
        assert claim.sentence.endswith(".")
        assert claim.sentence[0].isupper()
        assert all(wrong.what for wrong in (claim.null, *claim.mutants))


def check_renders(study: Study, parameters: Any, evidence: Evidence) -> None:
    """Pictures, tables and verdicts are made of whatever evidence there is, and the tables are rectangles."""
    for plot in study.plots(parameters, evidence):
        assert plot.name
        for panel in plot.panels:
            for line in panel.lines:
                assert line.x.shape == line.y.shape
                assert (line.low is None) == (line.high is None)
    for table in study.tables(parameters, evidence):
        assert all(len(row) == len(table.columns) for row in table.rows), table.name
    kinds = {verdict.verdict for verdict in judge(study, parameters, "full", evidence, [])}
    assert kinds <= {"pass", "fail", "inconclusive", "not run"}
