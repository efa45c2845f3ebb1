"""The laws that a reader asks for: the numbers of `overlay`, one reader at a time, and sentences where there are none."""

import threading

import pytest
from starlette.testclient import TestClient

import thalweg as tw
from explorer.browser import SMALL
from thalweg.explorer import laws
from thalweg.explorer.experiments.completion import Completion
from thalweg.explorer.jobs import Full, Jobs
from thalweg.explorer.knobs import read
from thalweg.explorer.laws import Laws
from thalweg.explorer.server import application

BALANCED = {"rows": "10", "columns": "10", "rank": "2", "share": "1", "depth": "2", "start": "balanced", "scale": "0.1"}


@pytest.fixture(scope="module")
def told():
    experiment = Completion()
    values = read(experiment.knobs, BALANCED)
    return values, Laws(Jobs()).laid(experiment, values)["lanes"]


def test_the_laws_are_those_of_overlay(told):
    values, (lane,) = told
    (words,) = (one.words for one in Completion().lanes(values))
    found = tw.theory.overlay(tw.follow(**words), count=laws.POINTS)
    assert [one["law"] for one in lane["laid"]] == [one.prediction.name for one in found.comparisons]
    assert {one["law"]: one["why"] for one in lane["left_out"]} == found.left_out
    for one, comparison in zip(lane["laid"], found.comparisons, strict=True):
        assert one["residual"] == pytest.approx(comparison.worst, rel=1e-6, abs=1e-12)
        assert (one["allowed"], one["holds"]) == (comparison.laid.allowed, comparison.holds)


def test_laws_of_a_balanced_flow_hold_and_say_where_they_are_from(told):
    _, (lane,) = told
    laid = {one["law"]: one for one in lane["laid"]}
    assert {"conservation of imbalance", "end-to-end dynamics", "velocities of singular values"} <= set(laid)
    assert all(one["holds"] and one["residual"] <= one["allowed"] for one in laid.values())
    assert laid["velocities of singular values"]["source"] == "Arora et al. (2019), theorem 3"
    assert "mode times" in {one["law"] for one in lane["left_out"]}


def test_a_second_question_takes_no_second_computation(monkeypatch: pytest.MonkeyPatch):
    asked: list[object] = []

    def overlay(run: object, count: int) -> tw.theory.Overlay:
        asked.append(run)
        return tw.theory.Overlay([], {"a law": "a reason"})

    monkeypatch.setattr(laws, "overlay", overlay)
    experiment, found = Completion(), Laws(Jobs())
    values = read(experiment.knobs, BALANCED)
    first = found.laid(experiment, values)
    assert len(asked) == 1
    assert found.laid(experiment, values) is first
    assert len(asked) == 1


def test_who_waits_too_long_for_others_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(laws, "PATIENCE", 0.01)
    going, over = threading.Event(), threading.Event()

    def overlay(run: object, count: int) -> tw.theory.Overlay:
        going.set()
        assert over.wait(180)
        return tw.theory.Overlay([], {})

    monkeypatch.setattr(laws, "overlay", overlay)
    experiment, found = Completion(), Laws(Jobs())
    values = read(experiment.knobs, BALANCED)
    first = threading.Thread(target=found.laid, args=(experiment, values))
    first.start()
    assert going.wait(180)
    with pytest.raises(Full, match="other readers"):
        found.laid(experiment, values)
    over.set()
    first.join(180)
    assert len(found.laid(experiment, values)["lanes"]) == 1


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("margins?depth=x", 400, "there is no knob"),
        ("completion?depth=9", 400, "depth goes from 1 to 8"),
        ("nothing", 404, "there is no such experiment"),
        ("kernel?coefficients=10&samples=5&sparsity=2", 200, '{"lanes":[]}'),
    ],
)
def test_what_cannot_be_asked_is_said(address: str, status: int, said: str):
    with TestClient(application(), base_url="http://localhost") as client:
        answer = client.get(f"/api/laws/{address}")
    assert answer.status_code == status
    assert said in answer.text


@pytest.mark.parametrize(("error", "status"), [(KeyError("lost"), 500), (ValueError("no such start"), 400), (Full("later"), 503)])
def test_what_goes_wrong_while_laws_are_laid_is_no_wrong_address(monkeypatch: pytest.MonkeyPatch, error: Exception, status: int):
    def overlay(run: object, count: int) -> tw.theory.Overlay:
        raise error

    monkeypatch.setattr(laws, "overlay", overlay)
    with TestClient(application(), base_url="http://localhost", raise_server_exceptions=False) as client:
        answer = client.get(f"/api/laws/completion?{SMALL}")
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_the_server_answers_with_what_is_laid(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(laws, "overlay", lambda run, count: tw.theory.Overlay([], {"a law": "a reason"}))
    with TestClient(application(), base_url="http://localhost") as client:
        told = client.get(f"/api/laws/completion?{SMALL}").json()
    assert told == {"lanes": [{"lane": "depth 2", "laid": [], "left_out": [{"law": "a law", "why": "a reason"}]}]}
