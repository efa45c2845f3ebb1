"""Draw one picture of each study for docs/studies.md, from a store that holds its runs.

    thalweg run --quick STUDY ...                      the runs, where there are none
    python tools/make_gallery.py                       draw all that the store holds, into docs/pictures/studies
    python tools/make_gallery.py STUDY ... --store A --store B
    python tools/make_gallery.py --check               say whose picture is missing or older than its code

A full run is taken before a quick one, and the first store before the next. What each picture was drawn from is kept in
benchmarks/results/gallery.json, with a digest of the code that drew it. `make docs` writes the page.
"""

import argparse
import ast
import hashlib
import importlib
import io
import json
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from thalweg.drawing.matplotlib_figures import figure
from thalweg.drawing.plot import Plot
from thalweg.lab.finished import StudyRun
from thalweg.lab.recall import recall
from thalweg.studies.registry import MODULES

REPOSITORY = Path(__file__).resolve().parents[1]
FOLDER = REPOSITORY / "docs" / "pictures" / "studies"
KEPT = REPOSITORY / "benchmarks" / "results" / "gallery.json"
LARGEST = 40_000  # bytes of a picture
PICKED: dict[str, str] = {}
"""The picture that shows a study best, where it is not its first."""


def kept() -> dict[str, Any]:
    """What each picture was drawn from."""
    return json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.is_file() else {}


def digest(study: str) -> str:
    """Of the code that draws a study's pictures, as Python reads it: comments, docstrings and lines do not count."""
    module = MODULES[study].rpartition(".")[0]
    tree = ast.parse(Path(str(importlib.import_module(f"{module}.pictures").__file__)).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) and ast.get_docstring(node) is not None:
            del node.body[0]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16]


def stale() -> list[str]:
    """Studies without a picture, or with one that other code drew."""
    drawn = kept()
    return [
        name
        for name in MODULES
        if name not in drawn or not (FOLDER / f"{name}.png").is_file() or drawn[name]["drawn_by"] != digest(name)
    ]


def chosen(runs: Sequence[StudyRun]) -> dict[str, StudyRun]:
    """The run of each study that is drawn: one that is whole, rather full than quick, rather earlier than later."""
    found: dict[str, StudyRun] = {}
    for mode in ("full", "quick"):
        for run in runs:
            if run.mode == mode and not run.missing:
                found.setdefault(run.study.name, run)
    return found


def small(plot: Plot) -> bytes:
    """The picture as a PNG of few colours, below the largest size."""
    from PIL import Image

    for dpi, colours in ((150, 64), (130, 64), (110, 48), (90, 32), (70, 16)):
        raw, packed = io.BytesIO(), io.BytesIO()
        figure(plot).savefig(raw, format="png", dpi=dpi)
        Image.open(raw).convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
        if len(packed.getvalue()) <= LARGEST:
            return packed.getvalue()
    raise SystemExit(f"the picture {plot.name} does not become smaller than {LARGEST} bytes; pick another in PICKED")


def drawn(run: StudyRun) -> tuple[bytes, dict[str, Any]]:
    """The picture of a study, and what it was drawn from."""
    plots = {plot.name: plot for plot in run.study.plots(run.parameters, run.evidence) if plot.panels}
    plot = plots[PICKED.get(run.study.name, next(iter(plots)))]
    wrong = sum(len(verdict.mutants) + (verdict.null_margin is not None) for verdict in run.verdicts)
    about = {
        "plot": plot.name,
        "title": plot.title,
        "caption": re.sub(r"\s+", " ", plot.caption).strip(),
        "mode": run.mode,
        "root": run.root,
        "instances": len(run.seeds),
        "verdicts": dict(Counter(verdict.verdict for verdict in run.verdicts)),
        "wrong": wrong,
        "drawn_by": digest(run.study.name),
    }
    return small(plot), about


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Draw one picture of each study, from a store that holds its runs.")
    parser.add_argument("studies", nargs="*", help="names of studies; all that the stores hold unless given")
    parser.add_argument("--store", action="append", type=Path, help="a folder of runs; may be repeated")
    parser.add_argument("--check", action="store_true", help="draw nothing; exit with 1 if a picture is stale")
    asked = parser.parse_args(arguments)
    if asked.check:
        for name in stale():
            print(f"stale: docs/pictures/studies/{name}.png; thalweg run {name} --quick, then tools/make_gallery.py {name}")
        return int(bool(stale()))
    runs = [run for store in asked.store or [None] for run in recall(store)]
    found, about = chosen([run for run in runs if not asked.studies or run.study.name in asked.studies]), kept()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, run in found.items():
        content, about[name] = drawn(run)
        (FOLDER / f"{name}.png").write_bytes(content)
        print(f"{name}: {about[name]['plot']}, {run.mode} run, {len(content)} bytes")
    ordered = {name: about[name] for name in MODULES if name in about}
    KEPT.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
