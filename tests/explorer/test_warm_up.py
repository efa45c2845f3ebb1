"""Programs are compiled before anyone asks for them; who asks meanwhile for the same waits, and nobody else does."""

import threading
from typing import Any

import pytest

from thalweg.explorer import warm_up
from thalweg.explorer.experiments.registry import EXPERIMENTS
from thalweg.explorer.knobs import read
from thalweg.explorer.warm_up import WarmUp

COMPLETION, KERNEL = EXPERIMENTS["completion"], EXPERIMENTS["kernel"]


def values(experiment: Any, **asked: str) -> dict[str, Any]:
    """The values of its knobs."""
    return read(experiment.knobs, asked)


class Waiting:
    """A thread that waits for programs."""

    def __init__(self, warm: WarmUp, experiment: Any, asked: dict[str, Any]):
        self.given_up = False
        words = (experiment, asked, lambda: self.given_up)
        self.thread = threading.Thread(target=warm.wait, args=words, daemon=True)
        self.thread.start()

    def goes_on(self) -> bool:
        """Whether it waits no longer, before long."""
        self.thread.join(60)
        return not self.thread.is_alive()


@pytest.fixture
def compiling(monkeypatch: pytest.MonkeyPatch):
    """A warm-up that is at the first experiment until it is let go, and what it has followed."""
    warm, begun, over, followed = WarmUp(), threading.Event(), threading.Event(), []

    def follow(report: Any, pace: float, **words: Any) -> None:
        followed.append((type(words["problem"]).__name__, pace))
        begun.set()
        assert over.wait(180)
        report(None)
        raise AssertionError("the report ends it")

    monkeypatch.setattr(warm_up, "follow", follow)
    thread = threading.Thread(target=warm.go, args=([COMPLETION, KERNEL], 0.5), daemon=True)
    thread.start()
    assert begun.wait(180)
    yield warm, over, thread, followed
    over.set()
    thread.join(180)
    assert not thread.is_alive()


def test_who_asks_for_the_same_waits_until_it_is_there(compiling: Any):
    warm, over, thread, followed = compiling
    same = [Waiting(warm, COMPLETION, values(COMPLETION)), Waiting(warm, COMPLETION, values(COMPLETION, seed="7"))]
    assert all(one.thread.is_alive() for one in same)
    over.set()
    assert all(one.goes_on() for one in same)
    thread.join(180)
    assert followed == [("MatrixCompletion", 0.5), ("LinearRegression", 0.5)]
    assert Waiting(warm, COMPLETION, values(COMPLETION)).goes_on()


def test_who_asks_for_something_else_does_not_wait(compiling: Any):
    warm, _, thread, _ = compiling
    assert Waiting(warm, COMPLETION, values(COMPLETION, depth="2")).goes_on()
    assert Waiting(warm, KERNEL, values(KERNEL)).goes_on()
    assert thread.is_alive()


def test_who_goes_does_not_wait_on(compiling: Any):
    warm, _, thread, _ = compiling
    one = Waiting(warm, COMPLETION, values(COMPLETION))
    one.given_up = True
    assert one.goes_on()
    assert thread.is_alive()


def test_nothing_is_waited_for_after_a_failure(monkeypatch: pytest.MonkeyPatch):
    def follow(**words: Any) -> None:
        raise OSError("no memory")

    monkeypatch.setattr(warm_up, "follow", follow)
    warm = WarmUp()
    with pytest.raises(OSError, match="no memory"):
        warm.go([COMPLETION], 0.5)
    assert Waiting(warm, COMPLETION, values(COMPLETION)).goes_on()
