"""Matrix sensing: measurements dense and of rank one, against each other and against completion."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import thalweg as tw
from thalweg.problems.conventions import CONVENTIONS
from trajectory.cases import loss_of

SHAPES = {"square": (4, 4), "wide": (3, 6), "tall": (6, 3)}
KINDS = ("dense", "rank one")


def both(shape: tuple[int, int], loss: str = "mean of squares") -> dict[str, tw.MatrixSensing]:
    """One set of measurements of rank one, never formed and formed."""
    rng = np.random.default_rng(2)
    left, right = rng.normal(size=(9, shape[0])), rng.normal(size=(9, shape[1]))
    values = rng.normal(size=9)
    dense = np.einsum("mi,mj->mij", left, right)
    return {"dense": tw.MatrixSensing(dense, values, loss=loss), "rank one": tw.MatrixSensing((left, right), values, loss=loss)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("loss", CONVENTIONS)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_gradient_is_that_of_the_loss(shape: tuple[int, int], loss: str, kind: str):
    problem = both(shape, loss)[kind]
    rng = np.random.default_rng(0)
    point, direction = jnp.asarray(rng.normal(size=shape)), rng.normal(size=shape)
    value, gradient = problem.loss_and_gradient(point)
    scale = np.abs(gradient).max()
    np.testing.assert_allclose(gradient, jax.grad(problem.loss)(point), rtol=0, atol=1e-13 * scale)
    assert float(value) == pytest.approx(float(problem.loss(point)), rel=1e-14)
    quotient = (float(problem.loss(point + direction)) - float(problem.loss(point - direction))) / 2
    assert quotient == pytest.approx(float(np.sum(np.asarray(gradient) * direction)), rel=1e-11, abs=1e-12 * scale)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_measurements_of_rank_one_are_the_dense_ones_unformed(shape: tuple[int, int]):
    problems = both(shape)
    point = jnp.asarray(np.random.default_rng(5).normal(size=shape))
    (dense_loss, dense_gradient), (loss, gradient) = (problems[kind].loss_and_gradient(point) for kind in KINDS)
    assert float(loss) == pytest.approx(float(dense_loss), rel=1e-13)
    np.testing.assert_allclose(gradient, dense_gradient, rtol=0, atol=1e-13 * np.abs(dense_gradient).max())
    assert problems["rank one"].dense is None
    assert problems["rank one"].shape == problems["dense"].shape == shape


@pytest.mark.parametrize("kind", KINDS)
def test_measurements_of_single_entries_are_completion(kind: str):
    completion = tw.MatrixCompletion.random(shape=(4, 5), rank=2, observed=12, key=0)
    left, right = np.eye(4)[completion.rows], np.eye(5)[completion.columns]
    measurements = (left, right) if kind == "rank one" else np.einsum("mi,mj->mij", left, right)
    sensing = tw.MatrixSensing(measurements, completion.values)
    point = jnp.asarray(np.random.default_rng(1).normal(size=(4, 5)))
    (one, slope), (other, other_slope) = completion.loss_and_gradient(point), sensing.loss_and_gradient(point)
    assert float(one) == pytest.approx(float(other), rel=1e-14)
    np.testing.assert_allclose(slope, other_slope, rtol=0, atol=1e-15)
    assert sensing.count == completion.count == 12


@pytest.mark.parametrize("kind", KINDS)
def test_a_random_instance_measures_its_target(kind: str):
    problem = tw.MatrixSensing.random(shape=(4, 6), rank=2, measurements=300, key=1, kind=kind)
    target = np.asarray(problem.target)
    assert np.mean(target**2) == pytest.approx(1.0, abs=1e-14)
    assert loss_of(problem, target) < 1e-28
    np.testing.assert_array_equal(problem.known["minimiser"], target)
    again = tw.MatrixSensing.random(shape=(4, 6), rank=2, measurements=300, key=1, kind=kind)
    np.testing.assert_array_equal(again.values, problem.values)
    # E y^2 = |W*|^2 / (d_N d_0) = 1 for both kinds; the mean over 300 is within a few tenths.
    assert np.mean(problem.values**2) == pytest.approx(1.0, abs=0.5)


def test_the_published_scale_of_the_measurements():
    dense = tw.MatrixSensing.random(shape=(10, 10), rank=1, measurements=100, key=0).dense
    assert dense is not None
    # As published, entries of deviation 1/n; the sample deviation of 10^4 of them is within 4 / sqrt(2 * 10^4).
    assert np.std(dense) == pytest.approx(0.1, rel=4 / np.sqrt(2e4))


def test_the_spectrum_of_the_target_is_exactly_as_given():
    problem = tw.MatrixSensing.random(shape=(5, 4), rank=2, measurements=3, key=0, spectrum=[3.0, 0.5])
    values = np.linalg.svd(np.asarray(problem.target), compute_uv=False)
    np.testing.assert_allclose(values, [3.0, 0.5, 0, 0], rtol=0, atol=1e-14)


MATRIX = np.ones((2, 3, 4))
BAD = {
    "two axes": ((np.ones((2, 3)), [1.0, 2.0]), {}, ValueError, r"measurements must be an array \(m, d_N, d_0\)"),
    "three parts": (((1, 2, 3), [1.0]), {}, ValueError, "measurements of rank one are a pair of arrays, got 3"),
    "pair of lists": ((([1.0], [2.0]), [1.0]), {}, ValueError, r"pair of arrays \(m, d_N\) and \(m, d_0\)"),
    "too few values": ((MATRIX, [1.0]), {}, ValueError, "there are 1 values for 2 measurements"),
    "uneven pair": (((np.ones((2, 3)), np.ones((3, 4))), [1.0, 2.0]), {}, ValueError, "2 values for 2 and 3 measurements"),
    "no value": ((MATRIX, []), {}, ValueError, r"values must be a list of at least one number, got shape \(0,\)"),
    "NaN": ((np.full((1, 2, 2), np.nan), [1.0]), {}, ValueError, "measurements must be finite; NaN and infinity"),
    "infinite value": ((MATRIX, [1.0, np.inf]), {}, ValueError, "values must be finite"),
    "text": (("abc", [1.0]), {}, TypeError, "measurements must be an array of real numbers, got a str"),
    "no rows": ((np.ones((1, 0, 4)), [1.0]), {}, ValueError, r"at least one row and one column, got \(0, 4\)"),
    "target": ((MATRIX, [1.0, 2.0]), {"target": np.ones((4, 3))}, ValueError, r"target has shape \(4, 3\)"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_measurements_are_refused(case: str):
    arguments, options, error, message = BAD[case]
    with pytest.raises(error, match=message):
        tw.MatrixSensing(*arguments, **options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "sparse"}, "kind must be 'dense' or 'rank one', got 'sparse'"),
        ({"measurements": 0}, "measurements must be at least 1, got 0"),
        ({"rank": 9}, r"rank must be at most the smaller side of the shape \(4, 6\), got 9"),
    ],
)
def test_a_bad_instance_is_refused(change: dict[str, object], message: str):
    arguments = {"shape": (4, 6), "rank": 1, "measurements": 5, "key": 0} | change
    with pytest.raises(ValueError, match=message):
        tw.MatrixSensing.random(**arguments)  # pyright: ignore[reportArgumentType]
