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
