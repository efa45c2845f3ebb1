"""scikit-learn's own checks of estimators, none of which is expected to fail."""

from typing import Any

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from thalweg.estimators import DeepMatrixCompletion

ESTIMATORS = [DeepMatrixCompletion(), DeepMatrixCompletion(depth=3, validation_fraction=None, centring="none", tol=0.05)]
EXPECTED_TO_FAIL: dict[str, str] = {}
"""Checks by name, each with the reason."""


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=lambda estimator: EXPECTED_TO_FAIL)
def test_a_check_of_scikit_learn(estimator: Any, check: Any):
    check(estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda one: type(one).__name__)
def test_the_checks_are_collected(estimator: Any):
    checks: list[Any] = [check for _, check, *_ in map(tuple, estimator_checks_generator(estimator))]
    names = {getattr(check, "func", check).__name__ for check in checks}
    assert len(names) >= 40
    assert {"check_transformer_general", "check_estimator_sparse_array", "check_methods_subset_invariance"} <= names
    assert EXPECTED_TO_FAIL.keys() <= names
