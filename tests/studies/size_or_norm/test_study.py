"""The study of size and norm, on what it really computes: every claim holds and can tell, everything is drawn."""

import dataclasses
import itertools
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.claims_checked import carried_out, check_can_tell, check_in_order, check_renders
from thalweg.data.labelled import Labelled
from thalweg.data.source import DataMissing
from thalweg.lab.specification import case_key
from thalweg.studies.claim import Claim
from thalweg.studies.evidence import Evidence
from thalweg.studies.size_or_norm import work as works
from thalweg.studies.size_or_norm.study import STUDY
from thalweg.studies.study import Case

SMALL = dataclasses.replace(STUDY.quick, widths=(4, 8, 16, 32, 128), draws=(3,))


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    pytest.importorskip("sklearn", reason="the digits come with scikit-learn")
    return carried_out(STUDY, SMALL, STUDY.cases(SMALL, (0,)))


@pytest.mark.parametrize("claim", STUDY.claims(SMALL), ids=lambda claim: claim.name)
def test_the_claim_holds_and_can_tell(claim: Claim, evidence: Evidence):
    check_can_tell(claim, evidence)


def test_the_claims_are_in_order():
    check_in_order(STUDY, STUDY.quick)
    check_in_order(STUDY, STUDY.parameters)


def test_pictures_and_tables_are_made_of_whatever_there_is(evidence: Evidence):
    check_renders(STUDY, SMALL, evidence)
    check_renders(STUDY, SMALL, Evidence([]))
    check_renders(STUDY, STUDY.parameters, evidence)
    assert [len(plot.panels) for plot in STUDY.plots(SMALL, evidence)] == [1, 2]


def weights_of(rng: np.random.Generator, size: int = 3, width: int = 4) -> works.Weights:
    shapes = {"W1": (width, size), "b1": (width,), "W2": (works.CLASSES, width), "b2": (works.CLASSES,)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def test_the_gradient_is_that_of_the_cross_entropy():
    rng = np.random.default_rng(0)
    weights, inputs, labels = weights_of(rng), rng.normal(size=(5, 3)), rng.integers(0, works.CLASSES, 5)

    def entropy(weights: dict) -> jax.Array:
        hidden = jnp.maximum(inputs @ weights["W1"].T + weights["b1"], 0.0)
        logs = jax.nn.log_softmax(hidden @ weights["W2"].T + weights["b2"], axis=1)
        return -jnp.mean(logs[jnp.arange(5), labels])

    loss, slopes = works.loss_and_slopes(weights, inputs, np.eye(works.CLASSES)[labels])
    expected, gradient = jax.value_and_grad(entropy)({name: jnp.asarray(value) for name, value in weights.items()})
    assert loss == pytest.approx(float(expected), rel=1e-12)
    for name, value in slopes.items():
        np.testing.assert_allclose(value, gradient[name], rtol=1e-10, atol=1e-14)


def test_the_path_norm_is_the_sum_over_paths():
    rng = np.random.default_rng(1)
    weights, some = weights_of(rng), Labelled(rng.normal(size=(6, 3)), np.arange(6))
    found = works.norms(weights, some)
    total = float(np.sum(weights["b2"] ** 2))
    for k, j in itertools.product(range(works.CLASSES), range(4)):
        starts = [*weights["W1"][j], weights["b1"][j]]
        total += sum(float(weights["W2"][k, j] * start) ** 2 for start in starts)
    assert found["path"] ** 2 == pytest.approx(total, rel=1e-12)
    assert found["l2"] ** 2 == pytest.approx(sum(float(np.sum(value**2)) for value in weights.values()), rel=1e-12)
    rows = works.scores(weights, some.inputs)
    least = min(row[label] - max(np.delete(row, label)) for row, label in zip(rows, some.labels))
    assert found["margin"] == pytest.approx(least, rel=1e-12)
    assert found["path_margin"] == pytest.approx(found["path"] / least, rel=1e-12)


def test_the_path_norm_does_not_see_how_a_unit_shares_its_size():
    rng = np.random.default_rng(2)
    weights, some = weights_of(rng), Labelled(rng.normal(size=(6, 3)), np.arange(6))
    shares = np.array([10.0, 0.1, 2.0, 1.0])
    turned = {**weights, "W1": weights["W1"] * shares[:, None], "b1": weights["b1"] * shares, "W2": weights["W2"] / shares}
    before, after = works.norms(weights, some), works.norms(turned, some)
    assert after["path_margin"] == pytest.approx(before["path_margin"], rel=1e-12)
    assert after["layers"] > 2 * before["layers"]


def test_training_stops_at_the_target_and_at_the_last_epoch():
    rng = np.random.default_rng(3)
    some = Labelled(np.eye(10), np.arange(10))
    settings = {"key": 0, "width": 32, "scale": 1.0, "rate": 0.5, "momentum": 0.9, "batch": 5}
    weights, loss, epochs = works.trained(lambda progress: None, some, **settings, target=0.01, epochs=500)
    assert loss < 0.01
    assert epochs < 500
    assert works.wrong(weights, some) == 0.0
    hopeless = Labelled(np.ones((10, 2)), rng.integers(0, 10, 10))
    reports = []
    _, loss, epochs = works.trained(reports.append, hopeless, **{**settings, "rate": 0.01}, target=0.01, epochs=41)
    assert loss > 1.0
    assert epochs == 41
    assert [report.steps for report in reports] == [20, 40]


def test_draws_are_apart_from_the_test_examples():
    pytest.importorskip("sklearn", reason="the digits come with scikit-learn")
    train, test = works.drawn("digits", np.random.default_rng(0), 400)
    assert (len(train), len(test)) == (400, 1397)
    assert sorted(np.concatenate([train.labels, test.labels]).tolist()) == sorted(works.pool("digits")[0].labels.tolist())


def test_images_are_drawn_from_those_to_train_on(data_folder: Path):
    if not (data_folder / "mnist").is_dir():
        pytest.skip(f"{data_folder} holds no mnist")
    train, test = works.drawn("mnist", np.random.default_rng(0), 100)
    assert (len(train), len(test), train.inputs.shape[1]) == (100, 10_000, 784)


def test_data_that_are_missing_are_told_when_built(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    works.pool.cache_clear()
    with pytest.raises(DataMissing, match="scikit-learn"):
        STUDY.build(SMALL, STUDY.cases(SMALL, (0,))[0], 0)


def test_parameters_that_do_not_fit_are_refused():
    case = Case({"family": "widths", "data": "digits", "width": 8}, 0)
    for widths in ((8, 4, 128), (4, 16, 128), (8, 16)):
        with pytest.raises(ValueError, match="widths must increase, with 8 and 128 among them"):
            STUDY.build(dataclasses.replace(SMALL, widths=widths), case, 0)
    with pytest.raises(ValueError, match="data must be 'digits' or 'mnist'"):
        works.pool("letters")


def test_keys_of_cases_differ():
    pytest.importorskip("sklearn", reason="the digits come with scikit-learn")
    keys = [case_key(STUDY.build, STUDY.build(STUDY.quick, case, 0)) for case in STUDY.cases(STUDY.quick, (0, 1))]
    assert len(set(keys)) == len(keys)
