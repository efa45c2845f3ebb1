"""`follow`: what it records, what it refuses, and the single precision that it does not hide."""

import json
import subprocess
import sys
import textwrap
from typing import Any

import numpy as np
import pytest

import thalweg as tw
from trajectory.cases import NETWORK, PROBLEM, RECORD, START, gradients, loss_of, path, product, same_bits

DESCENT = tw.GradientDescent(0.1)


def test_the_record_has_time_steps_gradients_and_the_axes_of_each_observable():
    record = [
        tw.Loss(),
        tw.SingularValues(2),
        tw.LeftSingularVectors(2),
        tw.RightSingularVectors(2),
        tw.Alignment(),
        tw.ReconstructionError(),
        tw.ReconstructionError("unobserved"),
        tw.EffectiveRank(),
    ]
    run = tw.follow(PROBLEM, NETWORK, START, DESCENT, record=record, until=tw.Steps(40), at=tw.EverySteps(10), key=1)
    shapes = {name: (variable.dims, variable.shape) for name, variable in run.data.data_vars.items()}
    assert shapes == {
        "time": (("record",), (5,)),
        "steps": (("record",), (5,)),
        "gradients": (("record",), (5,)),
        "loss": (("record",), (5,)),
        "singular_values": (("record", "rank"), (5, 2)),
        "left_singular_vectors": (("record", "output", "rank"), (5, 4, 2)),
        "right_singular_vectors": (("record", "input", "rank"), (5, 6, 2)),
        "alignment": (("record", "part"), (5, 2)),
        "reconstruction_error": (("record",), (5,)),
        "unobserved_error": (("record",), (5,)),
        "effective_rank": (("record",), (5,)),
    }
    np.testing.assert_allclose(run.data.time, [0.0, 1.0, 2.0, 3.0, 4.0], rtol=1e-15)
    assert run.data.gradients.values.tolist() == [1, 11, 21, 31, 41]


def test_every_record_is_the_observable_at_that_instant():
    run = path(DESCENT, tw.Steps(6), at=tw.EverySteps(3))
    factors = START.sample(NETWORK, key=1)
    for step in range(7):
        if step % 3 == 0:
            at = run.data.isel(record=step // 3)
            assert float(at.loss) == pytest.approx(loss_of(PROBLEM, product(factors)), rel=1e-13)
            values = np.linalg.svd(product(factors), compute_uv=False)
            np.testing.assert_allclose(at.singular_values, values, rtol=0, atol=1e-13 * values[0])
        factors = [w - 0.1 * g for w, g in zip(factors, gradients(PROBLEM, factors), strict=True)]


def test_the_loss_is_recorded_unless_something_else_is_asked_for():
    run = tw.follow(PROBLEM, NETWORK, START, DESCENT, until=tw.Steps(2), key=0)
    assert set(run.data.data_vars) == {"time", "steps", "gradients", "loss"}


def test_a_run_goes_on_from_the_end_of_another():
    whole = path(DESCENT, tw.Steps(50))
    half = path(DESCENT, tw.Steps(25))
    rest = tw.follow(PROBLEM, NETWORK, half.params, DESCENT, until=tw.Steps(25), key=0, record=RECORD)
    assert all(np.array_equal(a, b) for a, b in zip(rest.params, whole.params, strict=True))


def test_equal_arguments_give_equal_bits():
    assert same_bits(path(DESCENT, tw.Steps(50)), path(DESCENT, tw.Steps(50)))


def attempt(**change: Any) -> tw.Trajectory:
    arguments: dict[str, Any] = {
        "problem": PROBLEM,
        "parametrization": NETWORK,
        "start": START,
        "algorithm": DESCENT,
        "until": tw.Steps(2),
        "key": 0,
    }
    return tw.follow(**(arguments | change))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"problem": PROBLEM.observed}, TypeError, r"problem must be a problem such as tw\.MatrixCompletion, got array"),
        ({"parametrization": 3}, TypeError, r"parametrization must be a parametrization such as tw\.DeepLinear, got 3"),
        ({"algorithm": 0.1}, TypeError, r"algorithm must be an algorithm such as tw\.GradientFlow, got 0\.1"),
        ({"algorithm": tw.GradientDescent}, TypeError, "algorithm must be an algorithm such as"),
        ({"until": 100}, TypeError, r"until must be a stopping rule such as tw\.LossBelow or tw\.Steps, got 100"),
        ({"at": [1, 2]}, TypeError, r"at must be a schedule such as tw\.EverySteps, got \[1, 2\]"),
        ({"record": tw.Loss()}, TypeError, r"record must be a list of observables such as \[tw\.Loss\(\)\], got Loss"),
        ({"record": ["loss"]}, TypeError, r"record must be a list of observables such as tw\.Loss, got 'loss'"),
        ({"record": [tw.Loss(), tw.Loss()]}, ValueError, "record holds loss more than once"),
        (
            {"record": [tw.SingularValues(3), tw.PredictedVelocity(2)]},
            ValueError,
            "the axis 'rank' has 3 places in singular_values and 2 in predicted_velocity; record both with one count",
        ),
        ({"start": "gaussian"}, TypeError, "params must be an array of real numbers, got a str"),
        ({"start": [np.eye(4)]}, ValueError, r"the factors have shapes \[\(4, 4\)\], the network has \[\(4, 6\)"),
        ({"start": [np.full((4, 6), 1e200), *[np.eye(4)] * 2]}, ValueError, "the loss is not finite at the start"),
        (
            {"parametrization": tw.DeepLinear(depth=2, shape=(6, 4))},
            ValueError,
            r"the problem is of shape \(4, 6\), the parametrization of \(6, 4\)",
        ),
        ({"key": "seed"}, TypeError, "key must be a whole number, got 'seed'"),
        ({"key": -3}, ValueError, "key must be at least 0, got -3"),
        ({"key": "seed", "start": tw.Identity(1.0)}, TypeError, "key must be a whole number, got 'seed'"),
        ({"snapshots": 3}, TypeError, "snapshots must be a path, or have load and save, got 3"),
        ({"every": -1.0}, ValueError, "every must be at least 0, got -1"),
        ({"every": "often"}, TypeError, "every must be a number, got 'often'"),
        ({"algorithm": tw.GradientFlow(1e-14)}, ValueError, r"rtol=1e-14 cannot be reached in float64"),
    ],
)
def test_bad_arguments_are_refused_by_name(change: dict[str, Any], error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        attempt(**change)


SINGLE = """
    import json
    import numpy as np
    import thalweg as tw
    problem = tw.MatrixCompletion.random(shape=(4, 6), rank=2, observed=17, key=3)
    network = tw.DeepLinear(depth=3, shape=(4, 6))

    def follow(algorithm, until):
        return tw.follow(problem, network, tw.Gaussian(0.3), algorithm, until=until, key=1, at=tw.EveryTime(1.0),
                         record=[tw.Loss(), tw.SingularValues(2)])

    told = {}
    for name, algorithm in {"descent": tw.GradientDescent(0.1), "flow": tw.GradientFlow(1e-4)}.items():
        run = follow(algorithm, tw.Time(5.0))
        told[name] = {
            "precision": json.loads(run.data.attrs["provenance"])["precision"],
            "dtypes": sorted({str(part.dtype) for part in [*run.params, run.predictor, run.data.loss, run.data.time]}),
            "loss": run.outcome.loss,
            "times": run.data.time.values.tolist(),
        }
    for rtol in (1e-6, 1e-9):
        try:
            follow(tw.GradientFlow(rtol), tw.Time(1.0))
        except ValueError as error:
            told[str(rtol)] = str(error)
    told["target"] = float(np.sum(problem.target * np.arange(24.0).reshape(4, 6)))
    print(json.dumps(told))
"""


def test_single_precision_is_followed_recorded_and_not_asked_for_more_than_it_has():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(SINGLE)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    double = {
        "descent": path(DESCENT, tw.Time(5.0)).outcome.loss,
        "flow": path(tw.GradientFlow(1e-9), tw.Time(5.0), at=tw.EveryTime(1.0)).outcome.loss,
    }
    for name, loss in double.items():
        assert told[name]["precision"] == "float32"
        assert told[name]["dtypes"] == ["float32"]
        assert told[name]["loss"] == pytest.approx(loss, rel=1e-4)
        assert told[name]["loss"] != loss
        np.testing.assert_allclose(told[name]["times"], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0], rtol=1e-6)
    for rtol in ("1e-06", "1e-09"):
        assert told[rtol] == (
            f"rtol={rtol} cannot be reached in float32, whose rounding allows 6e-06 at best; "
            'switch to float64 by jax.config.update("jax_enable_x64", True)'
        )
    # The instance is the same to the last bit: it is drawn in float64 whatever the run computes in.
    assert told["target"] == float(np.sum(np.asarray(PROBLEM.target) * np.arange(24.0).reshape(4, 6)))


def test_where_a_step_takes_longer_than_the_pace_a_report_comes_with_every_step():
    seen = []
    problem = tw.LinearRegression.whitened([[1.0, 2.0]])
    words = (problem, tw.DeepLinear(depth=1, shape=(1, 2)), tw.Given([np.zeros((1, 2))]), tw.GradientDescent(1e-3))
    tw.follow(*words, until=tw.Steps(30), at=tw.EverySteps(1), key=0, report=lambda at: seen.append(at.steps), pace=1e-9)
    assert seen == list(range(4, 31))


def test_reports_bring_every_record_once_and_the_pace_changes_no_number():
    problem = tw.MatrixCompletion.random(shape=(6, 6), rank=1, observed=25, key=0)
    told, params = [], []

    def report(progress):
        told.append(progress.fresh)
        params.append(progress.params)

    words = problem, tw.DeepLinear(depth=2, shape=(6, 6)), tw.Gaussian(0.1), tw.GradientDescent(0.1)
    rules = {"until": tw.Steps(400), "at": tw.EverySteps(1), "key": 0, "record": [tw.Loss(), tw.SingularValues(2)]}
    run = tw.follow(*words, **rules, report=report, pace=1e-6)
    whole = tw.follow(*words, **rules)
    for name in ("time", "loss", "singular_values"):
        np.testing.assert_array_equal(np.concatenate([part[name] for part in told]), run.data[name].values)
        np.testing.assert_array_equal(run.data[name].values, whole.data[name].values)
    assert len(told) > 5
    assert all(np.array_equal(one, other) for one, other in zip(params[-1], run.params))
    with pytest.raises(ValueError, match="pace must be greater than 0"):
        tw.follow(*words, **rules, pace=0.0)
