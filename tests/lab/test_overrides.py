"""Settings from the command line: by name and by type, or refused with what there is."""

import dataclasses
from typing import Any

import pytest

from thalweg.lab.overrides import overridden
from thalweg.studies.singular_values.study import STUDY, MovieLens


@dataclasses.dataclass(frozen=True)
class Group:
    most: int = 0
    share: float = 0.5


@dataclasses.dataclass(frozen=True)
class Parameters:
    side: int = 100
    rtol: float = 1e-5
    name: str = "flow"
    loud: bool = False
    scales: tuple[float, ...] = (1e-3, 1e-4)
    observed: tuple[int, int] = (20, 50)
    films: Group = Group()

    def __post_init__(self) -> None:
        if self.side > 1000:
            raise ValueError("side must be at most 1000")


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("side=6", "side", 6),
        (" side = 6 ", "side", 6),
        ("rtol=1e-9", "rtol", 1e-9),
        ("rtol=1", "rtol", 1.0),
        ("rtol=-2.5", "rtol", -2.5),
        ("name=a=b", "name", "a=b"),
        ("name=", "name", ""),
        ("loud=True", "loud", True),
        ("scales=1e-6", "scales", (1e-6,)),
        ("scales=1,2e-3", "scales", (1.0, 2e-3)),
        ("scales=[1, 2, 3]", "scales", (1.0, 2.0, 3.0)),
        ("observed=(30, 40)", "observed", (30, 40)),
    ],
)
def test_a_setting_takes_the_type_of_what_it_replaces(text: str, name: str, value: Any):
    changed = overridden(Parameters(), [text])
    assert getattr(changed, name) == value
    assert type(getattr(changed, name)) is type(value)
    if isinstance(value, tuple):
        assert [type(part) for part in getattr(changed, name)] == [type(part) for part in value]
    assert dataclasses.replace(changed, **{name: getattr(Parameters(), name)}) == Parameters()


def test_settings_are_put_in_place_in_order_and_leave_the_rest():
    changed = overridden(Parameters(), ["side=6", "films.most=150", "side=7", "films.share=0.25"])
    assert changed == Parameters(side=7, films=Group(150, 0.25))
    assert overridden(Parameters(), []) == Parameters()


def test_a_study_of_the_package_takes_nested_settings():
    changed = overridden(STUDY.parameters, ["films.most=150", "films.steps=10,20,30", "rtols=1e-4,1e-6"])
    assert changed.films == MovieLens(most=150, steps=(10, 20, 30))
    assert changed.rtols == (1e-4, 1e-6)
    assert changed.side == STUDY.parameters.side


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("side", "--set takes path=value, got 'side'"),
        ("=5", "--set takes path=value, got '=5'"),
        ("", "--set takes path=value, got ''"),
        ("sides=5", "there is no parameter 'sides'; there are side, rtol, .*; did you mean 'side'?"),
        ("films.mots=5", "there is no parameter 'films.mots'; there are most, share; did you mean 'most'?"),
        ("xyzzy=5", "there is no parameter 'xyzzy'; there are side, rtol, name, loud, scales, observed, films$"),
        ("films=5", "films is a group of parameters; set one of films.most, films.share"),
        ("side.x=5", "side is a single value, 'side.x' goes further than there is"),
        ("side=5.5", "side takes a whole number such as 100, got '5.5'"),
        ("side=five", "side takes a whole number such as 100, got 'five'"),
        ("side=True", "side takes a whole number such as 100, got 'True'"),
        ("side=(5,)", "side takes a whole number such as 100"),
        ("side=", "side takes a whole number such as 100, got ''"),
        ("rtol=small", "rtol takes a number such as 1e-05, got 'small'"),
        ("rtol='1e-3'", "rtol takes a number such as 1e-05"),
        ("rtol=1j", "rtol takes a number such as 1e-05, got '1j'"),
        ("rtol=None", "rtol takes a number such as 1e-05, got 'None'"),
        ("loud=1", "loud takes True or False such as False, got '1'"),
        ("loud=yes", "loud takes True or False such as False, got 'yes'"),
        ("scales=1,x", "scales takes a list of numbers such as .*, got '1,x'"),
        ("scales=1,'x'", "scales takes a number such as 0.001"),
        ("scales=()", "scales takes at least one value"),
        ("scales={}", "scales takes a number such as 0.001"),
        ("observed=30", r"observed takes 2 values, got 1: \(30,\)"),
        ("observed=1,2,3", r"observed takes 2 values, got 3: \(1, 2, 3\)"),
        ("observed=1.5,2", "observed takes a whole number such as 20"),
        ("side=" + "(" * 500, "side takes a whole number"),
        ("side={[]: 1}", "side takes a whole number"),
        ("side=__import__('os').getcwd()", "side takes a whole number such as 100, got"),
        ("side=2000", "side must be at most 1000"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused(text: str, words: str):
    with pytest.raises(ValueError, match=words):
        overridden(Parameters(), [text])


def test_a_bad_setting_among_good_ones_is_the_one_that_is_told():
    with pytest.raises(ValueError, match="'rnak'"):
        overridden(Parameters(), ["side=5", "rnak=3", "films.most=2"])
