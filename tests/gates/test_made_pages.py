"""Pages made from the code say what the code says."""

from pathlib import Path

import pytest

from gates.made import make_docs
from gates.source import REPOSITORY, Report, plant


def stale_pages(root: Path) -> Report:
    """Made pages, and pages with made sections, that differ from what the code would write."""
    script = make_docs()
    return Report(len(script.PAGES), [path.relative_to(root).as_posix() for path in script.outdated(root, script.PAGES)])


def test_no_made_page_is_stale():
    stale_pages(REPOSITORY).check(least=3, things="made pages (run `make docs`)")


def test_a_stale_page_is_found_and_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    script = make_docs()
    monkeypatch.setattr(script, "PAGES", {"docs/a.md": lambda: "new\n", "b.md": lambda: "b", "c.md": lambda: None})
    plant(tmp_path, {"docs/a.md": "old\n"})
    assert script.main(["--check"], root=tmp_path) == 1
    assert capsys.readouterr().out.splitlines()[:2] == ["stale: docs/a.md", "stale: b.md"]
    assert not (tmp_path / "b.md").exists()
    assert script.main([], root=tmp_path) == 0
    assert (tmp_path / "docs/a.md").read_text() == "new\n"
    assert not (tmp_path / "c.md").exists()
    assert script.main(["--check"], root=tmp_path) == 0


def test_a_stale_section_is_found_and_the_words_around_it_stay(tmp_path: Path):
    script = make_docs()
    script.SECTIONS["two"] = lambda: "2"
    plant(tmp_path, {"README.md": "Sum:\n<!-- made: two -->\n3\n<!-- end of two -->\nSo it is.\n"})
    right = "Sum:\n<!-- made: two -->\n2\n<!-- end of two -->\nSo it is.\n"
    assert script.outdated(tmp_path, {}) == {tmp_path / "README.md": right}
    plant(tmp_path, {"README.md": right})
    assert script.outdated(tmp_path, {}) == {}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<!-- made: nothing -->\n<!-- end of nothing -->\n", "no section 'nothing' is registered"),
        ("<!-- made: rooms -->\n", "lacks its line <!-- end of rooms -->"),
    ],
)
def test_a_section_that_cannot_be_made_is_refused(tmp_path: Path, text: str, complaint: str):
    script = make_docs()
    with pytest.raises(SystemExit, match=complaint):
        script.outdated(plant(tmp_path, {"docs/a.md": text}), {})


def test_errata_show_what_decides_where_a_verdict_is_kept_and_how_to_get_one_where_not(monkeypatch: pytest.MonkeyPatch):
    script = make_docs()
    study, claim = "matrix-completion", "the published 8e-7 is the slack's"
    numbers = {"measured": 2e-20, "low": 1e-20, "high": 3e-20, "published": "8e-7", "allowed": "at most 1e-09"}
    monkeypatch.setattr(script, "_kept_verdicts", lambda: [{"study": study, "claim": claim, "verdict": "pass", **numbers}])
    decided = script.errata()
    assert "Measured 2e-20 [1e-20, 3e-20], published 8e-7, allowed at most 1e-09: pass." in decided
    monkeypatch.setattr(script, "_kept_verdicts", list)
    undecided = script.errata()
    assert "Measured" not in undecided
    assert f"Run `thalweg verify {study}`." in undecided


def test_errata_hold_every_printed_statement_that_a_study_corrects():
    from thalweg.studies.registry import MODULES, study

    page = make_docs().errata()
    errata = [c.erratum for name in MODULES for c in study(name).claims(study(name).parameters) if c.erratum is not None]
    assert len(errata) >= 10
    for erratum in errata:
        assert all(part in page for part in (erratum.printed, erratum.where, erratum.corrected))
        assert all(text.count("$") % 2 == 0 for text in (erratum.printed, erratum.corrected))
