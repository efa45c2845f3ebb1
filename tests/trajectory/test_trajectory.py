"""What a run brings back, and keeps on disk."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

import thalweg as tw
from thalweg.trajectory.picture import draw
from trajectory.cases import NETWORK, START, path, product


@pytest.fixture(scope="module")
def run() -> tw.Trajectory:
    return path(tw.GradientDescent(0.1), tw.Steps(30))


def test_both_ends_are_numpy_arrays_with_the_first_factor_first(run: tw.Trajectory):
    assert all(type(factor) is np.ndarray for factor in [*run.start, *run.params, run.predictor])
    assert [factor.shape for factor in run.start] == [factor.shape for factor in run.params] == NETWORK.shapes
    assert all(np.array_equal(a, b) for a, b in zip(run.start, START.sample(NETWORK, key=1), strict=True))
    np.testing.assert_allclose(run.predictor, product(run.params), rtol=1e-13)
    assert run.seconds > 0


def test_the_outcome_agrees_with_the_last_record(run: tw.Trajectory):
    assert isinstance(run.outcome, tw.Outcome)
    last = run.data.isel(record=-1)
    told = (int(last.steps), float(last.time), int(last.gradients))
    assert told == (run.outcome.steps, run.outcome.time, run.outcome.gradients)
    assert float(last.loss) == pytest.approx(run.outcome.loss, rel=1e-14)


def test_it_says_what_it_is(run: tw.Trajectory):
    assert str(run) == "Trajectory: 30 steps were taken at time 3, after 30 steps and 31 gradients"
    assert repr(run).startswith(f"<{run}; {run.data.sizes['record']} records of ")
    assert "singular_values" in repr(run)


def test_a_saved_record_is_read_back_whole(run: tw.Trajectory, tmp_path: Path):
    file = tmp_path / "run.nc"
    run.save(file)
    with xr.open_dataset(file, engine="h5netcdf") as back:
        xr.testing.assert_identical(back.load(), run.data)
    run.save(str(file))  # in the place of the old one
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.nc"]


def test_a_data_frame_holds_every_number_of_every_record(run: tw.Trajectory):
    frame = run.to_dataframe()
    assert len(frame) == run.data.sizes["record"]
    assert frame.index.name == "record"
    for place in range(run.data.sizes["rank"]):
        np.testing.assert_array_equal(frame[f"singular_values[{place}]"], run.data.singular_values[:, place])
    np.testing.assert_array_equal(frame["loss"], run.data.loss)


def test_a_plot_shows_the_numbers_on_the_axes_that_it_is_given(run: tw.Trajectory):
    ax = Figure().subplots()
    assert run.plot("loss", ax=ax, against="gradients", color="black") is ax
    (line,) = ax.lines
    np.testing.assert_array_equal(line.get_xdata(), run.data.gradients)
    np.testing.assert_array_equal(line.get_ydata(), run.data.loss)
    assert (line.get_color(), ax.get_xlabel(), ax.get_ylabel()) == ("black", "gradients", "loss")
    both = run.plot("singular_values", "loss", ax=Figure().subplots())
    assert [text.get_text() for text in both.get_legend().get_texts()] == ["singular values", "loss"]
    assert len(both.lines) == run.data.sizes["rank"] + 1


def test_a_plot_counts_in_powers_where_numbers_span_them(run: tw.Trajectory):
    few = run.data.assign(loss=run.data.loss * 0 + np.linspace(1.0, 2.0, run.data.sizes["record"]))
    many = run.data.assign(loss=run.data.loss * 0 + np.geomspace(1e-6, 1.0, run.data.sizes["record"]))
    negative = many.assign(loss=many.loss - 0.5)
    for data, scale in ((few, "linear"), (many, "log"), (negative, "linear")):
        assert draw(data, ["loss"], Figure().subplots(), "time", {}).get_yscale() == scale


def test_a_plot_of_what_was_not_recorded_says_what_was(run: tw.Trajectory):
    with pytest.raises(ValueError, match="'margin' was not recorded; there are gradients, imbalance"):
        run.plot("margin", ax=Figure().subplots())
    with pytest.raises(ValueError, match="single number"):
        run.plot("loss", ax=Figure().subplots(), against="singular_values")


def test_a_notebook_shows_how_the_run_ended_and_what_was_recorded(run: tw.Trajectory):
    page = run._repr_html_()
    assert "30 steps were taken" in page
    assert "singular_values" in page


def test_a_latex_table_holds_the_records_asked_for(run: tw.Trajectory):
    whole = run.to_latex()
    assert whole.count(r" \\") == 1 + 6
    assert "time & loss" in whole
    assert r"\label{tab:run}" in whole
    two = run.to_latex("steps", "loss", "singular_values[0]", records=[0, -1], caption="Ends.", label="tab:ends")
    rows = [row.strip().rstrip("\\").split(" & ") for row in two.splitlines() if row.strip().startswith(("0 &", "30 &"))]
    assert [float(row[1]) for row in rows] == pytest.approx([float(run.data.loss[0]), float(run.data.loss[-1])], rel=0.01)
    assert run.to_latex("steps", tw.SingularValues).count("singular values[") == run.data.sizes["rank"]
    assert run.to_latex("steps", "loss", records=[-1]).count(" & ") == 2
    for absent in (99, -99):
        with pytest.raises(ValueError, match=f"record {absent} is not there: there are {run.data.sizes['record']}"):
            run.to_latex(records=[0, absent])
    with pytest.raises(ValueError, match="records names none"):
        run.to_latex(records=[])
    with pytest.raises(TypeError, match="records must be whole numbers, got 1.5"):
        run.to_latex(records=[1.5])  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="records must be a whole number"):
        run.to_latex(records="all")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="records must be at least 1"):
        run.to_latex(records=0)
    with pytest.raises(ValueError, match="'margin' is no column"):
        run.to_latex("margin")


def test_a_notebook_shows_the_parts_and_the_last_record(run: tw.Trajectory):
    page = run._repr_html_()
    assert "GradientDescent(learning_rate=0.1)" in page
    assert f"{run.outcome.loss:.6g}" in page
    assert "provenance" not in page
    assert "provenance" in run.data.attrs
