"""The tab of margins: its Python, the certified lines that it draws, and its sentences against numbers."""

import math

import numpy as np
import pytest

import thalweg as tw
from explorer.experiments.told import check_charts, check_snippet, everything
from thalweg.explorer.experiments.base import History
from thalweg.explorer.experiments.margins import KINDS, NORMS, Margins, certified, further, problem_of, sentence
from thalweg.explorer.knobs import BadKnob, Real, read

POINTS = "1_0.5_1,0.6_2_1,2_-0.5_1,-1.5_-1_-1,-1_0.3_-1"
ALL = ".".join(KINDS)


@pytest.fixture(scope="module")
def through_zero():
    return everything(Margins(), {"points": POINTS, "algorithms": ALL, "steps": "2000"})


def test_its_python_makes_the_same_runs(through_zero):
    check_snippet(Margins(), through_zero)


def test_so_it_does_for_a_line_anywhere_and_another_loss():
    whole = everything(
        Margins(),
        {
            "points": POINTS,
            "algorithms": "descent.normalized.sign",
            "steps": "300",
            "line": "free",
            "loss": "logistic",
            "rate": "0.5",
        },
    )
    check_snippet(Margins(), whole)
    check_charts(whole)
    assert {len(plane["normal"]) for plane in whole.opening["planes"]["plane"]} == {3}
    assert whole.lanes["sign"].run.data.predictor.shape[1:] == (1, 3)


def test_what_it_tells_is_what_it_draws(through_zero):
    check_charts(through_zero)
    assert list(through_zero.lanes) == list(KINDS)
    for told in through_zero.lanes.values():
        assert len(told.run.data.record) < 400


def test_the_lines_are_those_of_the_largest_margins(through_zero):
    signed = np.asarray(problem_of(through_zero.values["points"], "zero").signed)
    angles = np.linspace(0, 2 * math.pi, 100_001)
    around = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    margins = (around @ signed).min(axis=1)
    for plane, (name, norm) in zip(through_zero.opening["planes"]["plane"], NORMS.items(), strict=True):
        over = margins / np.linalg.norm(around, norm, axis=1)
        best = int(np.argmax(over))
        rule = through_zero.opening["rules"][f"margin_{name}"][0]["value"]
        assert rule == pytest.approx(over[best], rel=1e-4)
        assert f"{rule:.4g}" in through_zero.references["sentence"]
        normal = np.array(plane["normal"])
        assert normal @ around[best] / np.linalg.norm(normal) > 1 - 1e-6


def test_each_algorithm_comes_to_its_own_margin(through_zero):
    best = certified(through_zero.values["points"], "zero")
    for name, told in through_zero.lanes.items():
        missing = told.frames[-1]["records"]["missing"][-1]
        own = KINDS[name].norm
        kept = float(told.run.data[tw.NormalizedMargin(NORMS[own]).name][-1]) / best[own].value
        assert missing == pytest.approx(1 - kept, rel=1e-4, abs=1e-7)
        assert -1e-9 < missing < (0.2 if name == "descent" else 0.01)


def test_what_is_computed_from_records(through_zero):
    values, best = through_zero.values, certified(through_zero.values["points"], "zero")
    direction = best["l2"].predictor[0]
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    normals = np.stack([np.zeros(2), 7 * direction, 0.1 * turn @ direction, -direction])[:, None]
    fresh = {"predictor": normals, "loss": np.array([1.0, 1e-3, 1e-300, 0.0]), "normalized_margin": np.array([0, 1, 0.5, -1.0])}
    fresh["normalized_margin"] *= best["l2"].value
    found = further(values, "descent", fresh)
    np.testing.assert_allclose(found["angle"], [np.nan, 0.0, 90.0, 180.0], atol=1e-6)
    np.testing.assert_allclose(found["missing"], [np.nan, 0.0, 0.5, 2.0], atol=1e-12)
    np.testing.assert_allclose(found["fallen"], [np.nan, 3.0, 300.0, np.inf])
    logarithms = further(values, "normalized", {**fresh, "loss": np.array([0.0, -1.0, -1e4, 2.0])})
    np.testing.assert_allclose(logarithms["fallen"], [np.nan, 1 / math.log(10), 1e4 / math.log(10), np.nan])


@pytest.mark.parametrize(
    ("name", "share", "said"),
    [
        ("descent", 0.75, "After 40 steps gradient descent has all but 25% of the largest l2 margin; its line is 90° off."),
        ("momentum", 1 - 1e-8, "momentum in the dual has all but 1e-08 of the largest l2 margin"),
        ("adam", 1.0, "Adam has all of the largest l∞ margin; its line is 90° from that of the largest l2 margin."),
        ("coordinate", -0.1, "After 40 steps coordinate descent has points on the wrong side of its line."),
    ],
)
def test_the_sentence_is_about_the_numbers(through_zero, name: str, share: float, said: str):
    best, own = certified(through_zero.values["points"], "zero"), KINDS[name].norm
    across = np.array([[0.0, -1.0], [1.0, 0.0]]) @ best["l2"].predictor[0]
    history = History()
    margin = tw.NormalizedMargin(NORMS[own]).name
    start = {"predictor": np.zeros((1, 1, 2)), "loss": np.ones(1), margin: np.zeros(1), "steps": np.zeros(1), "time": np.zeros(1)}
    history.add(start)
    assert "is at zero, where there is no line yet" in sentence(through_zero.values, name, history)
    history.add(
        {
            "predictor": across[None, None],
            "loss": np.array([0.5]),
            margin: np.array([share * best[own].value]),
            "steps": np.array([40]),
            "time": np.array([1.0]),
        }
    )
    assert said in sentence(through_zero.values, name, history)


@pytest.mark.parametrize(
    ("asked", "knob", "said"),
    [
        ({"points": "1_0_1,2_0_-1"}, "points", "no line through zero separates .* A line that lies anywhere does"),
        ({"points": "1_1_1,-1_-1_1,0_0_-1"}, "points", "no line through zero separates the two classes.*: move a point.$"),
        ({"points": "1_1_1,-1_-1_1,0_0_-1", "line": "free"}, "points", "no line separates the two classes"),
        ({"points": "1_0_1,1_0_-1"}, "points", "no line through zero"),
        ({"points": "0.0001_0_1,-0.0001_0_-1"}, "points", "the largest margin is 0.0001, too narrow"),
        ({"points": "1_0_1,2_0_1"}, "points", "both classes"),
        ({"algorithms": "newton"}, "algorithms", "are some of"),
        ({"steps": "1e7"}, "steps", "goes from 100 to 100000"),
    ],
)
def test_what_does_not_go_together(asked: dict[str, str], knob: str, said: str):
    experiment = Margins()
    with pytest.raises(BadKnob, match=said) as refused:
        experiment.check(read(experiment.knobs, asked))
    assert refused.value.knob == knob


def test_a_line_anywhere_separates_what_no_line_through_zero_does():
    experiment = Margins()
    experiment.check(read(experiment.knobs, {"points": "1_0_1,2_0_-1", "line": "free"}))


def test_its_bounds_hold_at_their_ends():
    """The most work that the knobs allow makes few records."""
    steps = next(knob for knob in Margins.knobs if isinstance(knob, Real) and knob.name == "steps")
    ticks = tw.LogSteps(40).ticks(0, 1000)
    assert int(np.sum(ticks <= steps.high)) < 400
