"""The site: every page has its place, names and formulas are read rightly, nothing is loaded, notebooks and pictures are whole.

The strict build itself, with the notebooks run, is `make site`, and part of `make check`.
"""

import ast
import importlib
import importlib.util
import inspect
import re
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import thalweg as tw
from thalweg.studies.registry import MODULES

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
MADE = ("_build", "_ext", "reference")
PAGES = sorted(p for p in DOCS.rglob("*.md") if p.relative_to(DOCS).parts[0] not in MADE)
NOTEBOOKS = [page for page in PAGES if page.parent.name == "learn"]
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.fixture
def extension(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module of docs/_ext by its name."""
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    return importlib.import_module


def tool(name: str) -> ModuleType:
    """A script in `tools/`, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


# Where pages stand ----------------------------------------------------------------------------------------------------


def test_every_page_is_named_once_and_every_name_is_a_page(extension: Any):
    named = Counter(name for below in extension("contents").CONTENTS.values() for name in below)
    pages = {page.relative_to(DOCS).with_suffix("").as_posix() for page in PAGES} - {"index"}
    assert len(pages) >= 20
    assert {name: count for name, count in named.items() if count > 1} == {}
    assert pages - set(named) == set(), "name these in docs/_ext/contents.py"
    assert {name for name in set(named) - pages if not name.startswith("reference/")} == set()


def test_every_page_has_one_title_and_a_page_above_it_that_links_to_it(extension: Any):
    contents = extension("contents").CONTENTS
    for page in PAGES:
        text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1, page
    for above, below in contents.items():
        text = (DOCS / f"{above}.md").read_text(encoding="utf-8")
        missing = [name for name in below if not name.startswith("reference/") and f"({name}.md)" not in text]
        assert missing == [], f"docs/{above}.md, as read on a forge, does not lead to them"


def test_links_between_pages_lead_somewhere():
    count = 0
    for page in PAGES:
        text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            if "://" not in link:
                count += 1
                assert (page.parent / link).is_file(), f"{page}: {link}"
    assert count >= 80


def test_the_site_is_configured_to_be_read_offline_and_built_strictly(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    spec = importlib.util.spec_from_file_location("conf", DOCS / "conf.py")
    assert spec is not None
    assert spec.loader is not None
    conf = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(conf)
    own = [name for name in conf.extensions if (DOCS / "_ext" / f"{name}.py").is_file()]
    assert sorted(own) == ["contents", "offline", "plain_math", "reference", "words"]
    assert (conf.html_math_renderer, conf.nb_execution_raise_on_error) == ("mathml", True)
    site = (ROOT / "Makefile").read_text(encoding="utf-8").split("\nsite:")[1].split("\n\n")[0]
    assert {"-W", "--keep-going", "-n"} <= set(site.split())
    assert all((DOCS / folder / name).is_file() for folder in conf.html_static_path for name in conf.html_css_files)


def test_what_a_page_would_load_from_elsewhere_is_found(extension: Any):
    loaded = extension("offline").loaded
    assert loaded('<script src="https://cdn.example/a.js"></script><img alt="" src="//b.example/c.png">') == [
        "https://cdn.example/a.js",
        "//b.example/c.png",
    ]
    assert loaded('<link href="https://d.example/e.css" rel="stylesheet">@import url("http://f.example/g")') == [
        "https://d.example/e.css",
        "http://f.example/g",
    ]
    assert loaded('<a href="https://h.example">to follow</a><script src="_static/x.js"></script><img src="y.png">') == []


# Formulas and docstrings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "parts"),
    [
        (r"\frac12", ["<mfrac>", "<mn>1</mn>", "<mn>2</mn>"]),
        (r"\frac{1}m", ["<mfrac>", "<mn>1</mn>", "<mi>m</mi>"]),
        (r"\dot\sigma_r", ["<msub>", "<mover", "σ", "˙", "</mover>", "<mi>r</mi>"]),
        (r"\big(x\big)", ['minsize="1.2em"', "(", "<mi>x</mi>", ")"]),
        (r"\|W\|_F", ['stretchy="false">‖', "<mi>W</mi>", "<msub>", 'stretchy="false">‖', "<mi>F</mi>"]),
        (r"N/2", ['lspace="0" rspace="0">/']),
    ],
)
def test_a_formula_is_set_as_tex_would(extension: Any, formula: str, parts: list[str]):
    made = re.sub(r"\s*\n\s*", "", extension("plain_math").mathml(formula))
    assert re.search(".*".join(map(re.escape, parts)), made), made


def test_a_command_that_is_not_known_is_no_formula(extension: Any):
    plain_math = extension("plain_math")
    with pytest.raises(plain_math.MathError, match="nosuch"):
        plain_math.mathml(r"\nosuch{x}")


def test_a_docstring_becomes_markdown(extension: Any):
    text = extension("docstrings").markdown(
        """Says what it is, $x^2$.

        Arguments:
            first, second: two of them, of which
                one goes on.
            third: a word: with a colon.

        Raises:
            ValueError: a reason.

        Examples:
            >>> 1 + 1
            2

        Reference:
            saxe2014exact, equation (7).
        """
    )
    assert text == (
        "Says what it is, $x^2$.\n\n**Arguments**\n\n`first`, `second`\n: two of them, of which one goes on.\n\n"
        "`third`\n: a word: with a colon.\n\n**Raises**\n\n`ValueError`\n: a reason.\n\n```pycon\n>>> 1 + 1\n2\n```\n\n"
        "*Reference:* `saxe2014exact`, equation (7)."
    )


def test_the_reference_holds_every_public_name_with_its_signature_and_example(extension: Any):
    reference = extension("reference")
    rooms = reference.public()
    names = {name for things in rooms.values() for name in things}
    assert {f"thalweg.{name}" for name in tw.__all__ if name != "__version__"} <= names
    assert {f"thalweg.theory.{name}" for name in tw.theory.__all__} <= names
    follow = reference.entry("thalweg.follow", tw.follow)
    assert "{py:function} thalweg.follow(problem, parametrization, start, algorithm, *, until, key, record=()" in follow
    assert ">>> problem = tw.MatrixCompletion.random(" in follow
    trajectory = reference.entry("thalweg.Trajectory", tw.Trajectory)
    assert "{py:method} to_dataframe()" in trajectory
    assert "_repr_html_" not in trajectory
    extending = reference.extending()
    assert {"thalweg.problems.base.AbstractProblem", "thalweg.studies.study.Study"} <= set(extending)
    assert not set(map(id, extending.values())) & {id(thing) for things in rooms.values() for thing in things.values()}


def test_code_in_the_text_leads_to_names_sources_and_studies_and_to_nothing_else(extension: Any):
    target = extension("reference")._target
    entry = type("Entry", (), {"docname": "reference/problems", "node_id": "there"})
    objects = {"thalweg.MatrixCompletion": entry, "thalweg.cite": entry, "thalweg.theory.overlay": entry}
    there = ("reference/problems", "there")
    assert target("tw.MatrixCompletion(matrix)", objects, "index") == there
    assert target("MatrixCompletion", objects, "index") == there
    assert target("tw.theory.overlay", objects, "index") == there
    assert target("cite", objects, "index") is None  # the command
    assert target("cite", objects, "api") == there
    assert target("saxe2014exact", objects, "index") == ("sources", "saxe2014exact")
    assert target("matrix-completion", objects, "index") == ("studies", "matrix-completion")
    assert target("matrix", objects, "index") is None


# Notebooks and pictures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", NOTEBOOKS, ids=lambda page: page.stem)
def test_a_notebook_says_what_runs_it_and_its_code_names_what_exists(page: Path):
    text = page.read_text(encoding="utf-8")
    assert text.startswith("---\nfile_format: mystnb\nkernelspec:\n  name: python3\n")
    cells = [re.sub(r"^:.*\n\n?", "", cell) for cell in CELL.findall(text)]
    assert len(cells) >= 5
    for cell in cells:
        ast.parse(cell)
        assert max(map(len, cell.splitlines())) <= 100, "longer lines do not fit the page"
    for room, name in re.findall(r"\btw\.(?:(theory|exact|potentials)\.)?([A-Za-z]\w*)", "\n".join(cells)):
        assert hasattr(getattr(tw, room) if room else tw, name), name


def test_notebooks_are_three_or_more_and_say_what_they_found():
    assert len(NOTEBOOKS) >= 3
    for page in NOTEBOOKS:
        assert "\nassert " in "\n".join(CELL.findall(page.read_text(encoding="utf-8"))), f"{page}: nothing in it can fail"


def test_words_that_notebooks_use_are_on_the_page_of_words():
    words = {w.lower() for w in re.findall(r"^### (.+)$", (DOCS / "words.md").read_text(encoding="utf-8"), re.MULTILINE)}
    used = {term for page in PAGES for term in re.findall(r"\{term\}`([^`]+)`", page.read_text(encoding="utf-8"))}
    assert len(words) >= 20
    assert used
    assert used <= words


def test_every_study_has_a_picture_that_is_small_and_drawn_by_the_code_that_stands():
    script = tool("make_gallery")
    assert script.stale() == [], "thalweg run STUDY --quick, then tools/make_gallery.py STUDY, then make docs"
    sizes = {path.stem: path.stat().st_size for path in script.FOLDER.glob("*.png")}
    assert set(sizes) == set(MODULES)
    assert max(sizes.values()) <= script.LARGEST
    assert sum(path.stat().st_size for path in (DOCS / "pictures").rglob("*") if path.is_file()) < 2_000_000


def test_a_picture_is_stale_once_the_code_that_draws_it_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    script = tool("make_gallery")
    name = next(iter(MODULES))
    before = script.digest(name)
    pictures = importlib.import_module(f"{MODULES[name].rpartition('.')[0]}.pictures")
    text = inspect.getsource(pictures)
    copy = tmp_path / "pictures.py"
    monkeypatch.setattr(pictures, "__file__", str(copy))
    copy.write_text(text + "\n# a remark\n", encoding="utf-8")
    assert script.digest(name) == before
    copy.write_text(text + "\nMORE = 1\n", encoding="utf-8")
    assert script.digest(name) != before
    assert script.stale() == [name]


def test_a_picture_becomes_small():
    import numpy as np
    from PIL import Image

    from thalweg.drawing.plot import Line, Panel, Plot

    script = tool("make_gallery")
    line = Line(np.arange(50.0), np.arange(50.0) ** 2, "squares")
    content = script.small(Plot("squares", "Squares", "", [Panel("one", "x", "y", [line])]))
    assert len(content) <= script.LARGEST
    import io

    picture = Image.open(io.BytesIO(content))
    assert picture.width > 400


def test_the_gallery_shows_every_study_with_its_picture_command_and_claims():
    page = (DOCS / "studies.md").read_text(encoding="utf-8")
    for name in MODULES:
        assert page.count(f"](pictures/studies/{name}.png)") == 1
        assert f"\nthalweg run {name} --quick\n" in page
    assert page.count("<details>") == page.count("</details>") == len(MODULES)
    assert page.count(" claims passed** in ") == len(MODULES)
