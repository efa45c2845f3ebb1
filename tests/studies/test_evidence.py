"""Evidence is found by its coordinates, and changed copies leave it as it was."""

import numpy as np
import pytest
import xarray as xr

from thalweg.studies.evidence import Evidence, NotThere, Result, over_seeds


def evidence() -> Evidence:
    def record(value: float) -> xr.Dataset:
        return xr.Dataset({"loss": ("record", value * np.arange(3.0))})

    return Evidence(
        [
            Result({"depth": depth, "scale": scale}, seed, {"error": depth * scale + seed}, lambda v=depth: record(v))
            for seed in (0, 3)
            for depth in (2, 3)
            for scale in (0.1, 0.01)
        ]
    )


def test_results_are_selected_by_any_of_their_coordinates():
    assert len(evidence().select()) == 8
    assert len(evidence().select(depth=2)) == 4
    assert len(evidence().select(depth=2, scale=0.1)) == 2
    assert evidence().select(depth=4) == []
    assert evidence().select(width=2) == []
    assert [result.seed for result in evidence().of_seed(3)] == [3] * 4
    assert evidence().seeds() == [0, 3]


def test_one_result_gives_its_numbers_and_its_record():
    first = evidence().of_seed(0)
    assert first.final("error", depth=3, scale=0.1) == pytest.approx(0.3)
    np.testing.assert_array_equal(first.record(depth=3, scale=0.1).loss, [0, 3, 6])


def test_no_result_and_several_are_told_apart():
    with pytest.raises(NotThere, match=r"no result with \{'depth': 5\}"):
        evidence().one(depth=5)
    with pytest.raises(LookupError, match="2 results with .*, one was wanted; name more") as caught:
        evidence().one(depth=2, scale=0.1)
    assert not isinstance(caught.value, NotThere)


def test_a_replaced_copy_changes_what_it_names_and_nothing_else():
    before = evidence()
    after = before.replaced(lambda r: {"error": -1.0, "new": r.seed}, depth=2)
    assert {r.finals["error"] for r in after.select(depth=2)} == {-1.0}
    assert [r.finals for r in after.select(depth=3)] == [r.finals for r in before.select(depth=3)]
    assert after.of_seed(3).one(depth=2, scale=0.1).finals["new"] == 3
    assert all("new" not in result.finals for result in before)
    assert [r.finals for r in before.replaced(lambda r: None)] == [r.finals for r in before]


def test_a_rerecorded_copy_changes_records_when_they_are_read():
    before = evidence().of_seed(0)
    after = before.rerecorded(lambda data: data.assign(loss=data.loss + 1), depth=2)
    twice = after.rerecorded(lambda data: data.assign(loss=10 * data.loss))
    np.testing.assert_array_equal(after.record(depth=2, scale=0.1).loss, [1, 3, 5])
    np.testing.assert_array_equal(after.record(depth=3, scale=0.1).loss, [0, 3, 6])
    np.testing.assert_array_equal(twice.record(depth=2, scale=0.01).loss, [10, 30, 50])
    np.testing.assert_array_equal(before.record(depth=2, scale=0.1).loss, [0, 2, 4])


def test_seeds_are_put_together_by_median_and_range():
    assert over_seeds([3.0, 1.0, 8.0]) == (3.0, 1.0, 8.0)
    assert over_seeds([2.0, 1.0]) == (1.5, 1.0, 2.0)


def test_the_range_of_five_holds_the_median_fifteen_times_in_sixteen():
    rng = np.random.default_rng(0)
    draws = rng.exponential(size=(20_000, 5))
    inside = (draws.min(axis=1) < np.log(2)) & (np.log(2) < draws.max(axis=1))
    assert inside.mean() == pytest.approx(15 / 16, abs=0.005)
