"""Diagonal networks: each coefficient is a difference of two powers, and begins at zero."""

import functools
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from thalweg.exact import Solution, least_l1, least_l2, least_potential
from thalweg.explorer.experiments.base import Values
from thalweg.explorer.experiments.families import AbstractFamily, Exact, Words, at_least
from thalweg.initializations.constant import Constant
from thalweg.parametrizations.diagonal import Diagonal
from thalweg.potentials import DiagonalBias
from thalweg.problems.linear_regression import LinearRegression

LEAST = {2: 1e-6, 3: 1e-4, 4: 1e-2, 5: 3e-2}
"""The least scale at each depth from which coefficients leave zero within the work that a reader may ask for."""


class DiagonalFamily(AbstractFamily):
    """Least squares by a diagonal network: between the least l2 norm and the least l1 norm."""

    words: ClassVar[Words] = Words(
        one="coefficient",
        norm="l1 norm",
        title="l1 norm",
        now="Beside solutions that are computed otherwise, and the vector that the outputs come from.",
        paths="Each curve is one. Across: the planted ones. From a small start they leave zero one after the other.",
        sizes="The sum of the sizes of the coefficients, beside the least of all solutions.",
        loss="Half the mean square over the samples.",
    )
    most_gradients: ClassVar[int] = 60_000

    def check(self, values: Values) -> None:
        at_least(values, LEAST, "the coefficients stay at zero for longer than can be followed here")

    def planted(self, values: Values) -> np.ndarray:
        return drawn(values)[1]

    def asked(self, values: Values) -> Mapping[str, Any]:
        return {
            "problem": _problem(*drawn(values)),
            "parametrization": Diagonal(size=values["coefficients"], depth=values["depth"]),
            "start": Constant(values["scale"]),
        }

    def exact(self, values: Values) -> tuple[Exact, Exact, Exact]:
        return _exact(values["seed"], *(values[name] for name in ("coefficients", "samples", "sparsity", "depth", "scale")))

    def coefficients(self, values: Values, predictors: np.ndarray) -> np.ndarray:
        return predictors[:, 0]

    def interval(self, values: Values) -> int:
        depth, scale = values["depth"], values["scale"]
        if depth == 2:
            return 1 if scale >= 1e-2 else 2 if scale >= 1e-4 else 3
        return 1 if scale >= 1 else 5 if depth == 3 else 6

    def label(self, values: Values) -> str:
        return f"depth {values['depth']}, scale {values['scale']:.3g}"

    def reference(self, values: Values) -> str:
        limit, l1, l2 = self.exact(values)
        gaps = [max(one.gap, 1e-16) for one in (l1, limit, l2)]
        return (
            f"Of all solutions the least l1 norm is {l1.norm:.4g}, and the planted vector has "
            f"{float(np.abs(self.planted(values)).sum()):.4g}. The exact limit of the flow from this scale, the solution that it "
            f"is biased to, has {limit.norm:.4g}; the one of least l2 norm, which is the nearest to the zero where the "
            f"coefficients begin and which a kernel method finds, {l2.norm:.4g}. "
            f"Certified to relative gaps of {gaps[0]:.0e}, {gaps[1]:.0e} and {gaps[2]:.0e}."
        )

    def lines(self, values: Values) -> list[str]:
        size, few = values["coefficients"], values["sparsity"]
        return [
            f"rng = np.random.default_rng({values['seed']})",
            f"inputs = rng.normal(size=({size}, {values['samples']}))",
            f"planted = np.zeros({size})",
            f"places = rng.choice({size}, size={few}, replace=False)",
            f"planted[places] = rng.choice([-1.0, 1.0], size={few}) * np.linspace(1.5, 0.5, {few})",
            "problem = tw.LinearRegression(inputs=inputs, outputs=(planted @ inputs)[None])",
            "",
            f"limit = tw.exact.least_potential(problem, tw.potentials.DiagonalBias({values['depth']}, {values['scale']!r}))",
            "least_l1, least_l2 = tw.exact.least_l1(problem), tw.exact.least_l2(problem)",
            "print(limit, least_l1, least_l2, sep='\\n')",
        ]

    def called(self, values: Values) -> tuple[str, str]:
        size, depth = values["coefficients"], values["depth"]
        return f"tw.Diagonal(size={size}, depth={depth})", f"tw.Constant({values['scale']!r})"


def drawn(values: Values) -> tuple[np.ndarray, np.ndarray]:
    """The inputs, and the planted coefficients, whose sizes go from 1.5 down to 0.5."""
    return _drawn(values["seed"], values["coefficients"], values["samples"], values["sparsity"])


@functools.lru_cache(maxsize=32)
def _drawn(seed: int, size: int, samples: int, few: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    inputs, planted = rng.normal(size=(size, samples)), np.zeros(size)
    places = rng.choice(size, size=few, replace=False)
    planted[places] = rng.choice([-1.0, 1.0], size=few) * np.linspace(1.5, 0.5, few)
    return inputs, planted


@functools.lru_cache(maxsize=32)
def _exact(seed: int, size: int, samples: int, few: int, depth: int, scale: float) -> tuple[Exact, Exact, Exact]:
    problem = _problem(*_drawn(seed, size, samples, few))
    limit, l1, l2 = least_potential(problem, DiagonalBias(depth, scale)), least_l1(problem), least_l2(problem)

    def named(one: Solution, record: str, label: str, at: str, python: str) -> Exact:
        return Exact(record, label, at, f"{python}.predictor", one.predictor[0], one.predictor, one.gap)

    return (
        named(limit, "to_limit", "exact limit for this scale", "exact limit", "limit"),
        named(l1, "to_least_l1", "least l1 norm", "least possible", "least_l1"),
        named(l2, "to_least_l2", "least l2 norm", "of least l2 norm", "least_l2"),
    )


def _problem(inputs: np.ndarray, planted: np.ndarray) -> LinearRegression:
    return LinearRegression(inputs=inputs, outputs=(planted @ inputs)[None])
