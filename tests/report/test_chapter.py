"""What a report says of a study besides its numbers."""

import dataclasses
from typing import Any

import pytest
import xarray as xr

from report.examples import Films, Parameters, completion, errors, run, scales, singular_values, verdict
from thalweg.lab.finished import Missing
from thalweg.report.chapter import (
    bibtex,
    caught,
    chapters,
    citation,
    command,
    counted,
    missing,
    null_fails,
    over,
    short_source,
)
from thalweg.studies.claim import Source
from thalweg.studies.evidence import Evidence, Result
from thalweg.studies.study import Case


def test_counts():
    assert counted(completion().verdicts) == "6 claims: 3 pass, 1 fail, 1 inconclusive, 1 not run"
    assert counted([verdict()]) == "1 claim: 1 pass"


def test_commands():
    assert command(completion()) == "thalweg run matrix-completion --seeds 5 --seed 0"
    assert command(singular_values()) == (
        "thalweg run singular-values --seeds 1 --seed 0 --quick --set rank=3 --set films.most=200"
    )
    lists = run(parameters=Parameters(scales=(1e-3, 1e-7), films=Films(ratings=5)), root=7)
    assert command(lists).endswith("--seed 7 --set 'scales=0.001, 1e-07' --set films.ratings=5")


def test_a_command_carries_floats_whole():
    assert "--set rtol=0.12345678901" in command(run(parameters=Parameters(rtol=0.12345678901)))


def test_controls():
    assert caught(verdict(mutants={"a": -1.0, "b": 0.0, "c": float("nan")})) == (2, 3)
    margins = (-1.0, float("nan"), 0.0, None)
    assert [null_fails(verdict(null_margin=margin)) for margin in margins] == [True, True, False, None]


def test_what_was_put_together_over_seeds():
    study = completion()
    assert over(study, study.verdicts[0]) == "largest of 5 seeds"
    assert over(study, study.verdicts[1]) == "median of 5 seeds"
    assert over(study, verdict(seeds=(3,))) == "seed 3"
    assert over(run(), verdict("unknown to the study")) == "over 5 seeds"


def test_missing_cases_are_grouped_by_reason():
    cases = [Case({"depth": depth}, 0) for depth in range(8)]
    lost = [Missing(case, "no data.") for case in cases] + [Missing(cases[0], "it diverged")]
    first, second = missing(run(missing=lost))
    assert first.startswith("8 cases did not run: no data (depth 0, seed 0; ")
    assert first.endswith("depth 4, seed 0 and 3 more).")
    assert second == "1 case did not run: it diverged (depth 0, seed 0)."


def test_sources():
    found = citation(Source("candes2009exact", "theorem 1.1"))
    assert found.text.startswith("Emmanuel J. Candès and Benjamin Recht (2009)")
    assert found.link == "https://doi.org/10.1007/s10208-009-9045-5"
    assert citation(Source("arora2019implicit", "")).link == "https://arxiv.org/abs/1905.13655"
    assert citation(Source("nobody1900nothing", "p. 1")).text == "nobody1900nothing"
    assert short_source("arora2019implicit, figure 1 (2000 entries)") == "Arora et al. (2019), figure 1 (2000 entries)"
    assert short_source("my own notes") == "my own notes"


def test_bibtex_names_each_work_once():
    text = bibtex([completion(), singular_values(), run(verdicts=[verdict(source="nobody1900nothing, p. 1")])])
    assert text.count("{arora2019implicit,") == text.count("{candes2009exact,") == 1
    assert "nobody" not in text


def without(parameters: Any, evidence: Evidence) -> Any:
    raise LookupError("no result at depth 9")


def failing(lost: list[Missing]) -> Any:
    made = run(missing=lost)
    study = dataclasses.replace(made.study, plots=without)
    return dataclasses.replace(made, study=study)


def test_pictures_that_need_missing_cases_are_explained():
    (chapter,) = chapters([failing([Missing(Case({"depth": 9}, 0), "it was not run")])])
    assert chapter.plots == {}
    assert chapter.undrawn == ["The pictures need cases that did not run: no result at depth 9."]


def test_an_error_of_a_whole_study_is_not_hidden():
    with pytest.raises(LookupError, match="no result at depth 9"):
        chapters([failing([])])


def test_slugs_differ():
    found = chapters([run("a b"), run("a/b"), run("A-B", plots=[scales(), scales()], tables=[errors(), errors()])])
    assert [chapter.slug for chapter in found] == ["a-b", "a-b-2", "A-B-3"]
    assert list(found[2].plots) == ["scales-2000", "scales-2000-2"]
    assert list(found[2].tables) == ["completion-2000", "completion-2000-2"]


def test_records_are_read_once_for_pictures_and_once_for_tables():
    reads = []

    def record() -> xr.Dataset:
        reads.append(1)
        return xr.Dataset()

    made = run()
    study = dataclasses.replace(
        made.study,
        plots=lambda parameters, evidence: [scales() for result in evidence if result.record() is not None],
        tables=lambda parameters, evidence: [errors() for result in evidence if result.record() is not None],
    )
    evidence = Evidence([Result({}, 0, {}, record)])
    chapters([dataclasses.replace(made, study=study, evidence=evidence)])
    assert len(reads) == 2
