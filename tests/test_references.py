"""The bibliography: parsed fields against facts known otherwise, and what bad keys and bad files get."""

import pickle
import re
import unicodedata

import pytest

from thalweg._references import Reference, UnknownReference, cite, parse, reference, references


def test_fields_of_known_entries():
    found = reference("sommeijer1998rkc")
    assert found.authors == ("B. P. Sommeijer", "L. F. Shampine", "J. G. Verwer")
    assert found.year == 1998
    assert found.title == "RKC: An Explicit Solver for Parabolic PDEs"
    assert reference("candes2009exact").authors[0] == "Emmanuel J. Candès"
    assert reference("deepmind2020jax").authors[0] == "DeepMind"
    assert "François Boulogne" in reference("vanderwalt2014scikit").authors


def test_every_entry_reads_and_its_key_names_its_first_author():
    table = references()
    assert len(table) >= 22
    for key, entry in table.items():
        assert isinstance(entry, Reference)
        assert 1900 < entry.year < 2100
        assert not re.search(r"[{}\\]", entry.title + "".join(entry.authors)), key
        if not key.startswith(("jax", "deepmind", "thalweg")):
            names = without_accents(entry.authors[0].lower()).split()  # the family name may be of several: van der Walt
            assert any(key.startswith("".join(names[place:])) for place in range(1, len(names)) or [0]), key


def without_accents(name):
    return "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c)).replace("ø", "o")


def test_every_entry_says_where_it_appeared():
    for key, entry in references().items():
        assert re.search(r"\b(journal|booktitle|school|publisher|url)\s*=", entry.bibtex), key


def test_cite_gives_each_entry_once_and_reads_back():
    text = cite(["roy2007effective", "cai2010singular", "roy2007effective"])
    assert list(parse(text)) == ["roy2007effective", "cai2010singular"]
    assert text.endswith("}\n")
    assert cite([]) == ""


def test_cite_refuses_a_single_string():
    with pytest.raises(TypeError, match=re.escape("cite(['roy2007effective'])")):
        cite("roy2007effective")


def test_an_unknown_key_names_the_nearest():
    with pytest.raises(UnknownReference) as caught:
        reference("arora2019implict")
    assert "'arora2019implicit'" in str(caught.value)
    assert isinstance(caught.value, KeyError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301


def test_a_key_near_nothing_lists_what_there_is():
    with pytest.raises(UnknownReference, match=r"known keys: .*fazel2002matrix.*tsitouras2011runge"):
        reference("0")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("@book{a2000b, title = {T}, year = {2000}}", "'a2000b' lacks author"),
        ("@book{a2000b, author = {A, B}, title = {T}, year = {soon}}", "'soon', not four digits"),
        ("@book{a2000b, author = {A, B}, title = {T, year = {2000}}", "never closed"),
        ("@book a2000b", "not the start"),
        ("@book{a2000b, author={A}, title={T}, year={2000}}\n" * 2, "'a2000b' stands twice"),
    ],
)
def test_a_bad_file_is_refused(text: str, complaint: str):
    with pytest.raises(ValueError, match=complaint):
        parse(text)
