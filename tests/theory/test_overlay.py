"""Every law over one run: what applies is laid, what does not is left out with its reason, and pictures are written."""

from pathlib import Path

import numpy as np
import pytest

import thalweg as tw
from thalweg.theory import overlay
from thalweg.theory.laws import LAWS
from thalweg.theory.overlay import Overlay
from theory.runs import run


@pytest.fixture(scope="module")
def balanced() -> Overlay:
    return overlay(run(record=[tw.Factors()], at=tw.EveryTime(0.25), start=tw.Balanced(0.5)))


@pytest.fixture(scope="module")
def unbalanced() -> Overlay:
    return overlay(run(record=[tw.Factors()], at=tw.EveryTime(0.25)))


def names(laid: Overlay) -> set[str]:
    return {comparison.prediction.name for comparison in laid.comparisons}


def test_each_law_is_laid_or_left_out_with_a_reason(balanced: Overlay, unbalanced: Overlay):
    assert len({law.name for law in LAWS}) == len(LAWS)
    for laid in (balanced, unbalanced):
        assert names(laid) | set(laid.left_out) == {law.name for law in LAWS}
        assert not names(laid) & set(laid.left_out)
        assert all(len(reason) > 10 for reason in laid.left_out.values())


def test_laws_whose_assumptions_are_met_hold(balanced: Overlay, unbalanced: Overlay):
    for laid in (balanced, unbalanced):
        assert "conservation of imbalance" in names(laid)
        for comparison in laid.comparisons:
            assert comparison.tests
            assert comparison.holds, str(comparison)
            assert np.isfinite(comparison.worst)


def test_laws_that_need_balance_are_left_out_without_it_by_how_much(balanced: Overlay, unbalanced: Overlay):
    lost = names(balanced) - names(unbalanced)
    assert len(lost) >= 1
    assert any("imbalance" in unbalanced.left_out[name] and "where the law needs" in unbalanced.left_out[name] for name in lost)


def test_over_steps_the_laws_of_the_flow_are_left_out():
    laid = overlay(run(tw.GradientDescent(0.02), record=[tw.Factors()], at=tw.EverySteps(20)))
    assert laid.left_out["conservation of imbalance"] == "it is a law of gradient flow, and this run moves in finite steps"
    assert f"conservation of imbalance: left out, {laid.left_out['conservation of imbalance']}" in str(laid).splitlines()


def test_it_says_a_line_for_each_law(balanced: Overlay):
    lines = str(balanced).splitlines()
    assert len(lines) == len(LAWS)
    assert sum("left out, " in line for line in lines) == len(balanced.left_out)


def test_pictures_are_written_as_svg(unbalanced: Overlay, tmp_path: Path):
    few = Overlay(unbalanced.comparisons[:2], {})
    written = few.draw(tmp_path / "new" / "folder")
    assert [path.name for path in written] == [f"{plot.name}.svg" for plot in few.plots()]
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert "<svg" in text
        assert len(text) < 400_000
