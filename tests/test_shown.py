"""Parts of the library in a console and in a notebook: short, and without pages of numbers."""

import dataclasses
from html.parser import HTMLParser
from typing import Any

import equinox as eqx
import jax
import numpy as np
import pytest
import xarray as xr

import thalweg as tw
from thalweg._names import PUBLIC
from thalweg._shown import LONGEST, card, headed, line, table, words
from thalweg.drawing import plot
from thalweg.drawing.plot import Line, Panel, Plot
from thalweg.exact.least_potential import least_potentials
from thalweg.studies import claim, evidence
from thalweg.studies import study as study_
from thalweg.studies.evidence import Evidence, Result
from thalweg.studies.registry import study
from thalweg.studies.study import Case
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
    "claim": (study("min-norm").claims(study("min-norm").quick)[0], "grade='"),
    "evidence": (Evidence([Result({"depth": 2}, 0, {"error": 0.5}, xr.Dataset)]), "results=1, seeds=[0], over=['depth']"),
    "case": (Case({"depth": 2}, 0), "Case(coordinates={depth: 2}, seed=0)"),
    "outcome": (tw.Outcome("reached", "it is <there>", 3, 0.5, 4, 1e-9), "kind='reached'"),
    "model": (tw.Model(np.dot, INPUTS), "Model(function=dot, inputs=float64 (5, 8), outputs=1"),
    "module": (tw.Model.of_module(eqx.nn.MLP(8, 1, 4, 2, key=jax.random.key(0)), INPUTS)[0], "Model(function=MLP, "),
    "degree": (tw.Homogeneity(3.0, 0.0, True, ()), "degree=3"),
    "soft": (tw.exact.soft_impute(np.eye(9), 0.5), "singular=float64 (9,)"),
    "nuclear": (tw.exact.nuclear_norm(tw.MatrixCompletion(np.eye(3))), "NuclearNormSolution(value=3"),
    "prediction": (Conservation(), "<Conservation: conservation of imbalance>"),
    "plot": (Plot("a", "A", "All.", [Panel("p", "x", "y", [Line(ONES, ONES)])]), "x=float64 (99,)"),
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


def public() -> list[type]:
    """Every public class that is a dataclass, or a part of a run."""
    found = [getattr(tw, name) for name in PUBLIC]
    found += [getattr(room, name) for room in (tw.theory, tw.exact, tw.potentials) for name in room.__all__]
    found += [getattr(module, name) for module in (claim, evidence, study_, plot) for name in vars(module)]
    return [
        kind
        for kind in found
        if isinstance(kind, type) and kind.__module__.startswith("thalweg.") and dataclasses.is_dataclass(kind)
    ]


def test_every_public_part_shows_itself():
    kinds = public()
    assert len(kinds) > 90
    small = {"Rule", "Cell", "Source"}  # of a few words each
    assert [kind.__name__ for kind in kinds if not hasattr(kind, "_repr_html_") and kind.__name__ not in small] == []
    made = [kind for kind in kinds if getattr(kind.__repr__, "__wrapped__", None) is not None]  # by `dataclass`: all of an array
    assert {kind.__name__ for kind in made} <= small


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
    assert words({number: number for number in range(1000)}) == "1000 values, of 0 and others"
    assert words([[np.eye(2)] * 2] * 30) == "30 of 2 of float64 (2, 2)"
    assert words(xr.Dataset({"loss": ("record", [1.0])})) == "Dataset of loss"
    assert words(np.bool_(True)) == "True"
    assert words(jax.random.key(0)) == "key<fry> ()"
    gone = jax.numpy.ones(())
    gone.delete()
    assert words(gone) == f"{gone.dtype} ()"


def test_parts_show_themselves_where_jax_takes_them_apart():
    problem = tw.MatrixCompletion(np.eye(3), allow_empty=True)
    hollow = jax.tree.map(lambda _: None, problem)
    assert "loss='mean of squares'" in repr(hollow) or "convention='mean of squares'" in repr(hollow)
    seen = []

    def inside(part: tw.GradientDescent) -> Any:
        seen.append(line(part))
        return part.learning_rate

    descent = tw.GradientDescent(0.1)
    jax.jit(inside)(descent)
    jax.vmap(inside)(jax.tree.map(lambda number: np.stack([number, number]), descent))
    jax.grad(inside)(descent)
    assert all(told.startswith("GradientDescent(learning_rate=float") for told in seen[:2])
    assert len(seen) == 3


@pytest.mark.parametrize("name", ["completion", "sensing", "regression", "power", "classification", "module", "flow", "given"])
def test_whatever_stands_in_the_places_of_numbers_is_shown(name: str):
    part, _ = THINGS[name]
    stacked = jax.tree.map(lambda leaf: np.stack([leaf, leaf]), part)
    summed = jax.tree.map(np.sum, part)
    shapes = jax.eval_shape(lambda same: same, part)
    anything = jax.tree.map(lambda _: object(), part)
    begun = object.__new__(type(part))  # as it shows itself in an error of its `__init__`
    for like in (stacked, summed, shapes, anything, begun):
        assert repr(like).startswith(f"{type(part).__name__}(")
        assert "\n" not in repr(like)
        Balanced(like._repr_html_())


def test_the_printer_of_equinox_shows_all_of_a_part():
    told = eqx.tree_pformat(tw.MatrixCompletion.random(shape=(4, 4), rank=1, observed=9, key=0))
    assert "values=f64[9]" in told
    assert "\n" in told


def test_tables_of_laws_and_regimes():
    laid = Laid(np.ones(9), np.ones(9), np.zeros(9), 1e-8, "x")
    frame = Overlay([Comparison(Conservation(), np.arange(9.0), laid, [])], {"a law": "why not"}).to_dataframe()
    assert frame.index.tolist() == ["conservation of imbalance", "a law"]
    assert frame.kept.tolist() == [True, None]
    assert frame.left_out.tolist() == ["", "why not"]
    assert tw.Regime(0.25, 0.02, 0.9, 0.005, None, 1e-9, None, None).to_dataframe().score.tolist() == [0.25]
