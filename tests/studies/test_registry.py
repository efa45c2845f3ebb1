"""Studies by name, and from anyone's file; what cannot be one is refused by its name."""

import pickle
from pathlib import Path

import pytest

from thalweg.studies.registry import MODULES, study
from thalweg.studies.study import Case, Study

EXAMPLE = Path(__file__).parents[2] / "examples" / "my_study.py"
OTHER = EXAMPLE.read_text().replace('name="conserved-imbalance"', 'name="other"')


@pytest.mark.parametrize("name", MODULES)
def test_a_study_goes_by_its_own_name(name: str):
    found = study(name)
    assert isinstance(found, Study)
    assert found.name == name
    assert found is study(name)


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("form", ["parameters", "quick"])
def test_cases_are_distinct_and_as_many_as_seeds_ask(name: str, form: str):
    found = study(name)
    parameters = getattr(found, form)
    one, two = found.cases(parameters, [0]), found.cases(parameters, [0, 1])
    told = [str(case) for case in two]
    assert len(set(told)) == len(told)
    assert [str(case) for case in one] == [text for text in told if text.endswith("seed 0")]
    assert {case.seed for case in two} == {0, 1}


def test_a_study_comes_from_a_file():
    found = study(str(EXAMPLE))
    assert found.name == "conserved-imbalance"
    assert [str(case) for case in found.cases(found.quick, [0])] == ["depth 2, seed 0", "depth 3, seed 0"]
    assert study(f"{EXAMPLE.parent}/../examples/my_study.py") is found


def test_two_files_of_one_name_are_two_studies(tmp_path: Path):
    places = [tmp_path / folder / "my_study.py" for folder in ("a", "b")]
    for place in places:
        place.parent.mkdir()
        place.write_text(OTHER)
    one, two = (study(str(place)) for place in places)
    assert type(one.parameters) is not type(two.parameters)
    assert pickle.loads(pickle.dumps(one.parameters)) == one.parameters  # noqa: S301 - our own object, as workers get it
    assert type(pickle.loads(pickle.dumps(two.parameters))) is type(two.parameters)  # noqa: S301


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x = 1\n", "defines no STUDY"),
        ("STUDY = 'mine'\n", "defines no STUDY"),
        ("x = 1\n\ny = x / 0\n", "cannot be run, line 3: ZeroDivisionError: division by zero"),
        ("def broken(:\n", "cannot be run: SyntaxError: .*line 1"),
        ("import nothing_of_this_name\n", "cannot be run, line 1: ModuleNotFoundError"),
        ("raise LookupError('mine')\n", "cannot be run, line 1: LookupError: mine"),
    ],
)
def test_a_file_that_is_no_study_is_refused(tmp_path: Path, text: str, complaint: str):
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(ValueError, match=complaint) as caught:
        study(str(path))
    assert str(path) in str(caught.value)


def test_a_name_that_is_no_study_lists_those_there_are(tmp_path: Path):
    with pytest.raises(
        LookupError,
        match=r"there is no study 'matrix-complection'; did you mean 'matrix-completion'\? There are matrix-comp",
    ):
        study("matrix-complection")
    with pytest.raises(LookupError, match="there is no file .*absent.py"):
        study(str(tmp_path / "absent.py"))
    with pytest.raises(LookupError, match="there is no file"):
        study(f"{tmp_path.with_suffix('.py')}")


def test_a_case_says_where_it_stands():
    assert str(Case({"depth": 3, "scale": 1e-3}, 4)) == "depth 3, scale 0.001, seed 4"
