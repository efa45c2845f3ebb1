"""Matrix completion: its loss and gradient, its random instances, and what it refuses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import thalweg as tw
from thalweg._seeds import stream
from thalweg.problems.conventions import CONVENTIONS
from trajectory.cases import loss_of

NAN = np.nan
SHAPES = {"square": (4, 4), "wide": (3, 6), "tall": (6, 3)}


def instance(shape: tuple[int, int], loss: str = "mean of squares") -> tw.MatrixCompletion:
    return tw.MatrixCompletion.random(shape=shape, rank=2, observed=11, key=4, loss=loss)


@pytest.mark.parametrize("loss", CONVENTIONS)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_gradient_is_that_of_the_loss(shape: tuple[int, int], loss: str):
    problem = instance(shape, loss)
    rng = np.random.default_rng(0)
    point, direction = jnp.asarray(rng.normal(size=shape)), rng.normal(size=shape)
    value, gradient = problem.loss_and_gradient(point)
    assert float(value) == pytest.approx(float(problem.loss(point)), rel=1e-14)
    np.testing.assert_allclose(gradient, jax.grad(problem.loss)(point), rtol=0, atol=1e-14 * np.abs(gradient).max())
    # The loss is quadratic, so that a central difference has no error but rounding, whatever its width.
    quotient = (float(problem.loss(point + direction)) - float(problem.loss(point - direction))) / 2
    assert quotient == pytest.approx(float(np.sum(np.asarray(gradient) * direction)), rel=1e-12)


def test_the_loss_is_the_mean_of_squares_over_seen_entries_without_a_half():
    problem = tw.MatrixCompletion([[1.0, NAN, 2.0], [NAN, -3.0, NAN]])
    point = jnp.array([[0.5, 9.0, 1.0], [9.0, 1.0, 9.0]])
    assert float(problem.loss(point)) == (0.25 + 1.0 + 16.0) / 3
    np.testing.assert_array_equal(problem.loss_and_gradient(point)[1], np.array([[-1 / 3, 0, -2 / 3], [0, 8 / 3, 0]]))


def test_entries_and_matrix_are_the_same_problem():
    matrix = np.array([[1.0, NAN, 3.0], [NAN, 5.0, 6.0]])
    target = np.nan_to_num(matrix, nan=7.0)
    order = np.array([3, 0, 2, 1])
    rows, columns = np.nonzero(~np.isnan(matrix))
    given = tw.MatrixCompletion(matrix, target=target, loss="half sum of squares")
    built = tw.MatrixCompletion.from_entries(
        rows[order], columns[order], matrix[rows, columns][order], shape=(2, 3), target=target, loss="half sum of squares"
    )
    assert jax.tree.structure(given) == jax.tree.structure(built)
    for one, other in zip(jax.tree.leaves(given), jax.tree.leaves(built), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(built.observed, matrix)
    assert built.shape == (2, 3)
    assert built.count == 4


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_random_instance_is_as_published(shape: tuple[int, int]):
    problem = instance(shape)
    target, seen = np.asarray(problem.target), ~np.isnan(problem.observed)
    assert np.mean(target**2) == pytest.approx(1.0, abs=1e-14)
    assert np.linalg.matrix_rank(target) == 2
    assert seen.sum() == problem.count == 11
    assert len(set(zip(problem.rows.tolist(), problem.columns.tolist(), strict=True))) == 11
    np.testing.assert_array_equal(problem.observed[seen], target[seen])
    assert problem.known["least loss"] == 0.0
    np.testing.assert_array_equal(problem.known["minimiser"], target)
    assert loss_of(problem, target) == 0.0


def test_the_spectrum_of_the_target_is_exactly_as_given():
    spectrum = [5.0, 2.0, 0.01]
    problem = tw.MatrixCompletion.random(shape=(7, 9), rank=3, observed=30, key=0, spectrum=spectrum)
    values = np.linalg.svd(np.asarray(problem.target), compute_uv=False)
    np.testing.assert_allclose(values, [*spectrum, 0, 0, 0, 0], rtol=0, atol=1e-14)


def test_a_key_stands_for_one_instance():
    again, other = instance((3, 6)), tw.MatrixCompletion.random(shape=(3, 6), rank=2, observed=11, key=5)
    np.testing.assert_array_equal(again.observed, instance((3, 6)).observed)
    assert not np.array_equal(np.asarray(other.target), np.asarray(again.target))
    assert not np.array_equal(other.rows * 6 + other.columns, again.rows * 6 + again.columns)
    for key in (np.int64(4), [4]):
        same = tw.MatrixCompletion.random(shape=(3, 6), rank=2, observed=11, key=key)
        np.testing.assert_array_equal(same.observed, again.observed)
    jax_key = [tw.MatrixCompletion.random(shape=(3, 6), rank=2, observed=11, key=jax.random.key(4)) for _ in range(2)]
    np.testing.assert_array_equal(jax_key[0].observed, jax_key[1].observed)


def test_data_and_start_draw_from_separate_streams():
    network = tw.DeepLinear(depth=1, shape=(12, 12))
    problem = tw.MatrixCompletion.random(shape=(12, 12), rank=12, observed=9, key=7)
    start = np.ravel(tw.Gaussian(1.0).sample(network, key=7)[0])
    draws = {role: stream(7, role).normal(size=144) for role in ("data", "start", "noise")}
    # Uncorrelated within 4/12 with the target, and with the draws that the target was made of.
    assert abs(np.corrcoef(start, np.ravel(np.asarray(problem.target)))[0, 1]) < 4 / 12
    assert np.abs(np.corrcoef(list(draws.values())) - np.eye(3)).max() < 4 / 12
    assert np.corrcoef(start, draws["start"])[0, 1] == pytest.approx(1.0, abs=1e-14)


def test_positions_are_uniform_without_replacement():
    counts = np.zeros((3, 4))
    for key in range(300):
        counts += ~np.isnan(tw.MatrixCompletion.random(shape=(3, 4), rank=1, observed=5, key=key).observed)
    deviation = np.sqrt(300 * (5 / 12) * (7 / 12))
    assert counts.sum() == 1500
    assert np.abs(counts - 125).max() < 4 * deviation


def test_a_target_that_does_not_fit_is_no_known_minimiser():
    assert tw.MatrixCompletion([[1.0, 2.0]], target=[[1.0, 3.0]]).known == {}
    assert tw.MatrixCompletion([[1.0, 2.0]]).known == {}


def test_empty_rows_are_accepted_when_asked_for():
    problem = tw.MatrixCompletion([[1.0, 2.0], [NAN, NAN]], allow_empty=True)
    assert problem.count == 2


BAD_MATRICES = {
    "all NaN": (np.full((3, 3), NAN), ValueError, "observed has no seen entry: every one is NaN"),
    "infinite": ([[1, np.inf], [2, NAN]], ValueError, r"observed has an infinite entry at \(0, 1\)"),
    "minus infinity": ([[1, 2], [-np.inf, 3]], ValueError, r"infinite entry at \(1, 0\); write NaN"),
    "empty row": ([[1, 2], [NAN, NAN]], ValueError, r"1 row without a seen entry \(row 1\).*allow_empty=True"),
    "empty columns": ([[1, NAN, NAN], [2, NAN, NAN]], ValueError, r"2 columns without a seen entry \(column 1, 2\)"),
    "a list": ([1.0, 2.0], ValueError, r"observed must be a matrix .*got shape \(2,\)"),
    "three axes": (np.ones((2, 2, 2)), ValueError, r"observed must be a matrix .*\(2, 2, 2\)"),
    "no rows": (np.ones((0, 3)), ValueError, r"at least one row and one column, got shape \(0, 3\)"),
    "text": ([["1", "2"]], TypeError, "observed must be an array of real numbers, got a list"),
    "ragged": ([[1.0, 2.0], [3.0]], TypeError, "observed must be an array of real numbers"),
    "complex": (np.array([[1j]]), TypeError, "observed must be an array of real numbers, got a ndarray"),
    "nothing": (None, ValueError, "observed must be a matrix"),
}


@pytest.mark.parametrize("case", BAD_MATRICES)
def test_a_bad_matrix_is_refused(case: str):
    matrix, error, message = BAD_MATRICES[case]
    with pytest.raises(error, match=message):
        tw.MatrixCompletion(matrix)


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        (np.ones((2, 3)), ValueError, r"target has shape \(2, 3\), observed has \(2, 2\)"),
        ([[1.0, NAN], [1.0, 1.0]], ValueError, "target must be finite everywhere; leave it out"),
        ("matrix", TypeError, "target must be an array of real numbers, got a str"),
    ],
)
def test_a_bad_target_is_refused(target: object, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        tw.MatrixCompletion(np.eye(2), target=target)


@pytest.mark.parametrize(
    ("rows", "columns", "values", "error", "message"),
    [
        ([0, 2], [0, 1], [1.0, 2.0], ValueError, r"rows must lie in 0\.\.1, got 0\.\.2"),
        ([0, 1], [-1, 1], [1.0, 2.0], ValueError, r"columns must lie in 0\.\.1, got -1\.\.1"),
        ([0.0, 1.0], [0, 1], [1.0, 2.0], TypeError, "rows must be a list of whole numbers, got an array of float64"),
        ([0, 1], [[0, 1]], [1.0, 2.0], TypeError, r"columns must be a list of whole numbers.*\(1, 2\)"),
        ([0, 1], [0, 1], [1.0], ValueError, r"equally long lists, got shapes \(2,\), \(2,\) and \(1,\)"),
        ([0, 1], [0, 1], [1.0, NAN], ValueError, "values must be finite; number 1 is not"),
        ([0, 1], [0, 1], ["a", "b"], TypeError, "values must be an array of real numbers"),
        ([0, 1, 0], [0, 1, 0], [1.0, 2.0, 1.0], ValueError, r"entry \(0, 0\) is given more than once"),
        ([0, 0], [0, 1], [1.0, 2.0], ValueError, r"1 row without a seen entry \(row 1\)"),
    ],
)
def test_bad_entries_are_refused(rows: object, columns: object, values: object, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        tw.MatrixCompletion.from_entries(rows, columns, values, shape=(2, 2))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"rank": 6}, ValueError, r"rank must be at most the smaller side of the shape \(5, 7\), got 6"),
        ({"rank": 0}, ValueError, "rank must be at least 1, got 0"),
        ({"rank": 2.0}, TypeError, r"rank must be a whole number, got 2\.0"),
        ({"observed": 36}, ValueError, r"observed must be at most the 35 entries of shape \(5, 7\), got 36"),
        ({"observed": 0}, ValueError, "observed must be at least 1, got 0"),
        ({"observed": 0.5}, TypeError, r"observed must be a whole number, got 0\.5"),
        ({"shape": (5,)}, ValueError, r"shape must be two whole numbers \(rows, columns\), got \(5,\)"),
        ({"shape": (5, 0)}, ValueError, r"shape\[1\] must be at least 1, got 0"),
        ({"shape": 5}, ValueError, "shape must be two whole numbers"),
        ({"key": -1}, ValueError, "key must be at least 0, got -1"),
        ({"key": 0.5}, TypeError, r"key must be a whole number, got 0\.5"),
        ({"spectrum": [1.0]}, ValueError, "spectrum must be 2 positive numbers"),
        ({"spectrum": [1.0, 0.0]}, ValueError, "spectrum must be 2 positive numbers, one for each of the rank"),
        ({"spectrum": [1.0, NAN]}, ValueError, "spectrum must be 2 positive numbers"),
        ({"spectrum": "ab"}, TypeError, "spectrum must be an array of real numbers, got a str"),
    ],
)
def test_a_bad_instance_is_refused(change: dict[str, object], error: type[Exception], message: str):
    arguments = {"shape": (5, 7), "rank": 2, "observed": 20, "key": 0} | change
    with pytest.raises(error, match=message):
        tw.MatrixCompletion.random(**arguments)  # pyright: ignore[reportArgumentType]
