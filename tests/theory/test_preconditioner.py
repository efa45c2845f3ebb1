"""The preconditioner of depth: against matrices whose powers are known, the Kronecker form, quadrature, and series."""

import numpy as np
import pytest
from scipy.integrate import quad

from thalweg.theory import precondition
from thalweg.theory.preconditioner import eigenvalues, explicit

SHAPES = [(5, 5), (3, 7), (7, 3), (1, 6), (6, 1)]
SPECTRA = {
    "distinct": [1.7, 1.1, 0.6, 0.3, 0.05],
    "repeated": [1.2, 1.2, 0.7, 0.7, 0.7],
    "deficient": [1.5, 0.8, 0.0, 0.0, 0.0],
    "one": [1.0, 1.0, 1.0, 1.0, 1.0],
    "zero": [0.0, 0.0, 0.0, 0.0, 0.0],
}


def orthogonal(rng: np.random.Generator, size: int) -> np.ndarray:
    return np.linalg.qr(rng.normal(size=(size, size)))[0]


def known(shape: tuple[int, int], roots: list[float], depth: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """W = U T^N V' and the sum by whole powers of T alone: no root is taken, no singular value found."""
    rng = np.random.default_rng(shape[0] * 10 + shape[1])
    u, v, g = orthogonal(rng, shape[0]), orthogonal(rng, shape[1]), rng.normal(size=shape)
    t = np.zeros(shape)
    np.fill_diagonal(t, roots[: min(shape)])
    w = np.zeros(shape)
    np.fill_diagonal(w, np.array(roots[: min(shape)]) ** depth)
    w = u @ w @ v.T
    total = np.zeros(shape)
    for j in range(1, depth + 1):
        left = np.linalg.matrix_power(t @ t.T, j - 1)
        right = np.linalg.matrix_power(t.T @ t, depth - j)
        total += u @ left @ u.T @ g @ v @ right @ v.T
    return w, g, total


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("spectrum", SPECTRA)
def test_it_is_the_sum_of_the_theorem(shape: tuple[int, int], spectrum: str, depth: int):
    w, g, total = known(shape, SPECTRA[spectrum], depth)
    allowed = 1e-13 * max(float(np.abs(total).max()), float(np.abs(g).max() * np.linalg.norm(w, 2) ** (2 - 2 / depth)))
    np.testing.assert_allclose(precondition(w, g, depth), total, rtol=0, atol=allowed)
    kronecker = (explicit(w, depth) @ g.flatten("F")).reshape(shape, order="F")
    np.testing.assert_allclose(precondition(w, g, depth), kronecker, rtol=0, atol=allowed)


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (5, 3)], ids=str)
@pytest.mark.parametrize("spectrum", SPECTRA)
def test_eigenvectors_are_pairs_of_singular_vectors(shape: tuple[int, int], spectrum: str, depth: int):
    w, _, _ = known(shape, SPECTRA[spectrum], depth)
    u, s, vt = np.linalg.svd(w)
    s = np.where(s > 1e-13, s, 0.0)
    matrix, found = explicit(w, depth), eigenvalues(s, depth, shape)
    pairs = [(r, c) for r in range(shape[0]) for c in range(shape[1])]
    errors = [np.linalg.norm(matrix @ np.outer(u[:, r], vt[c]).flatten("F") - found[r, c] * _vec(u, vt, r, c)) for r, c in pairs]
    assert max(errors) < 1e-13 * max(1.0, float(found.max()))
    if len(set(np.round(s, 9))) > 1 and depth > 1:
        sigma = np.pad(s, (0, max(shape) - len(s)))
        mixed = [sum((sigma[r] * sigma[c]) ** (2 * j / depth) for j in range(depth)) for r, c in pairs]
        assert np.abs(np.reshape(mixed, shape) - found).max() > 1e-3  # exponents that rise together in place of against


def _vec(u: np.ndarray, vt: np.ndarray, r: int, c: int) -> np.ndarray:
    return np.outer(u[:, r], vt[c]).flatten("F")


@pytest.mark.parametrize("depth", [1.0, 1.25, 2.0, 2.5, 3.7, 12.0])
def test_eigenvalues_for_real_depth_are_an_average_of_powers(depth: float):
    r"""$(a^N - b^N)/(a - b) = N\int_0^1 (\tau a + (1-\tau) b)^{N-1} d\tau$, where nothing cancels."""
    values = np.array([3.0, 1.0, 1.0 - 1e-14, 0.999, 0.2, 1e-6, 0.0])
    found = eigenvalues(values, depth, (7, 8))
    ends = np.append(values, 0.0) ** (2 / depth)
    for r in range(7):
        for c in range(8):
            a, b = ends[r], ends[c]
            expected = depth * quad(lambda t, a=a, b=b: (t * a + (1 - t) * b) ** (depth - 1), 0, 1, epsabs=0, epsrel=1e-11)[0]
            assert found[r, c] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("depth", [2, 3, 7])
def test_eigenvalues_lose_no_digits_where_singular_values_are_close(depth: int):
    gaps = [0.0, 1e-16, 1e-15, 1e-12, 1e-9, 1e-6, 1e-3, 0.3]
    for gap in gaps:
        a, b = 1.3, 1.3 * (1 - gap)
        terms = [a ** (2 * (depth - j) / depth) * b ** (2 * (j - 1) / depth) for j in range(1, depth + 1)]
        assert eigenvalues([a, b], depth, (2, 2))[0, 1] == pytest.approx(sum(terms), rel=5e-15)
    a = np.linspace(1.1, 1.9, 20)
    b = a * (1 - 1e-12)
    quotient = (a**2 - b**2) / (a ** (2 / depth) - b ** (2 / depth))
    assert np.abs(quotient / (depth * a ** (2 - 2 / depth)) - 1).max() > 1e-5  # what the quotient as written loses


def test_the_range_of_eigenvalues():
    square, wide = eigenvalues([3.0, 2.0], 3, (2, 2)), eigenvalues([3.0, 2.0], 3, (2, 4))
    assert square.max() == pytest.approx(3 * 3 ** (4 / 3))
    assert square.min() == pytest.approx(3 * 2 ** (4 / 3))
    assert wide.min() == pytest.approx(2 ** (4 / 3))  # without the factor N
    assert (eigenvalues([3.0, 0.0], 3, (2, 2)) > 0).tolist() == [[True, True], [True, False]]


def test_it_keeps_signs_scales_and_transposes():
    rng = np.random.default_rng(3)
    w, g = rng.normal(size=(4, 6)), rng.normal(size=(4, 6))
    found = precondition(w, g, 2.5)
    assert np.vdot(g, found) > 0
    np.testing.assert_allclose(precondition(w.T, g.T, 2.5), found.T, atol=1e-13)
    np.testing.assert_allclose(precondition(3.0 * w, g, 2.5), 3 ** (2 - 2 / 2.5) * found, rtol=1e-12)
    np.testing.assert_allclose(precondition(w, g, 1), g, atol=1e-14)
    np.testing.assert_array_equal(precondition(np.zeros((4, 6)), g, 2), np.zeros((4, 6)))
    np.testing.assert_allclose(precondition(np.zeros((4, 6)), g, 1), g, atol=1e-14)


def test_rounding_in_the_null_space_is_not_felt():
    """Fractional powers of the Gram matrices make $(10^{-16})^{1/4}$ of what should be 0."""
    rng = np.random.default_rng(5)
    w = np.outer(rng.normal(size=6), rng.normal(size=6))
    g, depth = rng.normal(size=(6, 6)), 4
    values, vectors = np.linalg.eigh(w @ w.T)
    naive = (vectors * np.abs(values) ** (1 / depth)) @ vectors.T
    unit = np.outer(w[:, 0], w[:, 0]) / np.vdot(w[:, 0], w[:, 0])
    exact = unit * np.linalg.norm(w) ** (2 / depth)
    assert np.abs(naive - exact).max() > 1e-6
    total = precondition(w, g, depth)
    other = g @ w.T @ w / np.linalg.norm(w) ** 2
    size = np.linalg.norm(w) ** (2 - 2 / depth)
    expected = size * (unit @ g + other + (depth - 2) * unit @ other)
    np.testing.assert_allclose(total, expected, atol=1e-13 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: precondition(np.eye(2), np.eye(2), 0.5), "depth must be at least 1, got 0.5"),
        (lambda: precondition(np.eye(2), np.eye(3), 2), "must have one shape"),
        (lambda: precondition([1.0, 2.0], [1.0, 2.0], 2), "predictor must be a finite matrix"),
        (lambda: precondition([[np.nan]], [[1.0]], 2), "predictor must be a finite matrix"),
        (lambda: explicit(np.eye(2), 2.5), "must be whole here, got 2.5"),
        (lambda: explicit(np.ones((70, 70)), 2), "would have .* entries"),
        (lambda: eigenvalues([1.0, -1.0], 2, (2, 2)), "not negative"),
        (lambda: eigenvalues([1.0, 1.0, 1.0], 2, (2, 3)), "has 2 singular values"),
        (lambda: eigenvalues([1.0], 0, (1, 1)), "depth must be at least 1, got 0"),
    ],
)
def test_bad_input_is_refused(call, words: str):
    with pytest.raises(ValueError, match=words):
        call()
