"""The share of a run that is done, and the bar that shows it."""

from types import SimpleNamespace
from typing import Any

import pytest

import thalweg as tw
from thalweg.trajectory.progress import share
from thalweg.trajectory.stop import AbstractStop
from trajectory.cases import path

HALF_WAY = SimpleNamespace(steps=50, gradients=40, time=3.0, loss=1e-2, seconds=1.0)


@pytest.mark.parametrize(
    ("until", "done"),
    [
        (tw.Steps(200), 0.25),
        (tw.Gradients(50), 0.8),
        (tw.Time(4.0), 0.75),
        (tw.LossBelow(1e-4), 0.5),  # two of four factors of ten
        (tw.LossBelow(1e-2), 1.0),
        (tw.LossBelow(2.0), 0.0),  # above the first loss: it does not tell
        (tw.Steady(1e-6), 0.0),
        (tw.Steps(200) | tw.Gradients(50) | tw.Steady(1e-6), 0.8),
    ],
    ids=str,
)
def test_the_share_comes_from_the_stopping_rule(until: AbstractStop, done: float):
    assert share(until, HALF_WAY, first_loss=1.0) == pytest.approx(done, abs=1e-12)


def test_the_bar_fills_and_never_goes_back(capsys: pytest.CaptureFixture[str]):
    until, seen = tw.Steps(5000), []
    with tw.ProgressBar(until) as bar:

        def report(progress) -> None:
            bar.report(progress)
            seen.append(bar.share)

        path(tw.GradientDescent(0.1), until, report=report)
    assert seen == sorted(seen)
    assert seen[-1] == bar.share == 1.0
    assert capsys.readouterr().out == ""  # it draws beside the output, not into it


def test_a_loss_that_rises_does_not_take_the_bar_back():
    bar = tw.ProgressBar(tw.LossBelow(1e-4))
    shares = []
    for loss in (1.0, 1e-2, 1e-1, float("inf"), 1e-5):
        progress: Any = SimpleNamespace(steps=1, gradients=1, time=1.0, loss=loss, seconds=0.0)
        bar.report(progress)
        shares.append(bar.share)
    assert shares == pytest.approx([0.0, 0.5, 0.5, 0.5, 1.0])
