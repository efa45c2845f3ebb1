"""How singular values and vectors move: against differences of decompositions along the flow of the product."""

import numpy as np
import pytest

import thalweg as tw
from thalweg.theory import DoesNotApply, SingularValueVelocity, SingularVectorVelocity, compare, precondition
from thalweg.theory.singular_dynamics import least_gap, value_velocity, vector_velocity
from theory.points_at import balanced, points_at, regression

SETTINGS = [((5, 3), 3), ((3, 5), 2), ((4, 4), 4), ((4, 4), 1), ((5, 3), 1), ((4, 6), 2.5)]
FLOW = tw.GradientFlow(1e-12)


def differences(w: np.ndarray, g: np.ndarray, depth: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Velocities of U, the singular values and V by central differences along the end-to-end velocity."""
    u = np.linalg.svd(w, full_matrices=False)[0]
    step = 1e-6

    def at(time: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        one, values, other = np.linalg.svd(w - time * precondition(w, g, depth), full_matrices=False)
        sign = np.sign(np.sum(one * u, axis=0))
        return one * sign, values, other.T * sign

    after, before = at(step), at(-step)
    return tuple((a - b) / (2 * step) for a, b in zip(after, before, strict=True))  # pyright: ignore[reportReturnType]


@pytest.mark.parametrize(("shape", "depth"), SETTINGS)
def test_the_formulas_are_the_derivatives(shape: tuple[int, int], depth: float):
    rng = np.random.default_rng(1)
    w, g = rng.normal(size=shape), rng.normal(size=shape)
    u, values, vt = np.linalg.svd(w, full_matrices=False)
    u_found, values_found, v_found = differences(w, g, depth)
    pulls = np.sum(u * (g @ vt.T), axis=0)
    np.testing.assert_allclose(value_velocity(values, pulls, depth), values_found, atol=1e-7)
    u_dot, v_dot = vector_velocity(u, values, vt, g, depth)
    np.testing.assert_allclose(u_dot, u_found, atol=1e-7)
    np.testing.assert_allclose(v_dot, v_found, atol=1e-7)
    np.testing.assert_allclose(u.T @ u_dot, -(u.T @ u_dot).T, atol=1e-12)  # frames stay orthonormal


@pytest.mark.parametrize(("shape", "depth"), SETTINGS)
def test_the_opposite_sign_of_the_differences_is_wrong(shape: tuple[int, int], depth: float):
    rng = np.random.default_rng(1)
    w, g = rng.normal(size=shape), rng.normal(size=shape)
    u, values, vt = np.linalg.svd(w, full_matrices=False)
    u_dot, _ = vector_velocity(u, values, vt, g, depth)
    inside = u @ u.T @ u_dot
    assert np.abs(-inside + (u_dot - inside) - differences(w, g, depth)[0]).max() > 0.1


def test_at_zero_the_power_of_depth_one_is_one():
    assert value_velocity(np.array([0.0, 2.0]), np.array([1.0, 1.0]), 1).tolist() == [-1.0, -1.0]
    assert value_velocity(np.array([0.0, 2.0]), np.array([1.0, 1.0]), 2).tolist() == [0.0, -4.0]
    with pytest.raises(ValueError, match="depth must be at least 1"):
        value_velocity(np.ones(2), np.ones(2), 0.5)


@pytest.mark.parametrize("values", [[1.0, 1.0], [1.0, 0.0]])
def test_vectors_that_are_not_determined_have_no_velocity(values: list[float]):
    with pytest.raises(ValueError, match="distinct and not 0"):
        vector_velocity(np.eye(2), np.array(values), np.eye(2), np.ones((2, 2)), 2)


def test_the_least_gap():
    found = least_gap(np.array([[4.0, 2.0, 1.0], [4.0, 4.0, 1.0], [4.0, 2.0, 0.0], [0.0, 0.0, 0.0]]))
    assert found.tolist() == [0.25, 0.0, 0.0, 0.0]
    assert least_gap(np.array([2.0])) == 1.0


@pytest.mark.parametrize("shape", [(4, 4), (3, 6), (6, 3), (1, 4)], ids=str)
@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("law", [SingularValueVelocity(), SingularVectorVelocity()], ids=["values", "vectors"])
def test_the_laws_hold_of_balanced_factors(shape: tuple[int, int], depth: int, law):
    network, factors = balanced(shape, depth)
    found = compare(law, points_at(regression(shape), network, FLOW, factors))
    assert found.tests
    assert found.worst < 1e-13
    assert found.holds
    assert np.abs(found.laid.measured).max() > 1e-2


@pytest.mark.parametrize("law", [SingularValueVelocity(), SingularVectorVelocity()], ids=["values", "vectors"])
def test_unbalanced_factors_do_not_keep_them(law):
    network, factors = balanced((3, 4), 3)
    tilted = [[1.3 * f[0], f[1], f[2] / 1.3] for f in factors]
    found = compare(law, points_at(regression((3, 4)), network, FLOW, tilted))
    assert not found.tests
    assert found.worst > 1e-4


def test_repeated_singular_values_fail_an_assumption_of_the_vectors_alone():
    network = tw.DeepLinear(depth=2, shape=(3, 3))
    _, apart = balanced((3, 3), 2, count=1, hidden=3)
    path = points_at(regression((3, 3)), network, FLOW, [[0.5 * np.eye(3)] * 2, apart[0]])
    values, vectors = compare(SingularValueVelocity(), path), compare(SingularVectorVelocity(), path)
    assert values.tests
    assert values.worst < 1e-13
    assert not vectors.tests
    assert vectors.assumptions[1].size == np.inf
    assert "distinct and not 0" in str(vectors.assumptions[1])
    assert vectors.residual[0] == 0.0
    assert 0 < vectors.residual[1] < 1e-13


def test_they_are_no_laws_of_steps():
    network, factors = balanced((3, 4), 2)
    path = points_at(regression((3, 4)), network, tw.GradientDescent(0.1), factors)
    for law in (SingularValueVelocity(), SingularVectorVelocity()):
        with pytest.raises(DoesNotApply, match="law of gradient flow"):
            compare(law, path)
