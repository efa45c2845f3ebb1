"""What is claimed of singular values: their law of motion, and what it does to spectra."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from thalweg.studies.bounds import AtLeast, AtMost, Between
from thalweg.studies.claim import Claim, Mutant, Source
from thalweg.studies.evidence import Evidence

PAPER = "arora2019implicit"


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    figure = Source(PAPER, "figure 3, synthetic")
    tightest = min(parameters.rtols)
    return [*_theorem(parameters, tightest), *_descent(parameters, figure), *_movielens(parameters)]


def _theorem(parameters: Any, rtol: float) -> list[Claim]:
    law = Source(PAPER, "theorem 3")

    def worst(evidence: Evidence, measure: Callable[[xr.Dataset], float], family: str = "flow") -> float:
        return max(measure(evidence.record(family=family, depth=depth, rtol=rtol)) for depth in (2, 3))

    return [
        Claim(
            "velocities follow the law",
            "From a balanced start the velocities of the singular values are -N (sigma^2)^(1-1/N) <gradient, u v^T> along the "
            "whole path: the largest difference, relative to the largest velocity, is at most the tolerance of the flow.",
            law,
            "theorem",
            lambda e: worst(e, velocity_residual),
            AtMost(rtol),
            null=Mutant("singular values that do not move", lambda e: _scaled_law(e, lambda n, s: 0 * s)),
            mutants=[
                Mutant("the factor N left out", lambda e: _scaled_law(e, lambda n, s: 0 * s + 1 / n)),
                Mutant("the exponent of depth N + 1", lambda e: _scaled_law(e, lambda n, s: s ** (2 / n - 2 / (n + 1)))),
                Mutant("the law of a single matrix", lambda e: _scaled_law(e, lambda n, s: s ** (2 / n - 2) / n)),
            ],
            reduce="max",
            needs={"family": "flow"},
        ),
        Claim(
            "the residual is the solver's",
            "The residual of the law falls with the tolerance of the flow: slope of log against log 1, the law itself is exact.",
            law,
            "theorem",
            lambda e: min(_tolerance_slope(e, depth, parameters.rtols) for depth in (2, 3)),
            Between(0.7, 1.4),
            null=Mutant("singular values that do not move", lambda e: _scaled_law(e, lambda n, s: 0 * s)),
            mutants=[
                Mutant("the exponent of depth N + 1", lambda e: _scaled_law(e, lambda n, s: s ** (2 / n - 2 / (n + 1)))),
            ],
            needs={"family": "flow"},
        ),
        Claim(
            "velocities add up to the path",
            "Predicted velocities, summed over time, give back the recorded singular values: the largest difference relative "
            "to the largest singular value is at most 2e-3, the error of the sum.",
            law,
            "theorem",
            lambda e: worst(e, path_residual, "path"),
            AtMost(2e-3),
            null=Mutant("singular values that do not move", lambda e: _scaled_law(e, lambda n, s: 0 * s)),
            mutants=[Mutant("the factor N left out", lambda e: _scaled_law(e, lambda n, s: 0 * s + 1 / n))],
            reduce="max",
            needs={"family": "path"},
        ),
    ]


def _descent(parameters: Any, figure: Source) -> list[Claim]:
    def gap(evidence: Evidence, depth: int) -> float:
        final = evidence.record(family="descent", depth=depth).singular_values.values[-1]
        return float(final[5] / final[4])

    def gap_claim(depth: int, words: str, allowed: Any, printed: str, instead: int) -> Claim:
        return Claim(
            f"spectrum at depth {depth}",
            f"At depth {depth} {words}.",
            figure,
            "figure",
            lambda e: gap(e, depth),
            allowed,
            null=Mutant("the singular values at the start", _start_only)
            if depth > 1
            else Mutant("the spectrum of the target", lambda e: _truncated(e, 5)),
            mutants=[Mutant(f"depth {instead} in its place", lambda e: _as_depth(e, depth, instead))],
            published=printed,
            needs={"family": "descent"},
        )

    return [
        gap_claim(
            1, "there is no gap after the fifth singular value: sixth over fifth at least 0.8", AtLeast(0.8), "7.8 / 8.7", 2
        ),
        gap_claim(2, "there is a gap: sixth over fifth between 0.1 and 0.45", Between(0.1, 0.45), "6.0 / 24.8", 3),
        gap_claim(3, "the sixth is next to nothing: at most 0.02 of the fifth", AtMost(0.02), "below .3 / 33.2", 2),
        Claim(
            "take-off at depth 3",
            "At depth 3 the largest singular value passes half of its final value at 8.0e3 steps, within 20 percent.",
            figure,
            "figure",
            lambda e: take_off(e.record(family="descent", depth=3), 0) / 8.0e3,
            Between(0.8, 1.2),
            null=Mutant("singular values that rise from the first step", _linear_rise),
            mutants=[Mutant("depth 2 in its place", lambda e: _as_depth(e, 3, 2))],
            published="8.0e3",
            needs={"family": "descent"},
        ),
        Claim(
            "one after another",
            "At depth 3 the five directions are learnt one after another: their take-offs spread over at least twice the time "
            "that the first takes to rise from a tenth to nine tenths.",
            figure,
            "figure",
            lambda e: sequence(e.record(family="descent", depth=3), 5),
            AtLeast(2.0),
            null=Mutant("singular values that all rise together", _linear_rise),
            mutants=[Mutant("depth 1 in its place", lambda e: _as_depth(e, 3, 1))],
            published="take-offs at 8.0e3, 9.3e3, 1.05e4, 1.25e4, 1.5e4",
            needs={"family": "descent"},
        ),
        Claim(
            "deeper is sharper",
            "The rise of the largest singular value, from a tenth to nine tenths, takes a smaller share of the time before it "
            "at depth 3 than at depth 2.",
            Source(PAPER, "section 3, discussion of theorem 3"),
            "figure",
            lambda e: _sharpness(e, 3) / _sharpness(e, 2),
            AtMost(0.8),
            null=Mutant("singular values that rise from the first step", _linear_rise),
            mutants=[Mutant("the two exchanged", lambda e: _exchanged(e, 2, 3))],
            needs={"family": "descent"},
        ),
        Claim(
            "singular vectors align with the gradient",
            "At depth 2 the mean of |U^T gradient V| on its diagonal exceeds ten times that off it, where the diagonal peaks.",
            Source(PAPER, "corollary 1 and figure 3, alignment"),
            "figure",
            lambda e: alignment(e.record(family="descent", depth=2)),
            AtLeast(10.0),
            null=Mutant("a random matrix in place of the rotated gradient", lambda e: _unaligned(e)),
            mutants=[Mutant("diagonal and rest exchanged", _swapped_alignment)],
            published="1.4e-3 against at most 1.2e-4",
            needs={"family": "descent"},
        ),
    ]


def _movielens(parameters: Any) -> list[Claim]:
    whole = parameters.films.most == 0
    alone = 0.05 if whole else 0.15
    figure = Source(PAPER, "figure 3, MovieLens-100K")
    needs = {"family": "movielens"}

    def final(evidence: Evidence, name: str, depth: int) -> float:
        return float(evidence.record(family="movielens", depth=depth)[name].values[-1])

    def top(evidence: Evidence, depth: int) -> np.ndarray:
        return evidence.record(family="movielens", depth=depth).singular_values.values[-1]

    found = [
        Claim(
            "ratings at depth 1 follow the closed form",
            "On ratings at depth 1 the predictor is the observed matrix times 1 - exp(-2t/m), and nothing elsewhere.",
            figure,
            "theorem",
            lambda e: e.final("closed_form", family="movielens", depth=1),
            AtMost(1e-3),
            null=Mutant("the zero matrix", lambda e: e.replaced(lambda r: {"closed_form": 1.0}, family="movielens")),
            mutants=[
                Mutant(
                    "half the speed: exp(-t/m)",
                    lambda e: e.replaced(lambda r: {"closed_form": _half_speed(r.finals, e)}, family="movielens", depth=1),
                )
            ],
            published="test error 13.728069 against 13.728078 of the zero predictor",
            needs=needs,
        ),
        Claim(
            "ratings: one direction stands out",
            "On ratings, which are not centred, depths 2 and 3 end with one large singular value, the mean: the second is at "
            f"most {alone:g} of it.",
            figure,
            "figure",
            lambda e: max(float(top(e, depth)[1] / top(e, depth)[0]) for depth in (2, 3)),
            AtMost(alone),
            null=Mutant("a spectrum without a gap", lambda e: _flat(e)),
            mutants=[Mutant("depth 1 in place of depth 2", lambda e: _as_depth(e, 2, 1, family="movielens"))],
            published="3350 against at most 60",
            needs=needs,
        ),
        Claim(
            "ratings: depth generalises",
            "On held-out ratings the errors at depths 2 and 3 are at most a fifth of that at depth 1.",
            figure,
            "figure",
            lambda e: max(final(e, "held_out_error", depth) for depth in (2, 3)) / final(e, "held_out_error", 1),
            AtMost(0.2),
            null=Mutant("the zero matrix", _zero_ratings),
            mutants=[Mutant("depth 1 in place of depth 3", lambda e: _as_depth(e, 3, 1, family="movielens"))],
            published="1.450 and 1.398 against 13.73",
            needs=needs,
        ),
    ]
    if whole:
        found.append(
            Claim(
                "ratings: depth 3 generalises best",
                "On held-out ratings the error at depth 3 is at most that at depth 2.",
                figure,
                "figure",
                lambda e: final(e, "held_out_error", 3) / final(e, "held_out_error", 2),
                AtMost(1.0),
                null=Mutant("depth 2 with a hundredth more error", _worse),
                mutants=[Mutant("depth 1 in place of depth 3", lambda e: _as_depth(e, 3, 1, family="movielens"))],
                published="1.398 against 1.450",
                needs=needs,
            )
        )
        for depth, printed in ((2, 3350.0), (3, 3770.0)):
            found.append(
                Claim(
                    f"ratings: largest singular value at depth {depth}",
                    f"On ratings at depth {depth} the largest singular value ends at {printed:g}, within 10 percent.",
                    figure,
                    "figure",
                    lambda e, depth=depth, printed=printed: float(top(e, depth)[0]) / printed,
                    Between(0.9, 1.1),
                    null=Mutant("the zero matrix", lambda e: _flat(e)),
                    mutants=[Mutant("depth 1 in its place", lambda e, depth=depth: _as_depth(e, depth, 1, family="movielens"))],
                    published=f"{printed:g}",
                    needs=needs,
                )
            )
        for depth, printed in ((2, 1.450), (3, 1.398)):
            found.append(
                Claim(
                    f"ratings: test error at depth {depth}",
                    f"On held-out ratings the mean squared error at depth {depth} ends at {printed:g}, within 10 percent.",
                    figure,
                    "figure",
                    lambda e, depth=depth, printed=printed: final(e, "held_out_error", depth) / printed,
                    Between(0.9, 1.1),
                    null=Mutant("the zero matrix", lambda e: _zero_ratings(e)),
                    mutants=[Mutant("depth 1 in its place", lambda e, depth=depth: _as_depth(e, depth, 1, family="movielens"))],
                    published=f"{printed:g}",
                    needs=needs,
                )
            )
    return found


def velocity_residual(record: xr.Dataset) -> float:
    """The largest difference of measured and predicted velocities, relative to the largest measured one."""
    measured, predicted = record.measured_velocity.values, record.predicted_velocity.values
    return float(np.abs(measured - predicted).max() / np.abs(measured).max())


def path_residual(record: xr.Dataset) -> float:
    """The same of the singular values against the sum of predicted velocities over time, by the trapezoid rule.

    Sums over all singular values, which do not change where two of them cross.
    """
    time = record.time.values
    total = record.singular_values.values.sum(axis=1)
    speed = record.predicted_velocity.values.sum(axis=1)
    added = np.concatenate([[0.0], np.cumsum(np.diff(time) * (speed[1:] + speed[:-1]) / 2)])
    return float(np.abs(total - total[0] - added).max() / np.abs(total).max())


def crossing(steps: np.ndarray, values: np.ndarray, share: float) -> float:
    """The step at which a series first passes a share of its final value, between records by straight lines."""
    level = share * values[-1]
    at = int(np.argmax(values >= level))
    if at == 0:
        return float(steps[0])
    below, above = values[at - 1], values[at]
    return float(steps[at - 1] + (level - below) / (above - below) * (steps[at] - steps[at - 1]))


def take_off(record: xr.Dataset, index: int) -> float:
    """The step at which a singular value passes half of its final value."""
    return crossing(record.steps.values, record.singular_values.values[:, index], 0.5)


def rise(record: xr.Dataset, index: int) -> float:
    """Steps from a tenth to nine tenths of the final value."""
    steps, values = record.steps.values, record.singular_values.values[:, index]
    return crossing(steps, values, 0.9) - crossing(steps, values, 0.1)


def sequence(record: xr.Dataset, count: int) -> float:
    """The spread of the first take-offs in units of the rise of the first."""
    return (take_off(record, count - 1) - take_off(record, 0)) / rise(record, 0)


def alignment(record: xr.Dataset) -> float:
    """Mean on the diagonal over mean off it, at the record where the diagonal peaks."""
    diagonal, off = record.alignment.values.T
    peak = int(np.argmax(diagonal))
    return float(diagonal[peak] / off[peak])


def _sharpness(evidence: Evidence, depth: int) -> float:
    record = evidence.record(family="descent", depth=depth)
    return rise(record, 0) / crossing(record.steps.values, record.singular_values.values[:, 0], 0.1)


def _tolerance_slope(evidence: Evidence, depth: int, rtols: tuple[float, ...]) -> float:
    y = [velocity_residual(evidence.record(family="flow", depth=depth, rtol=rtol)) for rtol in rtols]
    return float(np.polyfit(np.log(rtols), np.log(y), 1)[0])


def _scaled_law(evidence: Evidence, factor: Callable[[int, np.ndarray], np.ndarray]) -> Evidence:
    """Predictions times a factor of depth and singular value: wrong laws of motion."""
    for depth in (2, 3):

        def change(record: xr.Dataset, depth: int = depth) -> xr.Dataset:
            values = np.maximum(record.singular_values.values, 1e-300)
            wrong = record.predicted_velocity * factor(depth, values)
            return record.assign(predicted_velocity=wrong)

        for family in ("flow", "path"):
            evidence = evidence.rerecorded(change, family=family, depth=depth)
    return evidence


def _as_depth(evidence: Evidence, depth: int, instead: int, family: str = "descent") -> Evidence:
    other = evidence.one(family=family, depth=instead)
    return evidence.rerecorded(lambda record: other.record(), family=family, depth=depth)


def _exchanged(evidence: Evidence, one: int, other: int) -> Evidence:
    first, second = (evidence.one(family="descent", depth=depth) for depth in (one, other))
    changed = evidence.rerecorded(lambda record: second.record(), family="descent", depth=one)
    return changed.rerecorded(lambda record: first.record(), family="descent", depth=other)


def _start_only(evidence: Evidence) -> Evidence:
    return _values(evidence, lambda values, steps: np.broadcast_to(values[:1], values.shape))


def _linear_rise(evidence: Evidence) -> Evidence:
    return _values(evidence, lambda values, steps: values[-1] * (steps / steps[-1])[:, None])


def _truncated(evidence: Evidence, rank: int) -> Evidence:
    return _values(evidence, lambda values, steps: values * (np.arange(values.shape[1]) < rank))


def _flat(evidence: Evidence) -> Evidence:
    return _values(evidence, lambda values, steps: np.ones_like(values), family="movielens")


def _values(evidence: Evidence, change: Callable[[np.ndarray, np.ndarray], np.ndarray], family: str = "descent") -> Evidence:
    def changed(record: xr.Dataset) -> xr.Dataset:
        values = change(record.singular_values.values, record.steps.values.astype(float))
        return record.assign(singular_values=(record.singular_values.dims, np.array(values)))

    return evidence.rerecorded(changed, family=family)


def _unaligned(evidence: Evidence) -> Evidence:
    return evidence.rerecorded(lambda record: record.assign(alignment=record.alignment * 0 + 1.0), family="descent")


def _swapped_alignment(evidence: Evidence) -> Evidence:
    def change(record: xr.Dataset) -> xr.Dataset:
        swapped = (record.alignment.dims, np.array(record.alignment.values[:, ::-1]))
        return record.assign(alignment=swapped)

    return evidence.rerecorded(change, family="descent")


def _worse(evidence: Evidence) -> Evidence:
    other = evidence.one(family="movielens", depth=2)

    def change(record: xr.Dataset) -> xr.Dataset:
        return other.record().assign(held_out_error=1.01 * other.record().held_out_error)

    return evidence.rerecorded(change, family="movielens", depth=3)


def _zero_ratings(evidence: Evidence) -> Evidence:
    for depth in (2, 3):
        error = evidence.final("zero_predictor", family="movielens", depth=depth)

        def change(record: xr.Dataset, error: float = error) -> xr.Dataset:
            return record.assign(held_out_error=record.held_out_error * 0 + error)

        evidence = evidence.rerecorded(change, family="movielens", depth=depth)
    return evidence


def _half_speed(finals: Mapping[str, Any], evidence: Evidence) -> float:
    """The distance between 1 - exp(-2t/m) and 1 - exp(-t/m), relative to the former."""
    faded = float(finals["faded"])
    return abs(faded - faded**0.5) / (1 - faded)
