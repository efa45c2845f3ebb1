"""Parts of the library in a console and in a notebook: short, and without pages of numbers."""

import dataclasses
from html.parser import HTMLParser
from typing import Any

import jax
import numpy as np
import pytest

import thalweg as tw
from thalweg._shown import LONGEST, card, headed, line, table, words
from thalweg.exact.least_potential import least_potentials
from thalweg.studies.registry import study
from thalweg.theory import Assumption, Comparison, Conservation, Laid, Overlay

INPUTS = np.random.default_rng(0).normal(size=(5, 8))
ONES = np.ones(99)
RUN_OF_ONE = tw.LinearRegression.whitened([[1.0, 2.0]])
THINGS: dict[str, tuple[Any, str]] = {
    "completion": (tw.MatrixCompletion.random(shape=(60, 60), rank=1, observed=900, key=0), "shape=(60, 60), observed=900"),
    "sensing": (tw.MatrixSensing.random(shape=(4, 4), rank=1, measurements=10, key=0), "measurements=10, kind='dense'"),
    "regression": (tw.LinearRegression(INPUTS, INPUTS[:1]), "shape=(1, 5), rank=5, target=float64 (1, 5), floor="),
    "power": (tw.PowerRegression(INPUTS, INPUTS[:1], power=4), "inputs=float64 (5, 8), outputs=float64 (1, 8), power=4"),
    "classification": (tw.Classification(INPUTS, np.sign(INPUTS[0])), "features=5, samples=8, loss='exponential'"),
    "network": (tw.DeepLinear(depth=3, shape=(6, 4)), "DeepLinear(widths=(4, 4, 4, 6))"),
    "start": (tw.Gaussian(1e-3), "Gaussian(scale=0.001)"),
    "given": (tw.Given([np.eye(3), np.eye(3)]), "2 of float64 (3, 3)"),
    "flow": (tw.GradientFlow(), "rtol=1e-06"),
    "rule": (tw.LossBelow(1e-3) | tw.Steps(4), "LossBelow(threshold=0.001), Steps(count=4)"),
    "potential": (tw.potentials.DiagonalBias(3, 0.1), "DiagonalBias(scale=0.1, shape=1, depth=3)"),
    "solution": (tw.exact.least_l2(RUN_OF_ONE), "value="),
    "many solutions": (
        least_potentials(np.ones((4, 3, 1)), np.ones((4, 1)), [tw.potentials.Quadratic()]),
        "least potentials of 4",
    ),
    "study": (study("min-norm"), "<Study min-norm: "),
    "overlay": (Overlay([], {"a law": "not of this run"}), "<Overlay: 0 laws laid over the run, 1 left out>"),
    "regime": (tw.Regime(0.01, 0.02, 0.9999, 0.005, None, 1e-9, None, None), "score=0.01"),
    "path": (tw.theory.diagonal_flow(RUN_OF_ONE, depth=2, scale=1.0, times=[0.0, 1.0]), "predictor=float64 (2, 1, 2)"),
    "law": (
        Comparison(
            Conservation(),
            np.arange(99.0),
            Laid(ONES, ONES, ONES, 1e-8, "x"),
            [Assumption("fuss", 0.0, 1.0)],
        ),
        "<conservation of imbalance: residual 1.0e+00 along the path, allowed 1.0e-08: not kept>",
    ),
}


class Balanced(HTMLParser):
    """Refuses tags that are not closed in order."""

    def __init__(self, page: str):
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("name", THINGS)
def test_a_part_is_one_informative_line(name: str):
    thing, says = THINGS[name]
    shown = repr(thing)
    assert says in shown
    assert "\n" not in shown
    assert len(shown) < 400
    assert "array(" not in shown


@pytest.mark.parametrize("name", sorted(set(THINGS) - {"path"}))
def test_a_notebook_shows_a_part_as_well_formed_html(name: str):
    thing, _ = THINGS[name]
    page = Balanced(thing._repr_html_())
    assert len("".join(page.text)) > 10
    assert "array(" not in "".join(page.text)


def test_what_is_shown_is_escaped():
    @dataclasses.dataclass
    class Part:
        name: str

    assert "&lt;script&gt;" in card(Part("<script>"))
    assert "<script>" not in headed("<script>", sentence="<script>") + table(["<script>"], [("<script>", "<script>")])


def test_long_values_are_cut():
    assert len(words("a" * 1000)) == LONGEST
    assert words([1.0] * 20) == "20 values, the first 1"
    assert words((np.eye(2),)) == "(float64 (2, 2),)"
    assert words({"a": 0.5}) == "{a: 0.5}"


def test_parts_show_themselves_where_jax_takes_them_apart():
    problem = tw.MatrixCompletion(np.eye(3), allow_empty=True)
    hollow = jax.tree.map(lambda _: None, problem)
    assert "loss='mean of squares'" in repr(hollow) or "convention='mean of squares'" in repr(hollow)
    seen = []

    @jax.jit
    def inside(part: tw.GradientDescent) -> Any:
        seen.append(line(part))
        return part.learning_rate

    inside(tw.GradientDescent(0.1))
    assert seen[0].startswith("GradientDescent(learning_rate=float")


def test_tables_of_laws_and_regimes():
    laid = Laid(np.ones(9), np.ones(9), np.zeros(9), 1e-8, "x")
    frame = Overlay([Comparison(Conservation(), np.arange(9.0), laid, [])], {"a law": "why not"}).to_dataframe()
    assert frame.index.tolist() == ["conservation of imbalance", "a law"]
    assert frame.kept.tolist() == [True, None]
    assert frame.left_out.tolist() == ["", "why not"]
    assert tw.Regime(0.25, 0.02, 0.9, 0.005, None, 1e-9, None, None).to_dataframe().score.tolist() == [0.25]
