"""The row of all parameters: in the order of the network, recorded as they were, and taken apart again."""

import numpy as np

import thalweg as tw
from observables.cases import SHAPES, factors, objective


def test_a_row_holds_all_factors_in_order_by_rows():
    for shape in SHAPES.values():
        found = np.asarray(tw.Factors()(objective(shape), factors(shape)))
        np.testing.assert_array_equal(found, np.concatenate([factor.ravel() for factor in factors(shape)]))
        other = np.concatenate([factor.T.ravel() for factor in factors(shape)])
        assert not np.array_equal(found, other)


def test_records_name_their_axis_and_begin_and_end_as_the_run_does():
    problem = tw.MatrixCompletion(np.array([[1.0, np.nan], [0.5, 2.0]]))
    network = tw.DeepLinear(depth=2, shape=(2, 2), hidden=3)
    run = tw.follow(
        problem,
        network,
        tw.Gaussian(0.3),
        tw.GradientDescent(0.1),
        until=tw.Steps(4),
        record=[tw.Factors()],
        at=tw.EverySteps(2),
        key=0,
    )
    assert run.data.factors.dims == ("record", "parameter")
    assert run.data.factors.shape == (3, 12)
    for row, params in ((0, run.start), (-1, run.params)):
        np.testing.assert_array_equal(run.data.factors.values[row], np.concatenate([factor.ravel() for factor in params]))


def test_parameters_of_other_kinds_make_a_row_too():
    tree = {"b": np.array([3.0]), "a": [np.array([[1.0, 2.0]])]}
    assert np.asarray(tw.Factors()(objective((3, 5)), tree)).tolist() == [1.0, 2.0, 3.0]
