"""The end-to-end field is no gradient beyond depth 2: quadrature against closed forms, sums of matrix powers, area integrals."""

import numpy as np
import pytest

import thalweg as tw
from thalweg.theory import (
    KeyholeCurve,
    constant_gradient_integral,
    depth_two_curl,
    line_integral,
    linear_potential,
    plane_of,
    quadratic_potential,
    regularizer_integral,
    single_output_field,
)

E, F = np.array([1.0, 0.0]), np.array([0.0, 1.0])


def constant(w: np.ndarray) -> np.ndarray:
    return np.broadcast_to(E, w.shape)


def power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    """A power of a positive semidefinite matrix by its eigenvalues, with the full identity as the power 0."""
    values, vectors = np.linalg.eigh(matrix)
    values = np.where(values > 1e-12 * values.max(), values, 0.0)
    return (vectors * (np.ones_like(values) if exponent == 0 else values**exponent)) @ vectors.T


def matrix_field(w: np.ndarray, gradient: np.ndarray, depth: int) -> np.ndarray:
    """The sum of the theorem, term by term."""
    return sum(power(w @ w.T, (j - 1) / depth) @ gradient @ power(w.T @ w, (depth - j) / depth) for j in range(1, depth + 1))  # type: ignore[return-value]


def differentiated(function, w: np.ndarray) -> np.ndarray:
    h = 1e-6
    return np.array([(function(w + h * e) - function(w - h * e)) / (2 * h) for e in np.eye(len(w))])


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_the_field_of_a_vector_is_the_sum_of_the_theorem(depth: int):
    rng = np.random.default_rng(depth)
    w, g = rng.normal(size=(2, 4))
    direct = matrix_field(w[None], g[None], depth)[0]
    np.testing.assert_allclose(single_output_field(w, g, depth), direct, rtol=1e-12)
    assert not np.allclose(single_output_field(w, g, depth + 0.1), direct, rtol=1e-3)


def test_the_field_at_the_origin_is_that_of_one_matrix_or_nothing():
    at = [single_output_field(np.zeros(2), E, depth).tolist() for depth in (1, 2, 3)]
    assert at == [[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("depth", [1, 1.5, 2, 2.5, 3, 4, 8])
@pytest.mark.parametrize("angle", [np.pi, np.pi / 2, 1.0])
def test_the_integral_of_a_constant_gradient_is_the_closed_form(depth: float, angle: float):
    curve = KeyholeCurve(E, F, outer=1.3, inner=0.01, angle=angle)
    exact = constant_gradient_integral(1.0, depth, outer=1.3, inner=0.01, angle=angle)
    assert abs(line_integral(constant, curve, depth) - exact) < 1e-11 * max(1.0, abs(exact))


def test_published_numbers_of_the_closed_form():
    found = [constant_gradient_integral(1.0, n, outer=1.0, inner=0.1) for n in (3, 4, 8)]
    np.testing.assert_allclose(found, [0.56878, 1.1962, 3.8114], rtol=3e-5)
    # the bracket as it is written, in place of its simplification
    direct = [2 * (n / (3 - 2 / n) - 1) * (1 - 0.1 ** (3 - 2 / n)) for n in (3, 4, 8)]
    np.testing.assert_allclose(found, direct, rtol=1e-12)


@pytest.mark.parametrize("wrong", [lambda n: 2 - 2 / n, lambda n: 3 - 1 / n, lambda n: 2.0])
def test_wrong_exponents_do_not_agree(wrong):
    measured = line_integral(constant, KeyholeCurve(E, F, 1.0, 0.1), 3)
    closed = 2 * (3 / wrong(3) - 1) * (1 - 0.1 ** wrong(3))
    assert abs(closed / measured - 1) > 0.05


def test_the_curve_is_closed_and_runs_through_its_length():
    curve = KeyholeCurve(E, F, outer=2.0, inner=0.5)
    places, steps = curve.pieces(40)
    np.testing.assert_allclose(steps.sum(axis=(0, 1)), 0, atol=1e-13)
    lengths = np.linalg.norm(steps, axis=-1).sum(axis=1)
    np.testing.assert_allclose(lengths, [1.5, 0.5 * np.pi, 1.5, 2 * np.pi], rtol=1e-10)
    assert np.linalg.norm(places, axis=-1).min() >= 0.5 - 1e-12


@pytest.mark.parametrize("shape", [(3, 4), (1, 5), (4, 1), (2, 2)])
def test_the_plane_of_a_problem_agrees_with_the_sum_over_matrices(shape: tuple[int, int]):
    rng = np.random.default_rng(1)
    problem = tw.LinearRegression(rng.normal(size=(shape[1], 40)), rng.normal(size=(shape[0], 40)))
    start = -problem.cross_moment
    u, s, vt = np.linalg.svd(start)
    places, steps = KeyholeCurve(E, F, 0.8, 0.2).pieces(24)
    total = 0.0
    for (x, y), (dx, dy) in zip(places.reshape(-1, 2), steps.reshape(-1, 2), strict=True):
        if shape[1] > 1:
            w, dw = np.outer(u[:, 0], x * vt[0] + y * vt[1]), np.outer(u[:, 0], dx * vt[0] + dy * vt[1])
        else:
            w, dw = np.outer(x * u[:, 0] + y * u[:, 1], vt[0]), np.outer(dx * u[:, 0] + dy * u[:, 1], vt[0])
        total += np.sum(matrix_field(w, w @ problem.input_moment + start, 3) * dw)
    assert total == pytest.approx(regularizer_integral(problem, 3, outer=0.8, inner=0.2), rel=1e-8)
    assert plane_of(problem)[3] == pytest.approx(s[0])


def test_depth_two_has_potentials_where_it_is_an_exception():
    rng = np.random.default_rng(2)
    w, u = rng.normal(size=(2, 3))
    linear = differentiated(lambda x: linear_potential(x, u), w)
    np.testing.assert_allclose(linear, single_output_field(w, u, 2), rtol=1e-8)
    quadratic = differentiated(lambda x: quadratic_potential(x, u), w)
    np.testing.assert_allclose(quadratic, single_output_field(w, w - u, 2), rtol=1e-8)
    assert not np.allclose(linear, single_output_field(w, u, 3), rtol=1e-2)


def test_the_curl_at_depth_two_is_the_jacobian_apart_from_its_transpose():
    rng = np.random.default_rng(3)
    root = rng.normal(size=(3, 3))
    moment, b, w = root @ root.T, rng.normal(size=3), rng.normal(size=3)
    jacobian = differentiated(lambda x: single_output_field(x, moment @ x - b, 2), w)
    np.testing.assert_allclose(depth_two_curl(w, moment), jacobian - jacobian.T, atol=1e-8)
    np.testing.assert_allclose(depth_two_curl(w, 3 * np.eye(3)), 0, atol=1e-15)
    assert np.abs(depth_two_curl(w, moment)).max() > 0.1


def test_an_anisotropic_quadratic_is_seen_by_a_sector_and_not_by_the_half_circles():
    moment = np.diag([1.0, 3.0])

    def around(angle: float) -> float:
        return line_integral(lambda w: w @ moment - E, KeyholeCurve(E, F, 1.0, 0.1, angle), 2)

    assert abs(around(np.pi)) < 1e-13
    area = -2 * (1 - 1e-3) / 6  # the curl over the quarter ring, by hand
    assert around(np.pi / 2) == pytest.approx(area, rel=1e-12)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"other": E}, "orthonormal"),
        ({"direction": 2 * E}, "orthonormal"),
        ({"direction": [1.0, 0.0, 0.0]}, "orthonormal"),
        ({"inner": 1.0}, "0 < inner < outer"),
        ({"inner": 0.0}, "0 < inner < outer"),
        ({"outer": np.inf}, "0 < inner < outer"),
        ({"angle": 4.0}, "angle must be"),
    ],
)
def test_curves_that_are_none_are_refused(change: dict, words: str):
    with pytest.raises(ValueError, match=words):
        KeyholeCurve(**({"direction": E, "other": F, "outer": 1.0, "inner": 0.1} | change))


def test_what_the_theorem_does_not_speak_of_is_refused():
    with pytest.raises(ValueError, match="every field is a gradient"):
        regularizer_integral(tw.LinearRegression.whitened([[1.0]]), 3, outer=1.0, inner=0.1)
    with pytest.raises(ValueError, match="does not vanish"):
        regularizer_integral(tw.LinearRegression.whitened([[0.0, 0.0]]), 3, outer=1.0, inner=0.1)
    with pytest.raises(ValueError, match="at least 1"):
        single_output_field(E, E, 0.5)
    with pytest.raises(ValueError, match="must not be 0"):
        depth_two_curl(np.zeros(2), np.eye(2))
