"""What a prediction is compared by: residuals, assumptions with sizes, what is said, and what is drawn."""

from collections.abc import Sequence

import numpy as np
import pytest

import thalweg as tw
from thalweg._references import Source
from thalweg.theory import AbstractPrediction, Assumption, Comparison, Conservation, DoesNotApply, Laid, Points, compare, points
from theory.runs import run


class Stays(AbstractPrediction):
    """A law that is wrong: the predictor stays; its residual is what it moved, on an assumption of a given size."""

    name = "nothing moves"
    sentence = "The predictor stays what it was."
    source = Source("arora2019implicit", "nowhere")

    def __init__(self, size: float = 0.0, allowed: float = 1.0):
        self.size, self.allowed = size, allowed

    def assumptions(self, path: Points) -> Sequence[Assumption]:
        return [Assumption("fuss", self.size, 0.5, "none")]

    def lay(self, path: Points) -> Laid:
        moved = np.linalg.norm(path.predictors - path.predictors[0], axis=(1, 2))
        return Laid(np.zeros(len(path)), moved, moved, self.allowed, "distance moved")


@pytest.fixture(scope="module")
def flow() -> tw.Trajectory:
    return run(record=[tw.Factors()], at=tw.EveryTime(0.25))


def test_the_residual_of_conservation_falls_with_the_tolerance():
    rtols = np.array([1e-5, 1e-8])
    worst = [compare(Conservation(), run(tw.GradientFlow(rtol), record=[tw.Factors()])).worst for rtol in rtols]
    assert all(found <= 10 * rtol for found, rtol in zip(worst, rtols, strict=True))
    assert np.polyfit(np.log(rtols), np.log(worst), 1)[0] == pytest.approx(1, abs=0.4)


def test_a_law_of_the_flow_is_not_laid_over_steps():
    descent = run(tw.GradientDescent(0.05), record=[tw.Factors()])
    with pytest.raises(DoesNotApply, match="it is a law of gradient flow, and this run moves in finite steps"):
        compare(Conservation(), descent)
    with pytest.raises(DoesNotApply, match="a single factor has no imbalance"):
        compare(Conservation(), run(depth=1, record=[tw.Factors()], end=0.1))


def test_a_comparison_says_how_far_and_whether(flow: tw.Trajectory):
    found = compare(Stays(), flow)
    moved = np.linalg.norm(flow.predictor - points(flow).predictors[0])
    assert found.worst == pytest.approx(moved)
    assert isinstance(found, Comparison)
    assert not found.holds
    assert found.tests
    assert str(found) == f"nothing moves: residual {moved:.1e} along the path, allowed 1.0e+00: not kept"
    assert compare(Stays(allowed=100), flow).holds
    assert str(compare(Stays(allowed=100), flow)).endswith(": kept")
    np.testing.assert_array_equal(found.residual, found.laid.residual)


def test_an_assumption_that_fails_is_named_with_its_size_and_the_residual_is_there(flow: tw.Trajectory):
    found = compare(Stays(size=2.5), flow)
    assert not found.tests
    assert str(found).endswith("fuss 2.5e+00 where the law needs none: residuals below are not a test of it")
    assert "kept" not in str(found)
    assert found.worst > 1


def test_sizes_that_are_no_numbers_meet_nothing():
    assert not Assumption("fuss", float("nan"), 1.0).holds
    assert Assumption("fuss", 1.0, 1.0).holds
    assert str(Assumption("fuss", 0.1, 1.0, "at most 1")) == "fuss 1.0e-01 where the law needs at most 1: met"


def test_a_residual_that_is_no_number_is_not_kept(flow: tw.Trajectory):
    class Lost(Stays):
        def lay(self, path: Points) -> Laid:
            return Laid(np.zeros(2), np.zeros(2), np.array([0.0, np.nan]), 1.0, "nothing")

    found = compare(Lost(), points(flow, count=2))
    assert np.isnan(found.worst)
    assert not found.holds


def test_points_may_be_made_once_for_several_laws(flow: tw.Trajectory):
    path = points(flow, count=4)
    assert compare(Stays(), path).time is path.time
    assert len(compare(Conservation(), path).residual) == 4


def test_the_picture_holds_both_curves_and_the_residual(flow: tw.Trajectory):
    plot = compare(Stays(size=2.5), flow).plot()
    assert plot.name == "nothing-moves"
    assert "The predictor stays what it was." in plot.caption
    assert "fuss 2.5e+00" in plot.caption
    assert "arora2019implicit, nowhere" in plot.caption
    left, right = plot.panels
    measured, predicted = left.lines
    np.testing.assert_array_equal(predicted.y, 0)
    assert (measured.label, predicted.label, predicted.style) == ("measured", "predicted", "dash")
    assert right.y_scale == "log"
    assert right.lines[0].y.min() > 0


def test_at_most_eight_curves_are_drawn(flow: tw.Trajectory):
    class Many(Stays):
        def lay(self, path: Points) -> Laid:
            many = np.ones((len(path), 20))
            return Laid(many, many, np.zeros(len(path)), 1.0, "many")

    lines = compare(Many(), flow).plot().panels[0].lines
    assert len(lines) == 16
    assert [line.label for line in lines].count(None) == 14
