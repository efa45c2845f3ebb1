"""The tab of completion: its Python, what it tells, and when it says that directions are due."""

import numpy as np
import pytest

from explorer.experiments.told import check_charts, check_snippet, everything
from thalweg.explorer.experiments.base import History
from thalweg.explorer.experiments.completion import Completion, due_times, sentence, way
from thalweg.explorer.knobs import BadKnob, read

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


def test_a_direction_comes_when_it_is_due(flow):
    told = flow.lanes["run"]
    target, data = told.lane.words["problem"].target, told.run.data
    sizes = np.linalg.svd(target, compute_uv=False)
    for place in (0, 1):
        values, times = data.singular_values.values[:, place], data.time.values
        half = int(np.argmax(values >= sizes[place] / 2))
        part = (sizes[place] / 2 - values[half - 1]) / (values[half] - values[half - 1])
        came = times[half - 1] + part * (times[half] - times[half - 1])
        before = int(np.argmax(values >= sizes[place] / 5))
        assert before < half
        due = due_times(flow.values, target, until_record(told.history, before))[place]
        assert due is not None
        assert abs(due / came - 1) < 0.15
        # and better than as if the direction grew at its speed of now
        straight = times[before] + (sizes[place] / 2 - values[before]) / data.predicted_velocity.values[before, place]
        assert abs(due - came) < abs(straight - came)
        assert due_times(flow.values, target, told.history)[place] is None


def until_record(history: History, last: int) -> History:
    """What was known at a record."""
    known = History()
    known.add({name: history[name][: last + 1] for name in history.parts})
    return known


def test_no_direction_is_due_for_a_discrete_algorithm(flow):
    values = {**flow.values, "algorithm": "descent"}
    target = flow.lanes["run"].lane.words["problem"].target
    assert due_times(values, target, until_record(flow.lanes["run"].history, 0)) == [None, None]


@pytest.mark.parametrize("depth", [1, 2, 3, 7])
def test_the_way_is_the_integral(depth: int):
    points = np.geomspace(0.01, 2.0, 20_001)
    middle = (points[1:] + points[:-1]) / 2
    assert way(0.01, 2.0, depth) == pytest.approx(np.sum(middle ** (2 / depth - 2) * np.diff(points)), rel=1e-6)


@pytest.mark.parametrize(
    ("spectrum", "said"),
    [
        ([0.1, 0.1, 0.0], "Depth 3 has learnt 0 of 2 directions; the first is due at about t = 7."),
        ([1.6, 0.4, 0.0], "Depth 3 has learnt 1 of 2 directions; the second is due at about t = 8."),
        ([3.0, 0.6, 0.01], "Depth 3 has learnt 2 of 2 directions, and nothing else."),
        ([3.0, 1.0, 0.25], "beyond them it has grown others, to 25% of the last of them."),
    ],
)
def test_the_sentence_counts_what_is_learnt(spectrum: list[float], said: str):
    target = np.zeros((4, 3))
    target[0, 0], target[1, 1] = 3.0, 1.0
    history = History()
    history.add({"singular_values": np.array([[0.0, 0.0, 0.0], spectrum]), "loss": np.array([1.0, 0.25])})
    told = sentence({"depth": 3, "rank": 2}, target, history, [7.0, 8.0])
    assert said in told
    assert told.endswith("directions.") or "learnt" in told
    history.add({"unobserved_error": np.array([0.5])})
    assert sentence({"depth": 3, "rank": 2}, target, history, []).endswith("error 0.25 on seen entries, 0.5 on unseen ones.")


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
