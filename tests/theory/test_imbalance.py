"""What the flow conserves, and what a step of descent adds: by hand, by autodiff, and by wrong variants that fail."""

import itertools

import jax
import numpy as np
import pytest

import thalweg as tw
from thalweg.theory import Conservation, DoesNotApply, ImbalanceDrift, compare, imbalances
from thalweg.theory.imbalance import balanced_probability, drift, gaussian_imbalance
from theory.points_at import balanced, points_at, regression

SHAPE = (3, 5)
PROBLEM = regression(SHAPE)
NETWORK = tw.DeepLinear(depth=4, shape=SHAPE, hidden=[4, 6, 3])
FACTORS = [list(tw.Gaussian(2.0).sample(NETWORK, key=key)) for key in range(3)]


def slopes(factors: list[np.ndarray]) -> list[np.ndarray]:
    """Gradients in the factors by reverse differentiation of the loss of their product."""

    def loss(inner):
        product = inner[0]
        for factor in inner[1:]:
            product = factor @ product
        return PROBLEM.loss(product)

    return [np.asarray(g) for g in jax.grad(loss)(factors)]


def test_a_step_of_descent_drifts_by_the_second_order_term_alone():
    for factors in FACTORS:
        found = slopes(factors)
        for rate in (1e-3, 0.1, 3.0):
            after = [w - rate * g for w, g in zip(factors, found, strict=True)]
            size = max(np.sum(w**2) for w in [*factors, *after])
            change = [b - a for a, b in zip(imbalances(factors), imbalances(after), strict=True)]
            law = drift(found, rate)
            assert max(np.abs(c - d).max() for c, d in zip(change, law, strict=True)) < 1e-14 * size
            plus = [rate**2 * (b.T @ b + a @ a.T) for a, b in itertools.pairwise(found)]
            assert max(np.abs(c - d).max() for c, d in zip(change, plus, strict=True)) > 1e-10 * size


def test_what_is_of_first_order_cancels_between_neighbours():
    found, factors = slopes(FACTORS[0]), FACTORS[0]
    for j in range(3):
        np.testing.assert_allclose(factors[j + 1].T @ found[j + 1], found[j] @ factors[j].T, atol=1e-12)


def test_the_drift_by_hand():
    by_hand = drift([np.array([[1.0, 2.0]]), np.array([[3.0]]), np.array([[1.0], [1.0]])], 0.1)
    np.testing.assert_allclose(by_hand[0], [[0.01 * (9 - 5)]])
    np.testing.assert_allclose(by_hand[1], [[0.01 * (2 - 9)]])
    assert drift([np.eye(2)], 0.1) == []


def test_the_law_holds_of_real_steps_and_not_of_factors_moved_in_turn(monkeypatch: pytest.MonkeyPatch):
    algorithm = tw.GradientDescent(0.05)
    found = compare(ImbalanceDrift(), points_at(PROBLEM, NETWORK, algorithm, FACTORS))
    assert found.worst < 1e-14
    assert found.holds
    assert found.tests
    assert found.laid.measured.shape == (3, 3)
    np.testing.assert_allclose(found.laid.predicted, found.laid.measured, atol=1e-12)

    def in_turn(path):
        moved = []
        for factors in path.factors:
            now = list(factors)
            for j in range(len(now)):
                now[j] = now[j] - 0.05 * slopes(now)[j]
            moved.append(now)
        return moved

    monkeypatch.setattr("thalweg.theory.imbalance.one_step", in_turn)
    assert not compare(ImbalanceDrift(), points_at(PROBLEM, NETWORK, algorithm, FACTORS)).holds


def test_laws_say_where_they_do_not_apply():
    single, one = balanced(SHAPE, 1)
    with pytest.raises(DoesNotApply, match="this run is of GradientFlow"):
        compare(ImbalanceDrift(), points_at(PROBLEM, NETWORK, tw.GradientFlow(1e-9), FACTORS))
    with pytest.raises(DoesNotApply, match="a single factor"):
        compare(ImbalanceDrift(), points_at(PROBLEM, single, tw.GradientDescent(0.1), one))
    with pytest.raises(DoesNotApply, match="moves in finite steps"):
        compare(Conservation(), points_at(PROBLEM, NETWORK, tw.GradientDescent(0.1), FACTORS))
    with pytest.raises(DoesNotApply, match="a single factor"):
        compare(Conservation(), points_at(PROBLEM, single, tw.GradientFlow(1e-9), one))


def test_conservation_measures_how_far_the_imbalance_went():
    first = FACTORS[0]
    moved = [first[0], first[1] + 1e-3, *first[2:]]
    found = compare(Conservation(), points_at(PROBLEM, NETWORK, tw.GradientFlow(1e-9), [first, first, moved]))
    gaps = [np.linalg.norm(b - a) for a, b in zip(imbalances(first), imbalances(moved), strict=True)]
    size = max(np.sum(w**2) for w in [*first, *moved])
    assert found.residual[:2].tolist() == [0.0, 0.0]
    assert found.residual[2] == pytest.approx(max(gaps) / size, rel=1e-9)
    assert not found.holds


def test_the_mean_imbalance_of_gaussian_factors_and_the_bound_on_it():
    widths, std, rng = (6, 9, 4, 7), 0.5, np.random.default_rng(0)
    found = []
    for _ in range(4000):
        factors = [std * rng.normal(size=(after, before)) for before, after in itertools.pairwise(widths)]
        found.append([np.sum(d**2) for d in imbalances(factors)])
    np.testing.assert_allclose(np.mean(found, axis=0), gaussian_imbalance(widths, std), rtol=0.03)
    sizes = np.sqrt(np.max(found, axis=1))
    for delta in (60.0, 90.0):
        assert 0 < balanced_probability(delta, widths, std) <= np.mean(sizes <= delta)
    assert balanced_probability(1.0, widths, std) == 0.0
    with pytest.raises(ValueError, match="delta must be positive"):
        balanced_probability(0.0, widths, std)
