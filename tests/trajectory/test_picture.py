"""Curves of a run on axes of matplotlib: what is drawn, against what, beside what."""

import dataclasses

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

import thalweg as tw
from thalweg.theory import Comparison, Conservation, Laid, Overlay
from thalweg.trajectory.picture import draw, recorded_as, spelt_out
from trajectory.cases import path


@pytest.fixture(scope="module")
def run() -> tw.Trajectory:
    return path(tw.GradientDescent(0.1), tw.Steps(30))


@pytest.fixture(scope="module")
def law() -> Comparison:
    """Of two imbalances."""
    laid = Laid(np.ones((5, 2)), np.ones((5, 2)), np.zeros(5), 1e-8, "norm of each imbalance")
    return Comparison(Conservation(), np.linspace(0.0, 3.0, 5), laid, [])


def axes():
    return Figure().subplots()


def test_observables_go_by_their_own_names(run: tw.Trajectory):
    for name in ("singular_values", "SingularValues", tw.SingularValues, tw.SingularValues(2)):
        assert len(run.plot(name, ax=axes()).lines) == run.data.sizes["rank"]
    assert run.plot(ax=axes()).get_ylabel() == "loss"
    assert run.plot("loss", ax=axes(), against=tw.Imbalance).get_xlabel() == "imbalance"


@pytest.mark.parametrize("name", ["NuclearNorm", tw.NuclearNorm, tw.NuclearNorm(), "nuclear norm", 3, None])
def test_what_was_not_recorded_is_told_with_what_was(run: tw.Trajectory, name: object):
    with pytest.raises(ValueError, match="was not recorded; there are gradients, imbalance, loss"):
        run.plot(name, ax=axes())


def test_a_class_stands_for_the_one_record_that_it_made():
    problem = tw.Classification(np.array([[1.0, 2.0], [0.5, -1.0]]), [1.0, -1.0])
    record = [tw.NormalizedMargin(norm=1), tw.Margin()]
    model, start, rate = tw.DeepLinear(depth=1, shape=(1, 2)), tw.Identity(0.1), tw.GradientDescent(0.1)
    one = tw.follow(problem, model, start, rate, record=record, until=tw.Steps(2), key=0)
    assert recorded_as(tw.NormalizedMargin, one.data) == recorded_as("NormalizedMargin", one.data) == "normalized_margin_l1"
    with pytest.raises(ValueError, match="'NormalizedMargin' was not recorded"):
        recorded_as(tw.NormalizedMargin(norm=2), one.data)
    both = [tw.NormalizedMargin(norm=1), tw.NormalizedMargin(norm=2)]
    two = tw.follow(problem, model, start, rate, record=both, until=tw.Steps(2), key=0)
    with pytest.raises(ValueError, match="recorded as normalized_margin_l1 and normalized_margin: name one of them"):
        recorded_as(tw.NormalizedMargin, two.data)
    assert recorded_as(tw.NormalizedMargin(norm=2), two.data) == "normalized_margin"


def test_names_of_classes_are_spelt_out():
    assert spelt_out("KKTStationarity") == "kkt_stationarity"
    assert recorded_as("KKTStationarity", xr.Dataset({"kkt_stationarity": ("record", [1.0])})) == "kkt_stationarity"


def test_axes_count_in_powers_where_they_are_asked_to(run: tw.Trajectory):
    ax = run.plot("loss", ax=axes(), against="steps", log_x=True, log_y=True)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    ax = run.plot("loss", ax=ax, log_x=False, log_y=False)
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "linear")


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([1.0, 1e-3], "log"),
        ([1.0, 0.5], "linear"),
        ([1.0, 0.0], "linear"),
        ([np.inf, 1.0, 1e-3, np.nan], "log"),
        ([np.nan], "linear"),
    ],
)
def test_of_themselves_they_do_where_positive_numbers_span_two_of_them(values: list[float], scale: str):
    data = xr.Dataset({"loss": ("record", values), "time": ("record", np.arange(float(len(values))))})
    assert draw(data, [], axes(), "time", {}).get_yscale() == scale


def test_arrays_without_a_column_are_drawn_as_nothing():
    data = xr.Dataset({"values": (("record", "rank"), np.zeros((3, 0))), "time": ("record", np.arange(3.0))})
    assert len(draw(data, ["values"], axes(), "time", {}).lines) == 0


def test_runs_on_the_same_axes_are_told_apart(run: tw.Trajectory):
    ax = run.plot("loss", ax=axes(), label="first")
    run.plot("loss", ax=ax, label="second")
    run.plot("imbalance", ax=ax, color="black")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["first", "second", "imbalance"]
    colours = [line.get_color() for line in ax.lines]
    assert len(set(colours)) == 3
    assert colours[-1] == "black"


def test_axes_that_are_none_are_refused(run: tw.Trajectory):
    with pytest.raises(TypeError, match="ax takes axes of matplotlib, such as those of plt.subplots.., got Figure"):
        run.plot(ax=Figure())
    with pytest.raises(ValueError, match="'singular_values' is an array at each record"):
        run.plot(ax=axes(), against="singular_values")


def test_what_a_law_says_is_dashed_beside_it(run: tw.Trajectory, law: Comparison):
    ax = run.plot("Imbalance", ax=axes(), theory=law)
    dashed = [line for line in ax.lines if line.get_linestyle() == "--"]
    assert len(dashed) == 2
    np.testing.assert_array_equal(np.asarray(dashed[0].get_xdata()), law.time)
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["imbalance", "conservation of imbalance, predicted"]
    assert len(run.plot("Imbalance", ax=axes(), theory=[law, law]).lines) == 2 * len(ax.lines) - 1
    other = run.plot("loss", ax=axes(), theory=law).get_legend().get_texts()[-1].get_text()
    assert other == "conservation of imbalance, predicted (norm of each imbalance)"


def test_of_an_overlay_the_laws_of_what_is_drawn_are_taken(run: tw.Trajectory, law: Comparison):
    of_speed = dataclasses.replace(law, laid=dataclasses.replace(law.laid, quantity="speed of the product"))
    laid = Overlay([of_speed, law], {})
    ax = run.plot("imbalance", ax=axes(), theory=laid)
    assert len(ax.lines) == len(run.plot("imbalance", ax=axes(), theory=law).lines)
    with pytest.raises(ValueError, match="no law .* is of loss; there are: .* of speed of the product, .* of norm of each imb"):
        run.plot("loss", ax=axes(), theory=laid)
    with pytest.raises(ValueError, match="there are: none"):
        run.plot("loss", ax=axes(), theory=Overlay([], {}))


def test_what_is_no_law_is_refused(run: tw.Trajectory, law: Comparison):
    with pytest.raises(TypeError, match="theory takes what"):
        run.plot("Imbalance", ax=axes(), theory="conservation")
    with pytest.raises(ValueError, match="laws are of time"):
        run.plot("Imbalance", ax=axes(), theory=law, against="steps")
