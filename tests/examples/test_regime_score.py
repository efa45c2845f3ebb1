"""The example on the regime score runs as it stands and comes to what it says."""

import importlib.util

import pytest

from gates.source import REPOSITORY


def test_scores_fall_from_rich_to_kernel(capsys: pytest.CaptureFixture[str]):
    path = REPOSITORY / "examples" / "regime_score.py"
    spec = importlib.util.spec_from_file_location("example_regime_score", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = module.scores((0.1, 1.0, 5.0))
    values = [made.score for made in found.values()]
    assert values[0] > 0.8
    assert values == sorted(values, reverse=True)
    assert values[-1] < 0.01
    distances = [made.function_distance for made in found.values()]
    assert distances == sorted(distances, reverse=True)
    assert "homogeneous of degree 2\n" in capsys.readouterr().out
    assert 0 < module.of_module().score < 1
    assert "the module at 45 degrees: 0.49" in capsys.readouterr().out
