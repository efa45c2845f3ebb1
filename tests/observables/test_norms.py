"""Norms and the effective rank against numpy, and at the edges."""

import numpy as np
import pytest

import thalweg as tw
from observables.cases import SHAPES, factors, objective
from trajectory.cases import product


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_norms(shape: tuple[int, int]):
    point, where = factors(shape), objective(shape)
    predictor = product(point)
    values = np.linalg.svd(predictor, compute_uv=False)
    assert float(tw.NuclearNorm()(where, point)) == pytest.approx(np.linalg.norm(predictor, "nuc"), rel=1e-13)
    assert float(tw.FrobeniusNorm()(where, point)) == pytest.approx(np.linalg.norm(predictor), rel=1e-13)
    assert float(tw.SchattenNorm(0.5)(where, point)) == pytest.approx(np.sum(values**0.5) ** 2, rel=1e-12)
    assert float(tw.SchattenNorm(2 / 3)(where, point)) == pytest.approx(np.sum(values ** (2 / 3)) ** 1.5, rel=1e-12)
    assert float(tw.SchattenNorm(1)(where, point)) == pytest.approx(float(tw.NuclearNorm()(where, point)), rel=1e-13)
    assert float(tw.SchattenNorm(2)(where, point)) == pytest.approx(float(tw.FrobeniusNorm()(where, point)), rel=1e-13)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_effective_rank_is_the_exponential_of_the_entropy(shape: tuple[int, int]):
    point = factors(shape)
    values = np.linalg.svd(product(point), compute_uv=False)
    share = values / values.sum()
    entropy = -np.sum(share * np.log(share))
    found = float(tw.EffectiveRank()(objective(shape), point))
    assert found == pytest.approx(np.exp(entropy), rel=1e-12)
    assert abs(found - 2 ** (entropy)) > 0.1  # the natural exponential of the natural logarithm, not of another base


@pytest.mark.parametrize(
    ("matrix", "rank"),
    [
        (np.zeros((3, 4)), 1.0),
        (np.outer([1.0, 2.0, 3.0], [1.0, 0.0, -1.0, 2.0]), 1.0),
        (np.eye(3, 4), 3.0),
        (np.diag([1.0, 1.0, 0.0]) @ np.eye(3, 4), 2.0),
        (1e-200 * np.eye(3, 4), 3.0),
    ],
    ids=["zero", "rank one", "all equal", "two equal", "tiny"],
)
def test_the_effective_rank_at_the_edges(matrix: np.ndarray, rank: float):
    where = objective((3, 4), depth=1)
    assert float(tw.EffectiveRank()(where, [matrix])) == pytest.approx(rank, abs=1e-12)
    # The norm of a zero matrix is zero; for an exponent below 1 too.
    assert float(tw.SchattenNorm(0.5)(where, [0 * matrix])) == 0.0


def test_names():
    observables = [tw.NuclearNorm(), tw.FrobeniusNorm(), tw.SchattenNorm(0.5), tw.EffectiveRank(), tw.Loss(), tw.Imbalance()]
    names = ["nuclear_norm", "frobenius_norm", "schatten_norm", "effective_rank", "loss", "imbalance"]
    assert [observable.name for observable in observables] == names
    assert {observable.dims for observable in observables} == {()}


@pytest.mark.parametrize("p", [0.0, -1.0, np.inf])
def test_a_bad_exponent_is_refused(p: float):
    with pytest.raises(ValueError, match="p must be"):
        tw.SchattenNorm(p)
