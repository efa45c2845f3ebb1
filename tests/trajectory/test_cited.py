"""What a run rests on: the references of exactly the parts that it used, from the run and from its file."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import thalweg as tw
from thalweg._references import parse
from thalweg.trajectory.cited import ALWAYS, cited, keys_of


def followed(algorithm: tw.GradientDescent | tw.EndToEndFlow, *record) -> tw.Trajectory:
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


def test_parts_are_found_by_class_function_and_solver():
    assert "abdulle2002fourth" in keys_of("GradientFlow")
    assert "candes2009exact" in keys_of("nuclear_norm")
    assert keys_of("SomebodysOwn") == ()
    described = {"a": [{"class": "GradientFlow"}, {"class": "GradientFlow"}], "solver": "nuclear_norm"}
    found = cited(described)
    assert found[0] == "candes2009exact"
    assert found.count("arora2019implicit") == 1
