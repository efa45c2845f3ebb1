"""What a run rests on: the references of exactly the parts that it used, from the run and from its file."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import thalweg as tw
from thalweg._references import parse
from thalweg.studies.registry import study
from thalweg.theory import Comparison, Conservation, Laid, Overlay
from thalweg.trajectory.cited import ALWAYS, SOLVERS, cited, keys_of
from thalweg.trajectory.provenance import describe

AUTO = {"tsitouras2011runge", "hairer1996solving", "abdulle2002fourth", "hochbruck2009exponential"}


def followed(algorithm: Any, *record: Any) -> tw.Trajectory:
    problem = tw.LinearRegression.whitened(np.eye(2))
    network = tw.DeepLinear(depth=1, shape=(2, 2))
    return tw.follow(problem, network, tw.Identity(0.5), algorithm, record=list(record), until=tw.Steps(2), key=0)


def test_a_run_cites_the_works_behind_its_parts_and_no_others():
    keys = list(parse(tw.cite(followed(tw.EndToEndFlow(depth=2), tw.Loss(), tw.EffectiveRank()))))
    assert {"arora2018optimization", "bah2022learning", "roy2007effective"} <= set(keys)
    assert keys[-2:] == list(ALWAYS)
    assert len(set(keys)) == len(keys)
    other = set(parse(tw.cite(followed(tw.GradientDescent(0.1)))))
    assert not {"bah2022learning", "roy2007effective"} & other


def test_the_file_of_a_run_cites_what_the_run_does(tmp_path: Path):
    run = followed(tw.EndToEndFlow(depth=2))
    run.save(tmp_path / "run.nc")
    assert tw.cite(tmp_path / "run.nc") == tw.cite(run) == tw.cite(run.data)


def test_a_dataset_of_something_else_is_refused():
    with pytest.raises(ValueError, match="no provenance"):
        tw.cite(xr.Dataset({"time": ("record", [0.0])}))


def test_what_is_no_run_is_refused():
    for nothing in ((), (3,), (tw.GradientFlow(),), (tw.Trajectory,)):
        with pytest.raises(TypeError, match="cite takes"):
            tw.cite(*nothing)


def cites(*things: Any) -> set[str]:
    return set(parse(tw.cite(*things))) - set(ALWAYS)


def test_two_runs_cite_each_its_own_and_nothing_else():
    """Every key is accounted for by hand."""
    regression = tw.LinearRegression(np.eye(2), np.ones((1, 2)))
    diagonal, network = tw.Diagonal(size=2), tw.DeepLinear(depth=1, shape=(1, 2))
    few = tw.Steps(2)
    plain = tw.follow(regression, diagonal, tw.Constant(0.5), tw.GradientDescent(0.1), until=few, key=0)
    assert cites(plain) == {"woodworth2020kernel"}
    flow = {"arora2019implicit", "kidger2021on"}
    assert cites(followed(tw.GradientFlow(1e-3))) == flow | AUTO
    for solver, works in {
        "rkc2": {"sommeijer1998rkc"},
        "rock4": {"abdulle2002fourth"},
        "exponential": {"hochbruck2009exponential"},
        "explicit": {"tsitouras2011runge", "hairer1996solving", "abdulle2002fourth"},
        "auto": AUTO,
    }.items():
        assert set(cited(describe(tw.GradientFlow(solver=solver)))) == {"kidger2021on", *works}, solver
    mirror = tw.MirrorDescent(tw.potentials.Hypentropy(0.1), 0.1)
    record = [tw.NormalizedMargin(), tw.DistanceTo(np.ones((1, 2)), name="apart")]
    margins = tw.Classification(np.eye(2), np.ones(2))
    other = tw.follow(margins, network, tw.Identity(0.1), mirror, record=record, until=few, key=0)
    classification, margin = {"soudry2018implicit", "lyu2020gradient"}, {"soudry2018implicit", "lyu2020gradient"}
    potential, descent = {"woodworth2020kernel", "ghai2020exponentiated"}, {"beck2003mirror", "gunasekar2018characterizing"}
    assert cites(other) == classification | margin | potential | descent | {"arora2019implicit"}


def test_several_things_cite_each_work_once():
    first, second = followed(tw.GradientDescent(0.1), tw.EffectiveRank()), followed(tw.EndToEndFlow(depth=2))
    both = tw.cite(first, second)
    assert set(parse(both)) == cites(first) | cites(second) | set(ALWAYS)  # a key that came twice would not be parsed
    assert tw.cite([first, second]) == both


def test_studies_and_laws_cite_their_sources():
    found = study("min-norm")
    sources = {source.key for source in found.sources} | {claim.source.key for claim in found.claims(found.quick)}
    assert sources <= cites(found)
    assert "soudry2018implicit" not in cites(found)
    law = Comparison(Conservation(), np.arange(2.0), Laid(np.ones(2), np.ones(2), np.zeros(2), 1e-8, "x"), [])
    assert cites(law) == cites(Overlay([law], {})) == {Conservation.source.key}


def test_records_of_older_files_are_known_by_their_names():
    data = xr.Dataset({"kkt_stationarity": ("record", [1.0]), "effective_rank": ("record", [1.0])}, attrs={"provenance": "{}"})
    assert cites(data) == {"lyu2020gradient", "roy2007effective"}


def test_every_solver_by_name_is_known():
    from thalweg.algorithms.solvers.registry import SOLVERS as NAMED

    assert set(SOLVERS) == set(NAMED)
    assert all(keys_of(f"thalweg.algorithms.solvers.{name}") for names in SOLVERS.values() for name in names)


def test_parts_are_found_by_class_function_and_solver():
    assert keys_of("GradientFlow") == ("kidger2021on",)
    assert "abdulle2002fourth" in keys_of("MirrorFlow")
    assert "candes2009exact" in keys_of("nuclear_norm")
    assert keys_of("SomebodysOwn") == ()
    described = {"a": [{"class": "DeepLinear"}, {"class": "DeepLinear"}], "solver": "nuclear_norm"}
    found = cited(described)
    assert found[0] == "candes2009exact"
    assert found.count("arora2019implicit") == 1
