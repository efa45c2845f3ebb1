"""Errors against the target and on held-out entries, against numpy."""

import numpy as np
import pytest

import thalweg as tw
from observables.cases import SHAPES, factors, objective
from trajectory.cases import product


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_errors_over_all_and_over_unobserved_entries(shape: tuple[int, int]):
    where, point = objective(shape), factors(shape)
    assert isinstance(where.problem, tw.MatrixCompletion)
    squares = (product(point) - np.asarray(where.problem.target)) ** 2
    unseen = np.isnan(where.problem.observed)
    assert float(tw.ReconstructionError()(where, point)) == pytest.approx(np.mean(squares), rel=1e-13)
    assert float(tw.ReconstructionError("unobserved")(where, point)) == pytest.approx(np.mean(squares[unseen]), rel=1e-13)
    names = [tw.ReconstructionError(over).name for over in ("all", "unobserved")]
    assert names == ["reconstruction_error", "unobserved_error"]


def test_the_published_measure_is_relative_because_the_target_has_mean_square_one():
    where = objective((4, 4))
    zeros = [np.zeros(size) for size in where.parametrization.shapes]  # pyright: ignore[reportAttributeAccessIssue]
    assert float(tw.ReconstructionError()(where, zeros)) == pytest.approx(1.0, abs=1e-14)


def test_the_error_of_a_held_out_table():
    where, point = objective((3, 5)), factors((3, 5))
    rows, columns, values = [0, 2, 2], [4, 0, 3], [1.0, -2.0, 0.5]
    found = float(tw.HeldOutError(rows, columns, values)(where, point))
    assert found == pytest.approx(np.mean((product(point)[rows, columns] - values) ** 2), rel=1e-13)
    assert tw.HeldOutError(rows, columns, values).name == "held_out_error"


def test_another_word_is_refused():
    with pytest.raises(ValueError, match="over must be 'all' or 'unobserved', got 'test'"):
        tw.ReconstructionError("test")


@pytest.mark.parametrize(
    ("problem", "over", "message"),
    [
        (tw.MatrixCompletion([[1.0, np.nan], [1.0, 1.0]]), "all", "a problem whose target is known; pass target="),
        (tw.MatrixCompletion(np.eye(2), target=np.eye(2)), "unobserved", "every entry is observed.*use over='all'"),
        (
            tw.MatrixSensing.random(shape=(2, 2), rank=1, measurements=3, key=0),
            "unobserved",
            "MatrixSensing has no observed entries to leave out; use over='all'",
        ),
    ],
)
def test_a_problem_without_what_it_takes_is_refused(problem: tw.MatrixCompletion, over: str, message: str):
    with pytest.raises(ValueError, match=message):
        tw.follow(
            problem,
            tw.DeepLinear(depth=1, shape=(2, 2)),
            tw.Identity(1.0),
            tw.GradientDescent(0.1),
            record=[tw.ReconstructionError(over)],
            until=tw.Steps(1),
            key=0,
        )


@pytest.mark.parametrize(
    ("rows", "columns", "values", "error", "message"),
    [
        ([0], [0, 1], [1.0], ValueError, r"equally long lists of at least one entry, got \(1,\), \(2,\) and \(1,\)"),
        ([], [], [], ValueError, "at least one entry"),
        ([0.5], [0], [1.0], TypeError, "rows must be a list of whole numbers, got an array of float64"),
        ([0], [0.0], [1.0], TypeError, "columns must be a list of whole numbers, got an array of float64"),
        ([0], [0], [np.nan], ValueError, "values must be finite: a held-out entry has to be known"),
        ([0], [0], ["one"], TypeError, "values must be an array of real numbers"),
    ],
)
def test_bad_entries_are_refused(rows: object, columns: object, values: object, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        tw.HeldOutError(rows, columns, values)


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        ([0, 3], [0, 0], r"rows of HeldOutError must lie in 0\.\.2, got 0\.\.3"),
        ([0, 1], [0, -1], r"columns of HeldOutError must lie in 0\.\.4, got -1\.\.0"),
    ],
)
def test_entries_outside_the_predictor_are_refused_when_a_run_starts(rows: list[int], columns: list[int], message: str):
    where = objective((3, 5))
    with pytest.raises(ValueError, match=message):
        tw.follow(
            where.problem,
            where.parametrization,
            tw.Gaussian(0.1),
            tw.GradientDescent(0.1),
            record=[tw.HeldOutError(rows, columns, [1.0, 1.0])],
            until=tw.Steps(1),
            key=0,
        )
