"""Pictures and tables of completion hold the numbers of the evidence, from whatever part of it there is."""

import numpy as np
import pytest

from studies.as_published import completion, some
from studies.claims_checked import check_renders
from thalweg.drawing.plot import Cell
from thalweg.studies.evidence import Evidence, Result
from thalweg.studies.matrix_completion import pictures
from thalweg.studies.matrix_completion.claims import EXACT
from thalweg.studies.matrix_completion.published import PUBLISHED
from thalweg.studies.matrix_completion.study import STUDY

FULL = STUDY.parameters


def test_every_published_number_stands_in_a_table(monkeypatch: pytest.MonkeyPatch):
    used = set()

    def recorded(observed: int, method: str, scale: float | None, quantity: str) -> str | None:
        for key in ((observed, method, scale, quantity), (observed, method, None, quantity)):
            if key in PUBLISHED:
                used.add(key)
                return PUBLISHED[key]
        return None

    monkeypatch.setattr(pictures, "published", recorded)
    tables = STUDY.tables(FULL, completion(FULL))
    printed = [cell.published for table in tables for row in table.rows for cell in row if isinstance(cell, Cell)]
    assert used == set(PUBLISHED)
    assert set(PUBLISHED.values()) <= set(printed)


def test_a_table_holds_ours_beside_the_published():
    few, many = STUDY.tables(FULL, completion(FULL))
    rows = {row[0]: row for row in few.rows}
    error = rows["depth 2, start 1e-06"][1]
    assert isinstance(error, Cell)
    assert (error.value, error.published) == (2.3e-2, "2.3e-2")
    norm = rows["depth 3, start 0.0001"][2]
    assert isinstance(norm, Cell)
    assert (norm.value, norm.published) == (219.4, "219.4")
    assert len(few.rows) == len(many.rows) == 3 + 3 * 4


def test_medians_and_extremes_over_seeds_are_drawn():
    evidence = completion(FULL)
    spread = Evidence([_times(result, (0.5, 1.0, 4.0)[result.seed]) for result in evidence])
    plot = next(plot for plot in STUDY.plots(FULL, spread) if plot.name == "scales-2000")
    errors, ranks = plot.panels
    depth_2 = next(line for line in errors.lines if line.label == "depth 2")
    assert depth_2.low is not None
    assert depth_2.high is not None
    np.testing.assert_allclose(depth_2.x, [1e-6, 1e-5, 1e-4, 1e-3])
    np.testing.assert_allclose(depth_2.y, [2.3e-2, 3.6e-2, 6.5e-2, 1.0e-1])
    np.testing.assert_allclose(depth_2.low, depth_2.y / 2)
    np.testing.assert_allclose(depth_2.high, depth_2.y * 4)
    assert {rule.label: rule.value for rule in ranks.rules} == {"least nuclear norm": 9.45, "target": 4.93}


def _times(result: Result, factor: float) -> Result:
    return Result(result.coordinates, result.seed, {**result.finals, "error": factor * result.finals["error"]}, result.record)


def test_spectra_are_those_of_the_smallest_start_of_the_first_instance():
    plot = next(plot for plot in STUDY.plots(FULL, completion(FULL)) if plot.name == "spectra")
    lines = {line.label: line.y for line in plot.panels[0].lines}
    assert set(lines) == {"least nuclear norm", "depth 2", "depth 3", "depth 4"}
    np.testing.assert_allclose(lines["least nuclear norm"], [210.15 / 5] * 5 + [0.106] * 5)
    np.testing.assert_allclose(lines["depth 3"][5:], 2.7e-5)


@pytest.mark.parametrize(
    "keep",
    [
        lambda r: False,
        lambda r: r.seed == 0,
        lambda r: r.seed == 2,
        lambda r: r.coordinates["method"] == EXACT,
        lambda r: r.coordinates["method"] != EXACT,
        lambda r: r.coordinates["observed"] == 5000,
        lambda r: r.coordinates["method"] == "depth 3" and r.seed == 1,
        lambda r: r.coordinates.get("scale") == 1e-3,
        lambda r: r.coordinates.get("threshold") == 1e-10,
    ],
)
def test_parts_of_the_evidence_are_drawn_and_judged(keep):
    check_renders(STUDY, FULL, some(completion(FULL), keep))


def test_any_part_of_the_evidence_is_drawn_and_judged():
    rng = np.random.default_rng(0)
    whole = completion(FULL, seeds=(0, 1))
    for share in np.linspace(0.02, 0.98, 25):
        check_renders(STUDY, FULL, some(whole, lambda result, share=share: rng.random() < share))


def test_a_matrix_of_fewer_than_ten_singular_values_is_drawn():
    def cut(result: Result) -> Result:
        finals = {name: value for name, value in result.finals.items() if name not in ("sigma_9", "sigma_10")}
        return Result(result.coordinates, result.seed, finals, result.record)

    plot = next(p for p in STUDY.plots(FULL, Evidence([cut(r) for r in completion(FULL)])) if p.name == "spectra")
    assert {len(line.y) for line in plot.panels[0].lines} == {8}


def test_what_was_not_run_says_so_and_keeps_the_published_number():
    few = STUDY.tables(FULL, some(completion(FULL), lambda r: r.coordinates["method"] != "depth 4"))[0]
    cells = [cell for row in few.rows if str(row[0]).startswith("depth 4") for cell in row[1:]]
    assert all(isinstance(cell, Cell) and cell.value is None and cell.note == "not run" for cell in cells)
    assert {cell.published for cell in cells if isinstance(cell, Cell)} >= {"2.3e-5", "2.2e-5"}
