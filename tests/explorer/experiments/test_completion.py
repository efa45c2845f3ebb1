"""The tab of completion: its Python, what it tells, and when it says that directions are due."""

import numpy as np
import pytest

from explorer.experiments.told import check_charts, check_snippet, everything
from thalweg.explorer.experiments.base import History
from thalweg.explorer.experiments.completion import Completion, foresee, sentence
from thalweg.explorer.experiments.forecasts import Forecast
from thalweg.explorer.knobs import BadKnob, read
from thalweg.theory import enhancement, mode_time

SMALL = {"depth": "3", "scale": "0.01", "rank": "2", "share": "0.8", "rows": "10", "columns": "11", "seed": "4"}


@pytest.fixture(scope="module")
def flow():
    return everything(Completion(), SMALL)


def test_its_python_makes_the_same_run(flow):
    check_snippet(Completion(), flow)


def test_what_it_tells_is_what_it_draws(flow):
    check_charts(flow)
    assert set(flow.opening["pictures"]) == {"target", "observed"}
    assert flow.opening["entries"] == 88
    target = flow.lanes["run"].lane.words["problem"].target
    sizes = np.linalg.svd(target, compute_uv=False)[:2]
    np.testing.assert_allclose([rule["value"] for rule in flow.opening["rules"]["spectrum"]], sizes, rtol=1e-7)
    assert "certified to a relative gap" in flow.references["sentence"]
    least = float(flow.references["rules"]["nuclear"][0]["value"])
    assert least <= np.linalg.norm(target, "nuc") * (1 + 1e-4)


@pytest.mark.parametrize("algorithm", ["momentum", "adam"])
def test_so_it_does_with_every_algorithm(algorithm: str):
    few = {"depth": "2", "scale": "0.1", "rank": "1", "share": "1.0", "rows": "10", "columns": "10", "start": "balanced"}
    whole = everything(Completion(), {**few, "algorithm": algorithm, "rate": "0.05"})
    check_snippet(Completion(), whole)
    check_charts(whole)
    assert "unobserved_error" not in whole.lanes["run"].run.data


def test_the_page_is_told_of_forecasts_and_of_what_came(flow):
    rules = [frame["rules"]["spectrum"] for frame in flow.lanes["run"].frames]
    assert [rule["axis"] for rule in rules[-1]] == ["x", "x", "point", "point"]
    assert [rule["label"] for rule in rules[-1]] == ["1", "2", "", ""]
    target, data = flow.lanes["run"].lane.words["problem"].target, flow.lanes["run"].run.data
    for place, (due, came) in enumerate(zip(rules[-1][:2], rules[-1][2:], strict=True)):
        size = np.linalg.svd(target, compute_uv=False)[place]
        assert came["value"] == pytest.approx(size / 2)
        assert came["x"] == pytest.approx(np.interp(size / 2, data.singular_values.values[:, place], data.time.values))
        assert due["value"] == pytest.approx(came["x"], rel=0.15)
    said = flow.lanes["run"].closing["sentence"]
    assert f"The second was forecast for t = {rules[-1][1]['value']:.4g} and came at t = {rules[-1][3]['x']:.4g}." in said


def test_descent_has_forecasts_and_momentum_has_none(flow):
    target, history = flow.lanes["run"].lane.words["problem"].target, flow.lanes["run"].history
    for algorithm, count in (("flow", 2), ("descent", 2), ("momentum", 0), ("adam", 0)):
        values = {**flow.values, "algorithm": algorithm}
        assert len(foresee(values, target, history)) == count
        assert ("due at about" in sentence(values, target, _short(history), foresee(values, target, _short(history)))) == bool(
            count
        )


def test_without_depth_there_are_forecasts_of_what_is_seen_whole_alone(flow):
    target, history = flow.lanes["run"].lane.words["problem"].target, flow.lanes["run"].history
    for share, count in ((0.8, 0), (1.0, 2)):
        assert len(foresee({**flow.values, "depth": 1, "share": share}, target, history)) == count


def _short(history: History) -> History:
    """What was known before the first direction was learnt, and after it had begun."""
    last = int(np.argmax(history["singular_values"][:, 0] >= 1.0)) - 1
    known = History()
    known.add({name: history[name][: last + 1] for name in history.parts})
    return known


@pytest.mark.parametrize(
    ("spectrum", "said"),
    [
        ([0.1, 0.1, 0.0], "Depth 3 has learnt 0 of 2 directions; the first is due at about t = {due}."),
        ([1.6, 0.4, 0.0], "Depth 3 has learnt 1 of 2 directions; the second is due at about t = {due}."),
        ([3.0, 0.6, 0.01], "Depth 3 has learnt 2 of 2 directions, and nothing else."),
        ([3.0, 1.0, 0.25], "beyond them it has grown others, to 25% of the last of them."),
    ],
)
def test_the_sentence_counts_what_is_learnt(spectrum: list[float], said: str):
    target = np.zeros((4, 3))
    target[0, 0], target[1, 1] = 3.0, 1.0
    history = History()
    history.add({"singular_values": np.array([[0.0, 0.0, 0.0], spectrum]), "loss": np.array([1.0, 0.25])})
    speeds = np.zeros(3)
    for place, size in enumerate((3.0, 1.0)):
        speeds[place] = float(enhancement(spectrum[place], 3)) * 0.1 * (size - spectrum[place])
    history.add({"time": np.array([0.0, 5.0]), "predicted_velocity": np.stack([speeds, speeds])})
    values = {"depth": 3, "rank": 2}
    foreseen = [Forecast(1.5, 1.0, 6.0, None), Forecast(0.5, None, None, None)]
    told = sentence(values, target, history, foreseen)
    place = int(spectrum[0] >= 1.5)
    due = 5 + 10 * float(mode_time(spectrum[place], (1.5, 0.5)[place], (3.0, 1.0)[place], 3)) if spectrum[1] < 0.5 else 0
    assert said.format(due=f"{due:.3g}") in told
    assert "due" not in sentence(values, target, history, [])
    came = [Forecast(1.5, 1.0, 6.0, 5.5), Forecast(0.5, 2.0, None, 7.0)]
    assert " The first was forecast for t = 6 and came at t = 5.5." in sentence(values, target, history, came)
    history.add({"unobserved_error": np.array([0.5])})
    assert sentence(values, target, history, []).endswith("error 0.25 on seen entries, 0.5 on unseen ones.")


def test_few_entries_of_a_large_matrix_are_enough():
    Completion().check(read(Completion.knobs, {"share": "0.05"}))


@pytest.mark.parametrize(
    ("asked", "knob", "said"),
    [
        ({"rank": "10", "rows": "12", "columns": "9"}, "columns", "goes from 10 to 120"),
        ({"share": "0.05", "rows": "30"}, "share", "0.067 is the least at this shape"),
        ({"share": "0.19", "rows": "10", "columns": "10", "rank": "2"}, "share", "0.2 is the least at this shape"),
    ],
)
def test_what_does_not_go_together(asked: dict[str, str], knob: str, said: str):
    experiment = Completion()
    with pytest.raises(BadKnob, match=said) as refused:
        experiment.check(read(experiment.knobs, asked))
    assert refused.value.knob == knob
