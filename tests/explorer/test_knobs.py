"""Knobs: what they write reads back the same, and whatever stands in an address is read or refused in a sentence."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thalweg.explorer.experiments.registry import EXPERIMENTS
from thalweg.explorer.knobs import BadKnob, Choice, Choices, Points, Real, Whole, address, read

OPTIONS = {"first": "the first", "second": "the second", "third": "the third"}
KNOBS = (
    Whole("depth", "depth", -3, 12, 3, ""),
    Real("scale", "scale", 1e-6, 10.0, 1e-3, "", log=True),
    Real("shift", "shift", -2.0, 2.0, 0.0, ""),
    Choice("kind", "kind", OPTIONS, "second", ""),
    Choices("some", "some", OPTIONS, ("first", "third"), ""),
    Points("points", "points", ((1.0, 0.5, 1), (-1.0, 0.0, -1)), "", most=6, reach=4.0),
)
COORDINATE = st.floats(-4.0, 4.0)
POINT = st.tuples(COORDINATE, COORDINATE, st.sampled_from((-1, 1)))
VALUES = st.fixed_dictionaries(
    {
        "depth": st.integers(-3, 12),
        "scale": st.floats(1e-6, 10.0),
        "shift": st.floats(-2.0, 2.0),
        "kind": st.sampled_from(tuple(OPTIONS)),
        "some": st.sets(st.sampled_from(tuple(OPTIONS)), min_size=1).map(lambda some: tuple(o for o in OPTIONS if o in some)),
        "points": st.lists(POINT, min_size=2, max_size=6).map(tuple).filter(lambda some: {c for _, _, c in some} == {-1, 1}),
    }
)
TEXT = st.one_of(st.text(max_size=40), st.text("0123456789.-+_,einfa ", max_size=40))


@given(VALUES)
def test_what_an_address_says_reads_back_the_same(values: dict[str, Any]):
    told = address(KNOBS, values)
    assert all(isinstance(text, str) for text in told.values())
    assert read(KNOBS, told) == values


@given(st.sampled_from(KNOBS), TEXT)
@settings(max_examples=500)
def test_any_text_is_read_or_refused(knob: Any, text: str):
    refused, values = None, {}
    try:
        values = read(KNOBS, {knob.name: text})
    except BadKnob as error:
        refused = error
    if refused is None:
        assert read(KNOBS, address(KNOBS, values)) == values
    else:
        assert refused.knob == knob.name
        assert 10 < len(str(refused)) < 400


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=EXPERIMENTS.keys())
def test_every_experiment_starts_where_its_knobs_stand(experiment: Any):
    values = read(experiment.knobs, {})
    experiment.check(values)
    assert address(experiment.knobs, values) == {}
    assert read(experiment.knobs, {knob.name: knob.write(values[knob.name]) for knob in experiment.knobs}) == values
    json.dumps([knob.as_json() for knob in experiment.knobs], allow_nan=False)
    assert len({knob.name for knob in experiment.knobs}) == len(experiment.knobs)


def test_a_name_that_no_knob_has():
    with pytest.raises(BadKnob, match='there is no knob "dept"; there are depth, scale') as refused:
        read(KNOBS, {"dept": "3"})
    assert refused.value.knob == ""


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("depth", "13", "goes from -3 to 12"),
        ("depth", "3.5", "takes a whole number"),
        ("depth", "9" * 5000, "takes a whole number|is outside"),
        ("scale", "0", "goes from 1e-06 to 10"),
        ("scale", "nan", "is outside"),
        ("scale", "inf", "is outside"),
        ("scale", "much", "takes a number"),
        ("kind", "fourth", "is one of first, second, third"),
        ("some", "", "are some of"),
        ("some", "first..third", "are some of"),
        ("points", "", "2 to 6 points, and there are 0"),
        ("points", "0_0_1", "there are 1"),
        ("points", "0_0_1,1_1_1", "both classes"),
        ("points", "0_0_1,5_1_-1", "lies within 4"),
        ("points", "0_0_1,nan_1_-1", "lies within 4"),
        ("points", "0_0_1,1_1_0", "of class 1 or -1"),
        ("points", "0_0_1,1_1", "a point is x_y_class"),
        ("points", "0_0_1,1_1_-1_7", "is not"),
    ],
)
def test_what_is_refused_is_told(name: str, text: str, said: str):
    with pytest.raises(BadKnob, match=said) as refused:
        read(KNOBS, {name: text})
    assert refused.value.knob == name
    assert len(str(refused.value)) < 200
