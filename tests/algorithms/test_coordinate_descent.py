"""Boosting: AdaBoost against the textbook, searches against scipy, conditions of Wolfe, and what is refused."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

import thalweg as tw
from algorithms.rows import path, rows

RNG = np.random.default_rng(0)
ENTRIES = np.sign(RNG.normal(size=(6, 9)) + 0.3)
SOFT = RNG.uniform(-1, 1, size=(6, 9)) + 0.1
SOFT = SOFT / np.abs(SOFT).max()
ZERO = np.zeros((1, 6))


def problem(entries: np.ndarray = SOFT, loss: str = "exponential") -> tw.Classification:
    return tw.Classification(entries, np.ones(entries.shape[1]), loss=loss, logarithm=True)


def weights(row: np.ndarray, entries: np.ndarray, loss: str) -> np.ndarray:
    margins = row @ entries
    found = np.exp(-margins) if loss == "exponential" else 1 / (1 + np.exp(margins))
    return found / found.sum()


def total(row: np.ndarray, entries: np.ndarray, loss: str) -> float:
    margins = row @ entries
    return float(np.mean(np.exp(-margins) if loss == "exponential" else np.log1p(np.exp(-margins))))


def chosen(row: np.ndarray, entries: np.ndarray, loss: str) -> tuple[int, float, float]:
    edges = entries @ weights(row, entries, loss)
    j = int(np.argmax(np.abs(edges)))
    return j, float(np.sign(edges[j])), float(np.abs(edges[j]))


def slope(row: np.ndarray, unit: np.ndarray, loss: str, small: float = 1e-6) -> float:
    return (total(row + small * unit, SOFT, loss) - total(row - small * unit, SOFT, loss)) / (2 * small)


def steps(run: tw.Trajectory, entries: np.ndarray, loss: str) -> list[tuple[np.ndarray, int, float, float, float]]:
    """Each step: from where, along what coordinate with what sign, its edge, and how far."""
    found = []
    for before, after in zip(rows(run)[:-1], rows(run)[1:], strict=True):
        j, sign, edge = chosen(before, entries, loss)
        moved = np.flatnonzero(after - before)
        assert moved.tolist() == [j]
        found.append((before, j, sign, edge, float(sign * (after - before)[j])))
    return found


def test_adaboost_is_that_of_the_textbook():
    """Samples reweighed by exp(-+ alpha) and normalized, weak learners by their weighted error."""
    run = path(tw.CoordinateDescent("adaboost"), 12, start=ZERO, problem=problem(ENTRIES))
    p, row = np.full(9, 1 / 9), np.zeros(6)
    for step in range(1, 13):
        errors = (p * (ENTRIES < 0)).sum(axis=1)
        j = int(np.argmax(np.abs(0.5 - errors)))
        alpha = 0.5 * np.log((1 - errors[j]) / errors[j])
        row[j] += alpha
        p = p * np.exp(-alpha * ENTRIES[j])
        p = p / p.sum()
        np.testing.assert_allclose(rows(run)[step], row, rtol=1e-11)
        assert p @ ENTRIES[j] == pytest.approx(0.0, abs=1e-13)


@pytest.mark.parametrize("loss", ["exponential", "logistic"])
@pytest.mark.parametrize("shrinkage", [1.0, 0.3])
def test_closed_forms(loss: str, shrinkage: float):
    laws: dict[str, Any] = {"adaboost": lambda g: 0.5 * np.log((1 + g) / (1 - g)), "quadratic": lambda g: g}
    for name, law in laws.items():
        run = path(tw.CoordinateDescent(name, shrinkage), 8, start=ZERO, problem=problem(loss=loss))
        made = steps(run, SOFT, loss)
        for *_, edge, length in made:
            assert length == pytest.approx(shrinkage * law(edge), rel=1e-12)
        assert run.outcome.time == pytest.approx(sum(step[-1] for step in made))


@pytest.mark.parametrize("loss", ["exponential", "logistic"])
def test_the_search_finds_the_least(loss: str):
    for shrinkage in (1.0, 0.5):
        run = path(tw.CoordinateDescent("line search", shrinkage), 6, start=ZERO, problem=problem(loss=loss))
        for row, j, sign, _, length in steps(run, SOFT, loss):
            unit = sign * np.eye(6)[j]
            best: Any = minimize_scalar(lambda a: total(row + a * unit, SOFT, loss), bracket=(0, 1), tol=1e-10)  # noqa: B023
            assert length == pytest.approx(shrinkage * best.x, rel=1e-5)


def test_with_entries_of_one_size_the_search_is_adaboost():
    ours = rows(path(tw.CoordinateDescent("line search"), 12, start=ZERO, problem=problem(ENTRIES)))
    np.testing.assert_allclose(
        ours, rows(path(tw.CoordinateDescent("adaboost"), 12, start=ZERO, problem=problem(ENTRIES))), rtol=1e-9
    )


@pytest.mark.parametrize("loss", ["exponential", "logistic"])
@pytest.mark.parametrize("shrinkage", [1.0, 0.25])
def test_steps_of_wolfe_meet_both_conditions(loss: str, shrinkage: float):
    run = path(tw.CoordinateDescent("wolfe", shrinkage), 10, start=ZERO, problem=problem(loss=loss))
    for row, j, sign, _, length in steps(run, SOFT, loss):
        unit = sign * np.eye(6)[j]
        slopes = [slope(row + a * unit, unit, loss) for a in (0.0, length)]
        fall = total(row + length * unit, SOFT, loss) - total(row, SOFT, loss)
        assert fall <= (1 - shrinkage / 2) * length * slopes[0] + 1e-9
        assert slopes[1] >= (1 - shrinkage / 4) * slopes[0] - 1e-9


def test_margins_far_beyond_the_range_of_numbers_do_no_harm():
    run = path(tw.CoordinateDescent("adaboost"), 5, start=np.full((1, 6), 1e4), problem=problem(ENTRIES))
    shifted = rows(run)[1:] - rows(run)[:-1]
    assert np.isfinite(rows(run)).all()
    assert (np.count_nonzero(shifted, axis=1) == 1).all()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("greedy",), ValueError, r"step must be one of 'adaboost', 'quadratic', 'line search', 'wolfe'; got 'greedy'"),
        (("adaboost", 0.0), ValueError, "shrinkage must be greater than 0"),
        (("adaboost", 1.5), ValueError, "shrinkage must be at most 1, a full step; got 1.5"),
        (("adaboost", None), (TypeError, ValueError), "shrinkage"),
    ],
)
def test_bad_settings_are_refused(arguments: Any, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        tw.CoordinateDescent(*arguments)


@pytest.mark.parametrize(
    ("step", "entries", "message"),
    [
        ("quadratic", 2 * ENTRIES, r"entries must be in \[-1, 1\] for these steps, the largest is 2: divide"),
        ("adaboost", np.vstack([ENTRIES, np.ones(9)]), "coordinate 6 alone classifies every sample"),
        ("line search", np.vstack([ENTRIES, -np.linspace(0.1, 1, 9)]), "coordinate 6 alone classifies every sample"),
    ],
)
def test_data_without_such_steps_are_refused(step: str, entries: np.ndarray, message: str):
    with pytest.raises(ValueError, match=message):
        path(tw.CoordinateDescent(step), start=np.zeros((1, len(entries))), problem=problem(entries))


def test_a_coordinate_that_is_right_alone_is_no_trouble_to_bounded_steps():
    entries = np.vstack([ENTRIES, np.ones(9)])
    for step in ("quadratic", "wolfe"):
        run = path(tw.CoordinateDescent(step), start=np.zeros((1, 7)), problem=problem(entries))
        assert run.outcome.kind == "reached"
        assert rows(run)[-1, 6] > 1


def test_other_problems_and_parameters_are_refused():
    with pytest.raises(ValueError, match=r"of tw.Classification, not of LinearRegression; see tw.SteepestDescent"):
        path(tw.CoordinateDescent())
    with pytest.raises(ValueError, match=r"one row of coefficients.*Diagonal: take tw.DeepLinear\(depth=1, shape=\(1, 6\)\)"):
        tw.follow(problem(), tw.Diagonal(size=6), tw.Constant(1.0), tw.CoordinateDescent(), until=tw.Steps(1), key=0)
