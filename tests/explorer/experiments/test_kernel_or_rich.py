"""The tab of scales: its Python, the exact solutions that it draws, and its sentences against numbers."""

import re

import numpy as np
import pytest

import thalweg as tw
from explorer.experiments.told import check_charts, check_snippet, everything
from thalweg.explorer.experiments.diagonal_family import drawn
from thalweg.explorer.experiments.kernel_or_rich import KernelOrRich, sentence
from thalweg.explorer.knobs import BadKnob, read

SMALL = {"coefficients": "12", "samples": "7", "sparsity": "2", "seed": "1"}


@pytest.fixture(scope="module")
def rich():
    return everything(KernelOrRich(), {**SMALL, "scale": "1e-3"}, pace=0.03)


@pytest.fixture(scope="module")
def kernel():
    return everything(KernelOrRich(), {**SMALL, "scale": "5"}, pace=0.03)


def test_its_python_makes_the_same_run(rich):
    check_snippet(KernelOrRich(), rich)


def test_so_it_does_at_another_depth():
    whole = everything(KernelOrRich(), {**SMALL, "scale": "0.3", "depth": "4"})
    check_snippet(KernelOrRich(), whole)
    check_charts(whole)
    assert len(whole.lanes["run"].run.data.record) < 400


def test_what_it_tells_is_what_it_draws(rich):
    check_charts(rich)
    told = rich.lanes["run"]
    for frame in told.frames:
        assert "predictor" not in frame["records"]
        sizes = [sum(abs(value) for value in row) for row in frame["records"]["coefficients"]]
        np.testing.assert_allclose(frame["records"]["l1_norm"], sizes, rtol=1e-6)


def test_the_vectors_that_stay_are_what_they_are_called(rich):
    vectors = {one["label"]: np.array(one["values"]) for one in rich.opening["profiles"]["coefficients"]}
    inputs, planted = drawn(rich.values)
    rng = np.random.default_rng(1)
    np.testing.assert_array_equal(inputs, rng.normal(size=(12, 7)))
    for vector in vectors.values():
        np.testing.assert_allclose(vector @ inputs, planted @ inputs, atol=1e-6)
    assert np.sum(planted != 0) == 2
    np.testing.assert_allclose(vectors["planted"], planted)
    np.testing.assert_allclose(vectors["least l2 norm"], np.linalg.pinv(inputs.T) @ (planted @ inputs), atol=1e-7)
    norms = {label: np.abs(vector).sum() for label, vector in vectors.items()}
    assert norms["least l1 norm"] <= min(norms.values()) * (1 + 1e-7)
    lengths = {label: np.linalg.norm(vector) for label, vector in vectors.items()}
    assert lengths["least l2 norm"] <= min(lengths.values()) * (1 + 1e-7)
    names = ("least l1 norm", "exact limit for this scale", "least l2 norm")
    assert [rule["value"] for rule in rich.opening["rules"]["l1"]] == pytest.approx([norms[name] for name in names], rel=1e-6)


def test_the_coefficients_are_the_predictor(rich):
    told = rich.lanes["run"]
    recorded = told.run.data.predictor.values
    coefficients = KernelOrRich().derived(rich.values, told.lane, {"predictor": recorded})["coefficients"]
    np.testing.assert_array_equal(coefficients, recorded[:, 0])


def test_rules_are_named(rich, kernel):
    for whole in (rich, kernel):
        assert [one["label"] for one in whole.opening["rules"]["l1"]] == ["least possible", "exact limit", "of least l2 norm"]


def test_the_flow_ends_at_its_own_limit(rich, kernel):
    for whole, other in ((rich, "to_least_l2"), (kernel, "to_least_l1")):
        data = whole.lanes["run"].run.data
        assert float(data.to_limit[-1]) < 5e-3
        assert float(data[other][-1]) > 0.1


def test_the_ends_are_called_what_they_are(rich, kernel):
    assert "This is the rich regime" in rich.lanes["run"].closing["sentence"]
    assert "This is the kernel regime" in kernel.lanes["run"].closing["sentence"]
    for whole in (rich, kernel):
        told = whole.lanes["run"]
        (score,) = re.findall(r"the score is (\S+), where", told.closing["sentence"])
        assert float(score) == pytest.approx(tw.regime(told.run, twin=False).score, rel=0.06)


def test_the_reference_is_told_with_its_norms_and_gaps(rich):
    told = rich.references["sentence"]
    for rule in rich.opening["rules"]["l1"]:
        assert f"{rule['value']:.4g}" in told
    gaps = [float(gap) for gap in re.findall(r"\d+e-\d+", told)]
    assert len(gaps) == 3
    assert max(gaps) < 1e-9


def test_the_sentence_counts_what_is_found(rich):
    _, planted = drawn(rich.values)
    first, second = np.flatnonzero(planted)
    now = np.zeros(12)
    assert "found 0 of 2 planted coefficients and is at 0.00 times the least l1 norm; the exact limit is at 1.50." in sentence(
        rich.values, now, 1.5 * planted, planted
    )
    now[first] = 0.51 * planted[first]
    assert "found 1 of 2" in sentence(rich.values, now, planted, planted)
    now[second] = -planted[second]  # of the wrong sign
    assert "found 1 of 2" in sentence(rich.values, now, planted, planted)
    now[second] = 1.51 * planted[second]
    assert "found 1 of 2" in sentence(rich.values, now, planted, planted)
    assert "found 2 of 2 planted coefficients and is at 1.40 times" in sentence(rich.values, 1.4 * planted, planted, planted)
    one = {**rich.values, "sparsity": 1, "scale": 0.25}
    told = sentence(one, drawn(one)[1], planted, planted)
    assert told.startswith("From scale 0.25 the path has found 1 of 1 planted coefficient and")


@pytest.mark.parametrize(
    ("asked", "knob", "said"),
    [
        ({"samples": "60"}, "samples", "60 samples leave one solution for 60 coefficients"),
        ({"coefficients": "10", "samples": "5", "sparsity": "11"}, "sparsity", "of 10 coefficients no 11"),
        ({"depth": "5", "scale": "1e-3"}, "scale", "0.03 is the least at this depth"),
        ({"depth": "3", "scale": "1e-5"}, "scale", "0.0001 is the least at this depth"),
        ({"scale": "100"}, "scale", "goes from 1e-06 to 10"),
    ],
)
def test_what_does_not_go_together(asked: dict[str, str], knob: str, said: str):
    experiment = KernelOrRich()
    with pytest.raises(BadKnob, match=said) as refused:
        experiment.check(read(experiment.knobs, asked))
    assert refused.value.knob == knob
