"""A table completed by the method that predicts held-out entries best: on tables of which the answer is known."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from thalweg.data.table import GappedTable, TableError, read_table
from thalweg.estimators import DeepMatrixCompletion, complete
from thalweg.estimators.complete import METHODS, Attempt, Completed, _best
from thalweg.estimators.complete_file import complete_file, places
from thalweg.estimators.completion_page import completion_page, errors_table
from thalweg.estimators.entries import Entries
from thalweg.estimators.singular_path import singular_path


def planted(rank: int = 2, noise: float = 0.2, shape: tuple[int, int] = (40, 25), seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((shape[0], rank)) @ rng.standard_normal((rank, shape[1])) + noise * rng.standard_normal(shape)


def table_of(X: np.ndarray, share: float = 0.6, seed: int = 1) -> GappedTable:
    rows, columns = np.nonzero(np.random.default_rng(seed).random(X.shape) < share)
    return GappedTable(rows, columns, X[rows, columns], tuple(range(X.shape[0])), tuple(range(X.shape[1])), "wide", ("",))


@pytest.fixture(scope="module")
def found() -> Completed:
    return complete(table_of(planted()), quick=True)


def test_a_table_of_low_rank_is_completed_by_a_factorization(found: Completed):
    X, table = planted(), table_of(planted())
    assert [one.name for one in found.attempts] == list(METHODS)
    assert found.chosen in ("deep", "soft-impute")
    assert "better by" in found.verdict
    np.testing.assert_array_equal(found.matrix[table.rows, table.columns], table.values)
    unseen = np.isnan(table.matrix())
    error = float(np.sqrt(np.mean((found.matrix - X)[unseen] ** 2)))
    mine = next(one for one in found.attempts if one.name == found.chosen)
    assert mine.test is not None
    assert mine.error_of_test is not None
    assert error == pytest.approx(mine.test, abs=4 * mine.error_of_test)  # the test is honest
    assert mine.validation == min(one.validation or np.inf for one in found.attempts)
    plain, close = Attempt("mean", "", "", 1.0), Attempt("deep", "", "", 0.995)
    assert [_best([plain, close]), _best([plain, Attempt("deep", "", "", 0.9)])] == ["mean", "deep"]
    gaps = {one.name: one.gap for one in found.attempts}
    assert gaps["deep"] is None
    assert gaps["mean"] is None
    assert all(0 <= (gaps[name] or 0) <= 1e-3 for name in ("soft-impute", "nuclear-norm"))


def test_the_test_entries_are_apart(found: Completed):
    """No number but the test's changes when the values of the test entries do; the split depends on the seed alone."""
    table = table_of(planted())
    entries = Entries.sorted(table.rows, table.columns, table.values, table.shape)
    fitted, test = entries.split(0.1, np.random.default_rng(0))
    assert found.counts == (round(0.9 * len(fitted)), len(fitted) - round(0.9 * len(fitted)), len(test))
    wrong = np.concatenate([fitted.values, test.values + 100.0])
    rows, columns = np.concatenate([fitted.rows, test.rows]), np.concatenate([fitted.columns, test.columns])
    spoilt = GappedTable(rows, columns, wrong, table.row_names, table.column_names, "wide", ("",))
    again = complete(spoilt, quick=True)
    for one, other in zip(found.attempts, again.attempts, strict=True):
        assert (one.validation, one.settings) == (other.validation, other.settings)
        assert one.test is not None
        assert other.test is not None
        assert other.test > one.test + 50


def test_where_nothing_is_to_be_learnt_the_plain_means_win_and_it_is_said():
    rng = np.random.default_rng(3)
    sums = np.add.outer(rng.standard_normal(30), rng.standard_normal(20)) + 0.5 * rng.standard_normal((30, 20))
    plain = complete(table_of(sums, 0.8), quick=True)
    assert plain.chosen == "offsets"
    assert "does not predict the validation entries better by a hundredth" in plain.verdict
    assert "no pattern of low rank" in plain.verdict


def test_a_method_that_is_asked_for_is_taken_and_judged():
    rng = np.random.default_rng(3)
    sums = np.add.outer(rng.standard_normal(30), rng.standard_normal(20)) + 0.5 * rng.standard_normal((30, 20))
    asked = complete(table_of(sums, 0.8), method="nuclear-norm", quick=True)
    assert asked.chosen == "nuclear-norm"
    assert [one.name for one in asked.attempts] == ["mean", "columns", "offsets", "nuclear-norm"]
    assert re.search("Prefer them|may be chance", asked.verdict)
    assert asked.flow_path is None
    only = complete(table_of(sums, 0.8), method="columns")
    assert only.chosen == "columns"
    expected = pd.DataFrame(table_of(sums, 0.8).matrix()).mean()
    unseen = np.isnan(table_of(sums, 0.8).matrix())
    np.testing.assert_allclose(only.matrix[unseen], np.broadcast_to(expected, unseen.shape)[unseen])


def test_the_same_seed_gives_the_same_and_another_one_another_split(found: Completed):
    again, other = complete(table_of(planted()), quick=True), complete(table_of(planted()), method="mean", seed=1)
    np.testing.assert_array_equal(again.matrix, found.matrix)
    assert again.verdict == found.verdict
    assert other.attempts[0].test != found.attempts[0].test


def test_a_table_too_large_for_the_least_nuclear_norm_says_so():
    rng = np.random.default_rng(0)
    cells = rng.choice(300 * 200, 900, replace=False)
    rows, columns = np.divmod(cells, 200)
    table = GappedTable(rows, columns, rng.standard_normal(900), tuple(range(300)), tuple(range(200)), "wide", ("",))
    with pytest.raises(ValueError, match="at most 40000 cells, the table has 300 x 200; --method soft-impute"):
        complete(table, method="nuclear-norm")
    left_out = complete(table, quick=True).attempts[4]
    assert left_out.test is None
    assert "at most 40000 cells" in left_out.left_out


@pytest.mark.parametrize("constant", [0.0, 2.5])
def test_a_constant_table_is_completed_by_the_constant(constant: float):
    filled = complete(table_of(np.full((12, 10), constant)), quick=True)
    np.testing.assert_allclose(filled.matrix, constant, atol=1e-9)


def test_progress_is_told_step_by_step():
    told: list[tuple[str, int, int]] = []
    complete(table_of(planted()), quick=True, step=lambda *step: told.append(step))
    assert [done for _, done, _ in told] == list(range(len(told)))
    assert {total for _, _, total in told} == {len(told)}
    assert told[-1][0].endswith("fitted to all entries")


def test_bad_tables_and_methods_are_named():
    with pytest.raises(ValueError, match="method must be best or one of mean, columns"):
        complete(table_of(planted()), method="magic")
    with pytest.raises(ValueError, match="seed must be at least 0"):
        complete(table_of(planted()), seed=-1)
    with pytest.raises(ValueError, match="9 seen entries; 20 are the least"):
        complete(GappedTable(np.arange(9), np.arange(9), np.ones(9), tuple(range(9)), tuple(range(9)), "wide", ("",)))
    with pytest.raises(ValueError, match="above 1e140"):
        complete(table_of(1e150 * planted()))
    names = tuple(range(20_000))
    with pytest.raises(TableError, match="20000 by 20000 is too large"):
        complete(GappedTable(np.arange(30), np.arange(30), np.ones(30), names, names, "wide", ("",)))


def test_the_path_of_the_flow_is_that_of_the_model():
    table = table_of(planted())
    entries = Entries.sorted(table.rows, table.columns, table.values, table.shape)
    train, held = entries.split(0.1, np.random.RandomState(0))
    model = DeepMatrixCompletion(3, centring="none", random_state=0, refit=False).fit(table.matrix())
    path = singular_path(DeepMatrixCompletion(3, centring="none", random_state=0), train, held)
    assert path is not None
    assert path.errors.min() == pytest.approx(model.validation_rmse_[0], rel=0.05)
    assert path.chosen == pytest.approx(model.times_[0], rel=0.3)
    at = int(np.argmin(path.errors))
    np.testing.assert_allclose(path.values[at][:2], model.singular_values_[:2], rtol=0.05)
    assert (np.diff(path.along) > 0).all()
    assert singular_path(DeepMatrixCompletion(), Entries.of(np.ones((3, 3))), held) is None


def test_the_page_holds_the_errors_and_asks_nothing_of_the_network(found: Completed):
    page = completion_page(found, "a <b>.csv", "thalweg complete 'a <b>.csv'")
    assert "a &lt;b&gt;.csv, completed" in page
    assert found.verdict.split(".")[0] in page
    for one in found.attempts:
        assert one.title in page
    links = re.findall(r'(?:src|href)\s*=\s*"(?!#)([^"]*)"', page.split("<script>")[0])
    assert links == []
    assert page.count('class="canvas"') == 4
    rows = errors_table(Completed(np.ones((1, 1)), [Attempt("deep", "deep", "", left_out="too large")], "mean", "", (1, 1, 1), 0))
    assert rows.rows == [["deep", "not tried", "not tried", "too large"]]


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".npy", ".csv.gz"])
def test_files_come_back_in_their_form(tmp_path: Path, ending: str):
    X = np.where(np.random.default_rng(0).random((12, 9)) < 0.7, planted(shape=(12, 9)), np.nan)
    file = tmp_path / f"some{ending}"
    if ending == ".npy":
        np.save(file, X)
    else:
        frame = pd.DataFrame(X, index=[f"r{i}" for i in range(12)], columns=[f"c{j}" for j in range(9)])
        frame.to_csv(file, sep="\t" if ending == ".tsv" else ",", index_label="who")
    out, report = places(file, None, None, False)
    assert out.name == f"some.completed{ending}"
    found = complete_file(file, out, report, method="soft-impute", quick=True)
    if ending == ".npy":
        np.testing.assert_array_equal(np.load(out), found.matrix)
    else:
        again = pd.read_csv(out, sep="\t" if ending == ".tsv" else ",", index_col="who")
        assert list(again.columns) == [f"c{j}" for j in range(9)]
        assert list(again.index) == [f"r{i}" for i in range(12)]
        np.testing.assert_array_equal(again.to_numpy()[~np.isnan(X)], X[~np.isnan(X)])
        np.testing.assert_array_equal(again.to_numpy(), found.matrix)
    assert json.loads(json.dumps(found.as_json()))["chosen"] == "soft-impute"


def test_a_long_table_comes_back_long(tmp_path: Path):
    X, file = planted(shape=(12, 9)), tmp_path / "long.csv"
    rng = np.random.default_rng(0)
    lines = [f"u{i},f{j},{float(X[i, j])!r},x" for i in range(12) for j in range(9) if rng.random() < 0.7]
    file.write_text("user,film,rating,note\n" + "\n".join(lines) + "\n")
    out, report = places(file, None, None, False)
    complete_file(file, out, report, method="offsets", layout="long")
    again = pd.read_csv(out)
    assert list(again.columns) == ["user", "film", "rating"]
    assert len(again) == 12 * 9
    read = read_table(file, "long")
    pairs = {(user, film): rating for user, film, rating in again.itertuples(index=False)}
    for row, column, value in zip(read.rows, read.columns, read.values, strict=True):
        assert pairs[read.row_names[row], read.column_names[column]] == value
