"""Branches of singular values and vectors through crossings and flips of sign."""

import numpy as np
import pytest
import xarray as xr

import thalweg as tw

RECORD = [tw.SingularValues(2), tw.LeftSingularVectors(2), tw.RightSingularVectors(2)]


@pytest.fixture(scope="module")
def crossing() -> xr.Dataset:
    """Two modes whose order changes on the way; three entries are seen, so each grows as 1 - exp(-2t/3)."""
    return tw.follow(
        tw.MatrixCompletion([[1.0, 0.0], [np.nan, 3.0]]),
        tw.DeepLinear(depth=1, shape=(2, 2)),
        tw.Given([np.diag([0.5, 0.1])]),
        tw.GradientFlow(1e-10),
        record=RECORD,
        at=tw.EveryTime(0.05),
        until=tw.Time(3.0),
        key=0,
    ).data


def test_branches_go_through_a_crossing(crossing: xr.Dataset):
    tracked = tw.track(crossing)
    decay = np.exp(-2 * crossing.time.values / 3)
    np.testing.assert_allclose(tracked.singular_values[:, 0], 1 - 0.5 * decay, rtol=1e-9)
    np.testing.assert_allclose(tracked.singular_values[:, 1], 3 - 2.9 * decay, rtol=1e-9)
    # Sorted values are not branches: each has a kink where they meet.
    assert np.abs(crossing.singular_values[:, 0] - (1 - 0.5 * decay)).max() > 1.0
    assert (tracked.overlap > 1 - 1e-9).all()
    assert tracked.overlap.dims == ("record", "rank")


def test_vectors_stay_with_their_branch(crossing: xr.Dataset):
    tracked = tw.track(crossing)
    for name in ("left_singular_vectors", "right_singular_vectors"):
        vectors = tracked[name].values
        np.testing.assert_allclose(vectors, np.broadcast_to(vectors[0], vectors.shape), atol=1e-9)
    rebuilt = np.einsum("tik,tk,tjk->tij", tracked.left_singular_vectors, tracked.singular_values, tracked.right_singular_vectors)
    plain = np.einsum(
        "tik,tk,tjk->tij", crossing.left_singular_vectors, crossing.singular_values, crossing.right_singular_vectors
    )
    np.testing.assert_allclose(rebuilt, plain, atol=1e-13)


def test_the_record_itself_is_left_alone(crossing: xr.Dataset):
    before = crossing.copy(deep=True)
    tw.track(crossing)
    xr.testing.assert_identical(crossing, before)


def test_signs_and_orders_drawn_at_random_are_undone():
    rng = np.random.default_rng(0)
    times = np.linspace(0, 1, 40)
    smooth = np.stack([1 + times, 2.5 - times, 0.3 + 2 * times], axis=1)
    turn = np.linalg.qr(rng.normal(size=(5, 3)))[0], np.linalg.qr(rng.normal(size=(4, 3)))[0]
    values, left, right = smooth.copy(), np.tile(turn[0], (40, 1, 1)), np.tile(turn[1], (40, 1, 1))
    for now in range(1, 40):
        order, signs = rng.permutation(3), rng.choice([-1.0, 1.0], size=3)
        values[now] = values[now][order]
        left[now], right[now] = left[now][:, order] * signs, right[now][:, order] * signs
    data = xr.Dataset(
        {
            "singular_values": (("record", "rank"), values),
            "left_singular_vectors": (("record", "output", "rank"), left),
            "right_singular_vectors": (("record", "input", "rank"), right),
        }
    )
    tracked = tw.track(data)
    np.testing.assert_array_equal(tracked.singular_values, smooth)
    np.testing.assert_array_equal(tracked.left_singular_vectors, np.tile(turn[0], (40, 1, 1)))
    np.testing.assert_array_equal(tracked.right_singular_vectors, np.tile(turn[1], (40, 1, 1)))


def test_records_too_far_apart_show_in_the_overlap():
    turned = np.stack([np.eye(2), np.array([[np.cos(1.0), -np.sin(1.0)], [np.sin(1.0), np.cos(1.0)]])])
    data = xr.Dataset(
        {
            "singular_values": (("record", "rank"), np.array([[2.0, 1.0], [2.0, 1.0]])),
            "left_singular_vectors": (("record", "output", "rank"), turned),
            "right_singular_vectors": (("record", "input", "rank"), turned),
        }
    )
    assert float(tw.track(data).overlap[1].min()) < 0.75


def test_a_record_without_what_it_takes_is_refused(crossing: xr.Dataset):
    with pytest.raises(ValueError, match="track needs left_singular_vectors in the record; record all three"):
        tw.track(crossing.drop_vars("left_singular_vectors"))
    fewer = crossing.assign(singular_values=(("record", "one"), crossing.singular_values.values[:, :1]))
    with pytest.raises(ValueError, match="one count of singular values, left and right vectors; recorded were 1, 2 and 2"):
        tw.track(fewer)
