"""What the study of singular values runs: the published setting, the same instance for all depths, splits of the ratings."""

import dataclasses
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from thalweg.data.movielens import Ratings
from thalweg.data.source import DataMissing
from thalweg.lab.specification import case_key
from thalweg.studies.singular_values import study as module
from thalweg.studies.singular_values.study import STUDY, MovieLens, split
from thalweg.studies.study import Case

SMALL = dataclasses.replace(
    STUDY.quick, side=8, rank=2, observed=40, steps=(20, 20, 20), every=5, shape=(5, 4), few=18, end=4.0, interval=0.1
)


def built(case: Case, root: int) -> Any:
    """What the study makes of a case of its small form."""
    return STUDY.build(SMALL, case, root)


def ratings(shape: tuple[int, int] = (12, 9), count: int = 60) -> Ratings:
    rng = np.random.default_rng(0)
    items, users = np.unravel_index(rng.permutation(shape[0] * shape[1])[:count], shape)
    return Ratings(users, items, rng.integers(1, 6, count).astype(float), np.zeros(count, int), shape=shape)


@pytest.fixture
def few_ratings(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "movielens_100k", ratings)
    split.cache_clear()
    yield ratings()
    split.cache_clear()


def test_the_full_form_is_the_published_setting():
    full = STUDY.parameters
    assert (full.side, full.rank, full.observed, full.scale, full.rate) == (100, 5, 2000, 1e-3, 0.1)
    assert full.steps == (30_000, 15_000, 20_000)
    assert (full.films.most, full.films.ratings) == (0, 10_000)


def test_depths_of_a_seed_meet_the_same_instance():
    cases = [case for case in STUDY.cases(SMALL, [0, 1]) if case.coordinates["family"] == "descent"]
    targets: dict[int, list[np.ndarray]] = {}
    for case in cases:
        targets.setdefault(case.seed, []).append(built(case, 0).problem.target)
    assert {seed: len(found) for seed, found in targets.items()} == {0: 3, 1: 3}
    assert all(np.array_equal(found[0], other) for found in targets.values() for other in found)
    assert not np.allclose(targets[0][0], targets[1][0])


def test_ratings_are_asked_of_the_first_seed_alone():
    seeds = [case.seed for case in STUDY.cases(SMALL, [4, 5]) if case.coordinates["family"] == "movielens"]
    assert seeds == [4, 4, 4]


def test_the_law_is_recorded_densely_on_paths_and_sparsely_on_flows():
    def interval(family: str) -> float:
        case = Case({"family": family, "depth": 2, "rtol": 1e-8}, 0)
        return float(built(case, 0).at.interval)

    assert interval("path") == 0.1
    assert interval("flow") == 2.0


def test_keys_of_cases_differ():
    cases = [case for case in STUDY.cases(SMALL, [0, 1]) if case.coordinates["family"] != "movielens"]
    keys = [case_key(STUDY.build, built(case, 0)) for case in cases]
    assert len(set(keys)) == len(keys)


def test_a_split_holds_every_rating_once(few_ratings: Ratings):
    seen, unseen, shape = split(MovieLens(ratings=20), (0, 0))
    assert shape == (12, 9)
    assert (len(seen[2]), len(unseen[2])) == (20, 40)
    both = {(int(r), int(c)): float(v) for part in (seen, unseen) for r, c, v in zip(*part, strict=True)}
    told = zip(few_ratings.items, few_ratings.users, few_ratings.ratings, strict=True)
    assert both == {(int(r), int(c)): float(v) for r, c, v in told}
    assert not np.array_equal(split(MovieLens(ratings=20), (1, 0))[0][2], seen[2])


def test_the_most_rated_films_and_most_active_users_are_kept(few_ratings: Ratings):
    seen, unseen, shape = split(MovieLens(most=4, ratings=5), (0, 0))
    assert shape == (4, 4)
    matrix = few_ratings.matrix()
    counts = np.isfinite(matrix)
    films = np.argsort(-counts.sum(axis=1), kind="stable")[:4]
    users = np.argsort(-counts.sum(axis=0), kind="stable")[:4]
    made = np.full((4, 4), np.nan)
    for part in (seen, unseen):
        made[part[0], part[1]] = part[2]
    np.testing.assert_array_equal(made, matrix[np.ix_(films, users)])


@pytest.mark.parametrize(
    ("films", "words"),
    [
        (MovieLens(most=10, ratings=5), "films.most must be at most 9"),
        (MovieLens(most=-1, ratings=5), "films.most must be at least 0"),
        (MovieLens(ratings=60), "films.ratings must be below the 60 that there are"),
        (MovieLens(ratings=0), "films.ratings must be at least 1"),
    ],
)
def test_numbers_of_ratings_that_there_are_not_are_refused(few_ratings: Ratings, films: MovieLens, words: str):
    with pytest.raises(ValueError, match=words):
        split(films, (0, 0))


def test_without_data_the_build_says_so(monkeypatch: pytest.MonkeyPatch):
    def absent() -> Any:
        raise DataMissing("set THALWEG_DATA")

    monkeypatch.setattr(module, "movielens_100k", absent)
    split.cache_clear()
    with pytest.raises(DataMissing, match="THALWEG_DATA"):
        built(Case({"family": "movielens", "depth": 2}, 0), 0)


def test_the_closed_form_at_depth_one_is_that_of_the_flow():
    """Each entry by itself: seen ones approach their rating as exp(-2t/m), others stay."""
    problem = SimpleNamespace(
        shape=(2, 3), count=2, rows=np.array([0, 1]), columns=np.array([1, 2]), values=np.array([4.0, 2.0]),
        observed=np.array([[np.nan, 4.0, np.nan], [np.nan, np.nan, 2.0]]),
    )  # fmt: skip
    end, scale = 0.7, 0.01
    exact = scale * np.eye(2, 3)
    for row, column, value in ((0, 1, 4.0), (1, 2, 2.0)):
        exact[row, column] = value + (exact[row, column] - value) * np.exp(-2 * end / 2)
    unseen, seen = np.array([1.0, 3.0]), np.array([4.0, 2.0])
    found = module._ratings(problem, exact, unseen=unseen, seen=seen, end=end, scale=scale, depth=1)
    assert found["closed_form"] == pytest.approx(0, abs=1e-15)
    assert found["faded"] == pytest.approx(np.exp(-0.7))
    assert found["zero_predictor"] == 5.0
    assert found["mean_predictor"] == 2.0
    assert found["observed_norm"] == pytest.approx(4.0)
    off = module._ratings(problem, 1.01 * exact, unseen=unseen, seen=seen, end=end, scale=scale, depth=1)
    assert off["closed_form"] == pytest.approx(0.01)


def test_targets_of_few_rows_have_few_singular_values():
    found = module._truth(SimpleNamespace(target=np.diag([3.0, 2.0, 1.0])), None)
    assert found == {"truth_sigma_1": 3.0, "truth_sigma_2": 2.0, "truth_sigma_3": 1.0}
