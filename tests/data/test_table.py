"""Tables with gaps: what is read, what is refused and how, and what is written comes back."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from thalweg.data.table import GappedTable, TableError, format_of, read_table, write_table

NAN = np.nan


def table(folder: Path, name: str, text: str | bytes, layout: str = "auto") -> GappedTable:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(file, layout)


@pytest.mark.parametrize(
    ("name", "text", "rows", "columns", "matrix"),
    [
        ("a.csv", "name,x,y\na,1,\nb,2,3\n", ("a", "b"), ("x", "y"), [[1, NAN], [2, 3]]),
        ("b.csv", "1,,3\n4,5,\n", (0, 1), (0, 1, 2), [[1, NAN, 3], [4, 5, NAN]]),
        ("c.csv", "x,y,z\n1,2,\n3,,4\n", (0, 1), ("x", "y", "z"), [[1, 2, NAN], [3, NAN, 4]]),
        ("d.csv", ",2019,2020\na,1,\nb,NA,3\n", ("a", "b"), ("2019", "2020"), [[1, NAN], [NAN, 3]]),
        ("e.tsv", "1\t?\n -2.5e1 \t3\n", (0, 1), (0, 1), [[1, NAN], [-25, 3]]),
        ("f.csv", ",a,b\n1,2,\n2,,3\n", ("1", "2"), ("a", "b"), [[2, NAN], [NAN, 3]]),
        ("g.csv", "u,i,r\n1,2,3.5\n1,3,2\n2,2,1\n", ("1", "2"), ("2", "3"), [[3.5, 2], [1, NAN]]),
        ("h.csv", "p,7,3.5\nq,8,2\np,8,1\n", ("p", "q"), ("7", "8"), [[3.5, 1], [NAN, 2]]),
    ],
)
def test_wide_and_long_tables_are_known_by_what_stands_in_them(tmp_path: Path, name, text, rows, columns, matrix):
    found = table(tmp_path, name, text)
    assert (found.row_names, found.column_names) == (rows, columns)
    np.testing.assert_array_equal(found.matrix(), matrix)


def test_a_long_table_may_have_more_columns_where_its_layout_is_given(tmp_path: Path):
    found = table(tmp_path, "u.tsv", "196\t242\t3\t881250949\n186\t302\t3\t891717742\n196\t302\t1\t0\n", "long")
    np.testing.assert_array_equal(found.matrix(), [[3, 1], [NAN, 3]])
    assert found.titles == ("row", "column", "value")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.csv", "", "empty"),
        ("a.csv", "a,b\n", "nothing below"),
        ("a.csv", "1,2\n3,4\n", "nothing to complete"),
        ("a.csv", "1,x7,3\n4,5,\n", "line 1: numbers and text"),
        ("a.csv", "x,1,\ny,abc,3\n", "line 2: 'abc' is no number"),
        ("a.csv", "1,2,inf\n,4,5\n", "row 0, column 2 is infinite"),
        ("a.csv", "1,,2\n,,\n3,,4\n", "nothing is known of 1 row"),
        ("a.csv", "1,,2\n3,,4\n", "nothing is known of 1 column"),
        ("a.csv", ",\n,\n", "no number at all"),
        ("a.csv", ",a,a\nx,1,\ny,,3\n", "names of columns must differ"),
        ("a.csv", "1,2,3\n4,5\n6,7,8,9\n", "cannot be read"),
        ("a.csv", b"\xff\xfe\x00\x01", "cannot be read"),
        ("a.csv.gz", b"1,2\n", "cannot be read"),
        ("a.csv", "u,i,r\n1,2,3.5\n1,2,2\n2,2,1\n", "line 3: the entry of row 1 and column 2 stands more"),
        ("a.npy", b"junk", "no array of numbers"),
        ("a.parquet", b"junk", r"a\.parquet"),
        ("a.txt", "1,\n", "must end in"),
        ("a.npy.gz", b"", "must end in"),
    ],
)
def test_what_is_no_table_is_refused_in_one_line_that_names_the_place(tmp_path: Path, name, text, says):
    with pytest.raises(TableError, match=says) as raised:
        table(tmp_path, name, text)
    assert "\n" not in str(raised.value)
    assert name in str(raised.value)


def test_a_missing_file_a_folder_and_an_unknown_layout_are_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"none\.csv"):
        read_table(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(TableError, match="is a folder"):
        read_table(tmp_path / "folder.csv")
    with pytest.raises(ValueError, match="auto, wide, long"):
        read_table(tmp_path / "none.csv", "tall")


def test_arrays_of_numpy_are_read_and_their_objects_are_not(tmp_path: Path):
    np.save(tmp_path / "m.npy", np.array([[1.0, NAN], [2.0, 3.0]]))
    np.testing.assert_array_equal(read_table(tmp_path / "m.npy").matrix(), [[1, NAN], [2, 3]])
    np.save(tmp_path / "o.npy", np.array([[{}]], dtype=object), allow_pickle=True)
    np.save(tmp_path / "v.npy", np.ones(3))
    for name, says in (("o.npy", "objects is not read"), ("v.npy", "one matrix")):
        with pytest.raises(TableError, match=says):
            read_table(tmp_path / name)


def test_parquet_files_are_read_and_written(tmp_path: Path):
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow", reason="the extra thalweg[parquet] is not installed")
    pd.DataFrame({"x": [1.0, None], "y": [2.0, 3.0]}, index=["a", "b"]).to_parquet(tmp_path / "t.parquet")
    found = read_table(tmp_path / "t.parquet")
    np.testing.assert_array_equal(found.matrix(), [[1, 2], [NAN, 3]])
    assert (found.row_names, found.column_names) == (("a", "b"), ("x", "y"))
    write_table(tmp_path / "full.parquet", found, np.array([[1.0, 2.0], [4.0, 3.0]]))
    np.testing.assert_array_equal(pd.read_parquet(tmp_path / "full.parquet").to_numpy(), [[1, 2], [4, 3]])


def test_a_completed_matrix_is_written_as_it_is(tmp_path: Path):
    found = table(tmp_path, "in.csv", "name,x,y\na,1,\nb,0.1,3\n")
    full = np.array([[1.0, 1 / 3], [0.1, 3.0]])
    write_table(tmp_path / "t.npy", found, full)
    np.testing.assert_array_equal(np.load(tmp_path / "t.npy"), full)


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.csv.gz"])
def test_a_completed_table_keeps_its_names_and_its_digits(tmp_path: Path, name: str):
    found = table(tmp_path, "in.csv", "name,x,y\na,1,\nb,0.1,3\n")
    full = np.array([[1.0, 1 / 3], [0.1, 3.0]])
    write_table(tmp_path / name, found, full)
    with pytest.raises(TableError, match="nothing to complete"):
        read_table(tmp_path / name)
    import pandas as pd

    back = pd.read_csv(tmp_path / name, index_col="name", sep="\t" if name == "t.tsv" else ",")
    np.testing.assert_allclose(back.to_numpy(), full, rtol=4e-16)
    assert list(back.index) == ["a", "b"]


def test_a_long_table_is_written_long_and_what_cannot_be_is_refused(tmp_path: Path):
    found = table(tmp_path, "in.csv", "u,i,r\n1,2,3.5\n1,3,2\n2,2,1\n")
    write_table(tmp_path / "out.csv", found, np.array([[3.5, 2.0], [1.0, 0.5]]))
    assert (tmp_path / "out.csv").read_text() == "u,i,r\n1,2,3.5\n1,3,2.0\n2,2,1.0\n2,3,0.5\n"
    for wrong in (np.ones((1, 2)), np.array([[NAN, 1.0], [1.0, 1.0]])):
        with pytest.raises(ValueError, match="finite and of shape"):
            write_table(tmp_path / "none.csv", found, wrong)
    assert not (tmp_path / "none.csv").exists()


def test_endings_are_known_with_and_without_compression():
    assert [format_of(Path(name)) for name in ("a.CSV", "a.b.tsv.gz", "a.npy")] == [".csv", ".tsv", ".npy"]


CELLS = st.one_of(st.just(""), st.just("NA"), st.floats(-1e6, 1e6).map(repr), st.text(max_size=4))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=5), ending=st.sampled_from([".csv", ".tsv"]))
def test_any_text_is_read_or_refused_and_nothing_else(tmp_path: Path, lines: list[list[str]], ending: str):
    file = tmp_path / f"any{ending}"
    file.write_text("\n".join(("\t" if ending == ".tsv" else ",").join(line) for line in lines), encoding="utf-8")
    for layout in ("auto", "wide", "long"):
        try:
            found = read_table(file, layout)
        except TableError as error:
            told = str(error)
        else:
            told = f"{file}"
            assert np.isfinite(found.values).all()
            assert len(found.values) == np.isfinite(found.matrix()).sum() < found.matrix().size
        assert str(file) in told


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200), name=st.sampled_from(["a.csv", "a.csv.gz", "a.npy", "a.tsv"]))
def test_any_bytes_are_read_or_refused_and_nothing_else(tmp_path: Path, data: bytes, name: str):
    (tmp_path / name).write_bytes(data)
    told = ""
    try:
        read_table(tmp_path / name)
    except TableError as error:
        told = str(error)
    assert "\n" not in told
