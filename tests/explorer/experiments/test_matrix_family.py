"""Matrix factorization on the tab of scales: its Python, its exact solutions, and where its path stays."""

import re

import numpy as np
import pytest
from scipy.optimize import linprog

import thalweg as tw
from explorer.experiments.told import Whole, check_charts, check_snippet, everything
from thalweg.explorer.experiments.kernel_or_rich import KernelOrRich, sentence
from thalweg.explorer.experiments.matrix_family import MatrixFamily, drawn
from thalweg.explorer.knobs import BadKnob, read

SMALL = {"model": "matrix", "coefficients": "12", "samples": "7", "sparsity": "2", "seed": "1"}


@pytest.fixture(scope="module")
def rich():
    return everything(KernelOrRich(), {**SMALL, "scale": "1e-3"})


@pytest.fixture(scope="module")
def between():
    return everything(KernelOrRich(), {**SMALL, "scale": "0.5"})


@pytest.fixture(scope="module")
def kernel():
    return everything(KernelOrRich(), {**SMALL, "scale": "4"})


def still(whole: Whole) -> dict[str, np.ndarray]:
    return {one["label"]: np.array(one["values"]) for one in whole.opening["profiles"]["coefficients"]}


def test_its_python_makes_the_same_run(rich):
    check_snippet(KernelOrRich(), rich)


def test_deeper_it_does_and_the_eigenvectors_stay():
    whole = everything(KernelOrRich(), {**SMALL, "scale": "0.3", "depth": "3"})
    check_snippet(KernelOrRich(), whole)
    check_charts(whole)
    data = whole.lanes["run"].run.data
    assert float(data.to_limit[-1]) < 3e-3
    assert float(data.to_least_trace[-1]) > 0.03
    assert _off(whole).max() < 1e-10


def test_what_it_tells_is_what_it_draws(rich):
    check_charts(rich)
    for frame in rich.lanes["run"].frames:
        records = frame["records"]
        assert "predictor" not in records
        np.testing.assert_allclose(records["l1_norm"], np.abs(records["coefficients"]).sum(axis=1), rtol=1e-6)
        assert set(frame["pictures"]) == {"product"}
    assert set(rich.opening["pictures"]) == {"behind"}


def _derived(whole: Whole) -> dict[str, np.ndarray]:
    told = whole.lanes["run"]
    return dict(KernelOrRich().derived(whole.values, told.lane, {"predictor": told.run.data.predictor.values}))


def _off(whole: Whole) -> np.ndarray:
    return _derived(whole)["off_basis"]


def test_the_coefficients_are_all_there_is_of_the_product(rich, kernel):
    for whole in (rich, kernel):
        products = whole.lanes["run"].run.data.predictor.values
        found = _derived(whole)["coefficients"]
        for product, coefficients in zip(products[::20], found[::20], strict=True):
            np.testing.assert_allclose(np.sort(coefficients), np.linalg.eigvalsh(product), atol=1e-10)
        assert _off(whole).max() < 1e-11
    turned = np.eye(12)[None] + 0.1 * np.ones((1, 12, 12))
    off = MatrixFamily().derived(rich.values, turned)["off_basis"].item()
    inside = MatrixFamily().coefficients(rich.values, turned)
    assert off**2 + np.sum(inside**2) == pytest.approx(np.sum(turned**2))


def test_the_product_begins_at_the_scale_of_each_matrix_to_the_depth(kernel):
    told = kernel.lanes["run"]
    for factor in told.run.start:
        np.testing.assert_allclose(factor, 4 * np.eye(12))
    np.testing.assert_allclose(_derived(kernel)["coefficients"][0], 16.0)
    problem = told.lane.words["problem"]
    np.testing.assert_allclose(np.einsum("aij,ij->a", problem.dense, 16.0 * np.eye(12)), 0, atol=1e-12)
    left = np.einsum("aij,bjk->abik", problem.dense, problem.dense)
    np.testing.assert_allclose(left, left.swapaxes(0, 1), atol=1e-12)


def test_the_vectors_that_stay_are_what_they_are_called(rich, between, kernel):
    for whole in (rich, between, kernel):
        basis, spectra, planted = drawn(whole.values)
        vectors = still(whole)
        np.testing.assert_allclose(basis.T @ basis, np.eye(12), atol=1e-12)
        for vector in vectors.values():
            np.testing.assert_allclose(spectra @ vector, spectra @ planted, atol=1e-6 * max(1, np.abs(vector).max()))
        np.testing.assert_allclose(vectors["planted"], planted)
        least = linprog(np.ones(12), A_eq=spectra, b_eq=spectra @ planted).fun
        assert vectors["least nuclear norm"].sum() == pytest.approx(least, rel=1e-7)
        start = whole.values["scale"] ** 2
        ways = {label: np.linalg.norm(vector - start) for label, vector in vectors.items()}
        assert ways["solution nearest to the start"] <= min(ways.values()) * (1 + 1e-7)
        assert vectors["exact limit for this scale"].min() > 0 or start < 1e-4
        rules = [rule["value"] for rule in whole.opening["rules"]["l1"]]
        names = ("exact limit for this scale", "least nuclear norm", "solution nearest to the start")
        assert rules == pytest.approx(sorted(np.abs(vectors[name]).sum() for name in names), rel=1e-6)


def test_a_kernel_method_finds_the_nearest(kernel):
    """The tangent kernel at the start is a multiple of the identity, so that the linearized model moves as a matrix would."""
    told = kernel.lanes["run"]
    tangent = tw.tangent_kernel(told.run.objective.parametrization, told.run.start)
    np.testing.assert_allclose(tangent, 2 * 4.0**2 * np.eye(144), atol=1e-10)
    _, spectra, _ = drawn(kernel.values)
    moved = still(kernel)["solution nearest to the start"] - 16.0
    np.testing.assert_allclose(np.linalg.lstsq(spectra.T, moved)[0] @ spectra, moved, atol=1e-6)


@pytest.mark.parametrize("name", ["rich", "between"])
def test_the_flow_ends_at_its_own_limit(name: str, request: pytest.FixtureRequest):
    """Followed finely, it comes the nearer the further the loss has fallen."""
    whole = request.getfixturevalue(name)
    words = {**whole.lanes["run"].lane.words, "algorithm": tw.GradientFlow(rtol=1e-8, solver="rock4")}
    ends = []
    for loss in (1e-4, 1e-8, 1e-12):
        run = tw.follow(**{**words, "until": tw.LossBelow(loss) | tw.Gradients(200_000)})
        ends.append(float(run.data.to_limit[-1]))
    assert ends[2] < 0.1 * ends[1] < 0.01 * ends[0]
    assert ends[2] < 1e-5
    others = [float(run.data[other][-1]) for other in ("to_least_trace", "to_nearest")]
    assert min(others) > (1e-7 if name == "rich" else 1e-2)


def test_the_ends_are_called_what_they_are(rich, kernel):
    assert "This is the rich regime" in rich.lanes["run"].closing["sentence"]
    assert "This is the kernel regime" in kernel.lanes["run"].closing["sentence"]
    for whole in (rich, kernel):
        told = whole.lanes["run"]
        (score,) = re.findall(r"the score is (\S+), where", told.closing["sentence"])
        assert float(score) == pytest.approx(tw.regime(told.run, twin=False).score, rel=0.06)
        assert re.search(r"Its eigenvectors have stayed, to \de-1\d in norm", told.closing["sentence"])


def test_eigenvectors_that_have_turned_are_told(rich):
    turned = np.eye(12)[None] + 0.1 * np.ones((1, 12, 12))
    assert "Rounding errors have turned its eigenvectors, by" in MatrixFamily().added(rich.values, turned)


def test_the_reference_is_told_with_its_norms_and_gaps(rich, kernel):
    for whole in (rich, kernel):
        told = whole.references["sentence"]
        for rule in whole.opening["rules"]["l1"]:
            assert f"{rule['value']:.4g}" in told
        assert f"begins at {whole.values['scale'] ** 2:.3g} times the identity" in told
        gaps = [float(gap) for gap in re.findall(r"\d+e-\d+", told.partition("Certified:")[2])]
        assert len(gaps) == 3
        assert max(gaps) < 1e-9
    assert "eigenvalues of both signs" in rich.references["sentence"]
    assert "eigenvalues of both signs" not in kernel.references["sentence"]


def test_the_sentence_speaks_of_eigenvalues(rich, kernel):
    _, _, planted = drawn(rich.values)
    assert sentence(rich.values, planted, planted, planted) == (
        "From scale 0.001 the path has found 2 of 2 planted eigenvalues and is at 1.00 times the least nuclear norm; the exact "
        "limit is at 1.00."
    )
    assert "has found 0 of 2" in kernel.lanes["run"].closing["sentence"]  # they are still at the start, which is far above


@pytest.mark.parametrize(
    ("asked", "knob", "said"),
    [
        ({"coefficients": "61"}, "coefficients", "61 eigenvalues takes longer .* 60 are the most"),
        ({"samples": "60"}, "samples", "60 samples leave one solution for 60 coefficients"),
        ({"depth": "3", "scale": "1e-2"}, "scale", "rounding errors grow .* 0.15 is the least at this depth"),
        ({"depth": "5", "scale": "0.2"}, "scale", "0.4 is the least at this depth"),
        ({"depth": "4", "scale": "10"}, "scale", r"begins at 1e\+04 times the identity.* 3.16 is the most at this depth"),
    ],
)
def test_what_does_not_go_together(asked: dict[str, str], knob: str, said: str):
    experiment = KernelOrRich()
    with pytest.raises(BadKnob, match=said) as refused:
        experiment.check(read(experiment.knobs, {"model": "matrix", **asked}))
    assert refused.value.knob == knob


def test_it_begins_with_the_knobs_as_they_are():
    experiment = KernelOrRich()
    experiment.check(read(experiment.knobs, {"model": "matrix"}))
    experiment.check(read(experiment.knobs, {"model": "matrix", "scale": "10"}))
