"""Pictures and tables of singular values hold the numbers of the evidence, from whatever part of it there is."""

import numpy as np
import pytest

from studies.as_published import DESCENT, singular_values, some
from studies.claims_checked import check_renders
from thalweg.drawing.plot import Cell
from thalweg.studies.evidence import Evidence
from thalweg.studies.singular_values.study import STUDY

FORMS = {"full": STUDY.parameters, "quick": STUDY.quick}


def test_a_table_holds_ours_beside_the_published():
    final, films = STUDY.tables(STUDY.parameters, singular_values(STUDY.parameters))
    for row, depth in zip(final.rows, (1, 2, 3), strict=False):
        cells = [cell for cell in row if isinstance(cell, Cell)]
        assert [cell.value for cell in cells] == DESCENT[depth][0][:6]
        assert [float(cell.published or "") for cell in cells[:5]] == DESCENT[depth][0][:5]
    take_offs = [cell for cell in final.rows[3] if isinstance(cell, Cell)]
    assert [cell.value for cell in take_offs] == pytest.approx([8.0e3, 9.3e3, 1.05e4, 1.25e4, 1.5e4], rel=1e-3)
    ratings = {row[0]: [cell for cell in row if isinstance(cell, Cell)] for row in films.rows}
    assert [cell.value for cell in ratings["depth 2"][:3]] == pytest.approx([3350.0, 60.0, 1.450])
    assert ratings["zero predictor"][0].published == "13.728"
    assert ratings["zero predictor"][0].value == pytest.approx(13.728078)


def test_the_quick_form_puts_no_published_number_beside_fewer_ratings():
    films = STUDY.tables(STUDY.quick, singular_values(STUDY.quick))[1]
    assert {cell.published for row in films.rows for cell in row if isinstance(cell, Cell)} == {None}
    assert "150 most rated films" in films.caption


def test_the_law_is_drawn_measured_and_predicted():
    plots = {plot.name: plot for plot in STUDY.plots(STUDY.parameters, singular_values(STUDY.parameters))}
    assert list(plots) == ["rise", "films", "held-out", "law", "enhancement"]
    for panel in plots["law"].panels:
        measured, predicted = panel.lines[0], panel.lines[1]
        assert (measured.style, predicted.style) == ("solid", "dot")
        np.testing.assert_allclose(predicted.y, measured.y * (1 + 0.2 * min(STUDY.parameters.rtols)), rtol=1e-12)
    targets = [rule.value for rule in plots["rise"].panels[0].rules]
    assert targets == DESCENT[3][0][:5]


def test_the_enhancement_is_one_where_singular_values_are_one():
    panel = STUDY.plots(STUDY.parameters, Evidence([]))[-1].panels[0]
    for line in panel.lines:
        assert np.interp(1.0, line.x, line.y) == pytest.approx(1.0)
    depth_3 = next(line for line in panel.lines if line.label == "depth 3")
    assert np.interp(0.125, depth_3.x, depth_3.y) == pytest.approx(0.125 ** (4 / 3), rel=1e-2)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "keep",
    [
        lambda r: False,
        lambda r: r.seed == 0,
        lambda r: r.seed == 1,
        lambda r: r.coordinates["family"] != "movielens",
        lambda r: r.coordinates["family"] == "movielens",
        lambda r: r.coordinates["family"] == "movielens" and r.coordinates["depth"] == 2,
        lambda r: r.coordinates["depth"] == 1,
        lambda r: r.coordinates["family"] == "path" and r.coordinates["depth"] == 3,
        lambda r: r.coordinates["family"] == "flow",
    ],
)
def test_parts_of_the_evidence_are_drawn_and_judged(form: str, keep):
    check_renders(STUDY, FORMS[form], some(singular_values(FORMS[form]), keep))


def test_any_part_of_the_evidence_is_drawn_and_judged():
    rng = np.random.default_rng(0)
    whole = singular_values(STUDY.quick)
    for share in np.linspace(0.05, 0.95, 25):
        check_renders(STUDY, STUDY.quick, some(whole, lambda result, share=share: rng.random() < share))


def test_a_matrix_of_few_singular_values_is_drawn_and_tabled():
    whole = singular_values(STUDY.quick, films=False)
    cut = whole.rerecorded(lambda record: record.isel(index=slice(0, 4)), family="descent")
    check_renders(STUDY, STUDY.quick, cut)
    final = STUDY.tables(STUDY.quick, cut)[0]
    assert [sum(isinstance(cell, Cell) for cell in row) for row in final.rows] == [4, 4, 4, 4]
