"""What is claimed of generalisation in time: the error, when it is least, what training on costs, what does not move."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from thalweg.studies.bounds import AtLeast, AtMost, Between
from thalweg.studies.claim import Claim, Erratum, Mutant, Source
from thalweg.studies.evidence import Evidence

PAPER = "advani2020high"
AT_ONE = (1 + np.sqrt(2)) / 4
"""The best time over signal to noise, at as many samples as parameters and large signal."""


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [*_in_time(parameters), *_overtraining(parameters), *_stopping(parameters), *_paths(parameters)]


def _in_time(parameters: Any) -> list[Claim]:
    where = Source(PAPER, "section 2, theory and simulation")
    needs = {"family": "simulated"}

    def worst(name: str) -> Callable[[Evidence], float]:
        return lambda e: max(e.final(name, family="simulated", ratio=ratio) for ratio in parameters.ratios)

    def wrong(what: str, name: str, instead: str) -> Mutant:
        return Mutant(what, lambda e: _put(e, {name: instead}, family="simulated"))

    sizes = f"{parameters.length} parameters and {parameters.draws} draws of inputs"
    return [
        Claim(
            "error on new samples in time",
            f"With {sizes} the mean error on new samples is that of the limit of many inputs at times 0.5, 2, 10 and "
            f"100, within {parameters.tested:.0%}, at every ratio of samples to parameters.",
            where,
            "figure",
            worst("tested"),
            AtMost(parameters.tested),
            null=wrong("an error that stays at its start", "tested", "tested_from_the_start"),
            mutants=[
                wrong("inputs of variance one over the number of samples", "tested", "tested_over_samples"),
                wrong("no directions out of reach", "tested", "tested_without_frozen"),
                wrong("noise that is not learnt", "tested", "tested_without_noise"),
            ],
            needs=needs,
        ),
        Claim(
            "training error in time",
            f"With {sizes} the mean error on the training samples is that of the limit at the same times, within "
            f"{parameters.trained:.0%} of what it starts at.",
            where,
            "figure",
            worst("trained"),
            AtMost(parameters.trained),
            null=wrong("an error that stays at its start", "trained", "trained_from_the_start"),
            mutants=[
                wrong("no noise out of reach", "trained", "trained_without_rest"),
                wrong("half the speed", "trained", "trained_at_half_speed"),
            ],
            needs=needs,
        ),
        Claim(
            "limit of long training",
            "At the end of training the error is a/((a-1) SNR) with more samples than parameters, a > 1, and "
            f"(1-a)(1+INR) + 1/((1-a) SNR) with fewer, within {parameters.tested:.0%}.",
            Source(PAPER, "section 2, the limit of long training"),
            "figure",
            lambda e: max(e.final("final_off", family="simulated", ratio=r) for r in parameters.ratios if r != 1),
            AtMost(parameters.tested),
            null=wrong("nothing but the noise of new samples", "final_off", "final_off_noise_only"),
            mutants=[wrong("samples and parameters exchanged", "final_off", "final_off_exchanged")],
            needs=needs,
        ),
    ]


def _overtraining(parameters: Any) -> list[Claim]:
    where = Source(PAPER, "section 2, overtraining")
    formulas = {"family": "formulas"}
    talk = "the talk notes, section 3"

    def penalty(evidence: Evidence) -> float:
        found = {ratio: evidence.final("penalty", family="simulated", ratio=ratio) for ratio in parameters.ratios}
        return min(found[1.0] / value for ratio, value in found.items() if ratio != 1)

    def exchanged(evidence: Evidence) -> Evidence:
        other = evidence.final("penalty", family="simulated", ratio=2.0)
        return evidence.replaced(lambda r: {"penalty": other}, family="simulated", ratio=1.0)

    return [
        Claim(
            "overtraining is worst at one",
            "What training to time 1000 costs, the error over its least, is largest where there are as many samples "
            "as parameters.",
            where,
            "figure",
            lambda e: e.final("worst_ratio", **formulas),
            Between(0.95, 1.05),
            null=Mutant("the ratio of largest error", lambda e: _put(e, {"worst_ratio": "worst_ratio_of_error"}, **formulas)),
            mutants=[Mutant("training to time 2 only", lambda e: _put(e, {"worst_ratio": "worst_ratio_early"}, **formulas))],
            published="where parameters equal samples",
            needs=formulas,
        ),
        Claim(
            "overtraining of simulated students",
            "Of students that are simulated, those with as many samples as parameters pay for training to time 1000 "
            "at least three times what others pay.",
            where,
            "figure",
            penalty,
            AtLeast(3.0),
            null=Mutant(
                "students stopped in time", lambda e: e.replaced(lambda r: {"penalty": 1.0}, family="simulated", ratio=1.0)
            ),
            mutants=[Mutant("twice as many samples in their place", exchanged)],
            needs={"family": "simulated"},
        ),
        Claim(
            "overtraining grows as the square root of time",
            "At as many samples as parameters the error grows without end, as the square root of time: slope of log against log.",
            Source(PAPER, "section 2, the limit of long training"),
            "theorem",
            lambda e: e.final("growth_at_one", **formulas),
            Between(0.495, 0.505),
            null=Mutant("an error that stays", lambda e: _set(e, {"growth_at_one": 0.0}, **formulas)),
            mutants=[
                Mutant("a tenth fewer samples", lambda e: _put(e, {"growth_at_one": "growth_below"}, **formulas)),
                Mutant("a tenth more", lambda e: _put(e, {"growth_at_one": "growth_above"}, **formulas)),
            ],
            needs=formulas,
        ),
        Claim(
            "size of overtraining",
            "There the error over 2(2 - sqrt 2)/sqrt pi times the square root of time over SNR comes to 1 late in training.",
            Source(PAPER, "section 2, the limit of long training, with its constant"),
            "theorem",
            lambda e: e.final("growth_over_law", **formulas),
            Between(0.999, 1.001),
            null=Mutant("no error", lambda e: _set(e, {"growth_over_law": 0.0}, **formulas)),
            mutants=[
                Mutant(
                    "the constant of a mode that is learnt at once, 2 / sqrt pi",
                    lambda e: _scaled(e, "growth_over_law", 2 - np.sqrt(2), **formulas),
                )
            ],
            needs=formulas,
        ),
        Claim(
            "accurate labels forgive",
            "With half as many samples as parameters and a signal of 100 times the noise, training to time 1000 costs "
            "at most 2 percent of the least error.",
            Source(PAPER, "section 2, overtraining and signal to noise"),
            "figure",
            lambda e: e.final("cost_accurate", **formulas),
            AtMost(0.02),
            null=Mutant("labels of as much noise as signal", lambda e: _put(e, {"cost_accurate": "cost_noisy"}, **formulas)),
            mutants=[
                Mutant("as many samples as parameters", lambda e: _put(e, {"cost_accurate": "cost_accurate_at_one"}, **formulas))
            ],
            needs=formulas,
            erratum=Erratum(
                "Deep networks likely operate in the undetermined accurate label regime where overtraining is not a problem.",
                talk,
                "The regime is *under*determined: fewer samples than parameters. With accurate labels alone, at as "
                "many samples as parameters, overtraining is a problem all the same.",
            ),
        ),
    ]


def _stopping(parameters: Any) -> list[Claim]:
    where = Source(PAPER, "section 2, early stopping")
    formulas = {"family": "formulas"}

    def rate(evidence: Evidence) -> float:
        return max(abs(evidence.final(f"signal_rate_{ratio}", **formulas) - 1) for ratio in ("0.5", "2"))

    def on_edge(evidence: Evidence) -> Evidence:
        for ratio in (0.5, 2.0):
            evidence = _scaled(evidence, f"signal_rate_{ratio:g}", 1 / abs(1 - np.sqrt(ratio)), **formulas)
        return evidence

    return [
        Claim(
            "when to stop a mode",
            "The error of a mode is least at t = ln(1 + SNR (1 + INR) lambda)/lambda, for all its eigenvalues, "
            "signals and starts: largest relative distance to the time that a search finds, whose grid is 6e-4.",
            where,
            "theorem",
            lambda e: e.final("mode_time_right", **formulas),
            AtMost(1e-3),
            null=Mutant("the time of a mode of eigenvalue 1", lambda e: _put(e, {"mode_time_right": "mode_time_rate_left_out"})),
            mutants=[
                Mutant("the start ignored", lambda e: _put(e, {"mode_time_right": "mode_time_start_ignored"})),
                Mutant("ln(SNR (1 + INR) lambda)/lambda", lambda e: _put(e, {"mode_time_right": "mode_time_no_one_added"})),
            ],
            published="(1/lambda) ln(SNR lambda + 1), for a start at 0",
            needs=formulas,
        ),
        Claim(
            "the best time grows as the logarithm of the signal",
            "With half or twice as many samples as parameters the best time grows by 1/lambda_- for every unit of ln "
            "SNR, lambda_- being the lower edge of the modes, within 3 percent.",
            where,
            "theorem",
            rate,
            AtMost(0.03),
            null=Mutant(
                "a time that does not grow",
                lambda e: _set(e, {"signal_rate_0.5": 0.0, "signal_rate_2": 0.0}, **formulas),
            ),
            mutants=[Mutant("the edge in place of its square: singular values", on_edge)],
            published="approximately logarithmic",
            needs=formulas,
        ),
        Claim(
            "at one it grows in proportion",
            "At as many samples as parameters modes reach down to 0, and the best time over SNR comes to (1 + sqrt "
            "2)/4: it grows in proportion to the signal, not as its logarithm.",
            Source(PAPER, "section 2, early stopping, with the limit at as many samples as parameters"),
            "theorem",
            lambda e: e.final("signal_share_1", **formulas) / AT_ONE,
            Between(0.999, 1.001),
            null=Mutant("a time that does not grow", lambda e: _set(e, {"signal_share_1": 0.0}, **formulas)),
            mutants=[
                Mutant("the logarithm that holds elsewhere", lambda e: _put(e, {"signal_share_1": "signal_share_2"}, **formulas)),
                Mutant(
                    "a density of modes half as large for the signal", lambda e: _scaled(e, "signal_share_1", 0.5, **formulas)
                ),
            ],
            published="approximately logarithmic",
            needs=formulas,
        ),
        Claim(
            "stopping does what ridge does",
            "From a start at 0 the least error along the path of simulated students is at most 4 percent above that "
            "of ridge regression at its best penalty, at every ratio of samples to parameters.",
            Source("ali2019continuous", "early stopping beside ridge regression"),
            "figure",
            lambda e: max(e.final("stopped", family="simulated", ratio=ratio) for ratio in parameters.ratios),
            Between(1.0, 1.04),
            null=Mutant("students that are not stopped", lambda e: _put(e, {"stopped": "stopped_never"}, family="simulated")),
            mutants=[
                Mutant("a start that is not 0", lambda e: _put(e, {"stopped": "stopped_large_start"}, family="simulated")),
            ],
            needs={"family": "simulated"},
        ),
    ]


def _paths(parameters: Any) -> list[Claim]:
    frozen = Source(PAPER, "section 2, the frozen subspace")
    needs = {"family": "paths"}
    tightest = len(parameters.rtols) - 1
    scales = range(len(parameters.scales))

    def worst(evidence: Evidence, *names: str) -> float:
        return max(evidence.final(f"{name}_{index}", **needs) for name in names for index in scales)

    def slope(evidence: Evidence) -> float:
        ends = [evidence.final(f"deep_ends_outside_{index}", **needs) for index in scales]
        return float(np.polyfit(np.log(parameters.scales), np.log(ends), 1)[0])

    def residuals(evidence: Evidence) -> float:
        found = [evidence.final(f"residual_{index}", **needs) for index in range(len(parameters.rtols))]
        return float(np.polyfit(np.log(parameters.rtols), np.log(found), 1)[0])

    def with_residual(name: str) -> Callable[[Evidence], Evidence]:
        return lambda e: _put(e, {f"residual_{index}": name for index in range(len(parameters.rtols))}, **needs)

    def each(name: str, instead: str) -> Callable[[Evidence], Evidence]:
        return lambda e: _put(e, {f"{name}_{index}": f"{instead}_{index}" for index in scales}, **needs)

    return [
        Claim(
            "each mode at its own rate",
            "Along gradient flow on one draw of inputs the error against the teacher is that of modes fading at their "
            "eigenvalues: relative difference at most ten times the tolerance of the flow.",
            Source(PAPER, "section 2, before the mean over teachers"),
            "theorem",
            lambda e: e.final(f"residual_{tightest}", **needs),
            AtMost(10 * min(parameters.rtols)),
            null=Mutant("a student that does not move", with_residual("residual_at_rest")),
            mutants=[
                Mutant("half the speed", with_residual("residual_half_speed")),
                Mutant("directions out of reach that fade too", with_residual("residual_all_fade")),
            ],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "the difference is the solver's",
            "That difference falls with the tolerance of the flow: slope of log against log 1, the law itself is exact.",
            Source(PAPER, "section 2, before the mean over teachers"),
            "theorem",
            residuals,
            Between(0.7, 1.3),
            null=Mutant("a student that does not move", with_residual("residual_at_rest")),
            mutants=[Mutant("half the speed", with_residual("residual_half_speed"))],
            needs=needs,
        ),
        Claim(
            "a shallow student is frozen out of reach",
            "In directions that no input reaches a single matrix does not move at all: to rounding, 1e-12 of its size.",
            frozen,
            "theorem",
            lambda e: e.final("shallow_moved_outside", **needs),
            AtMost(1e-12),
            null=Mutant(
                "directions that inputs reach", lambda e: _put(e, {"shallow_moved_outside": "shallow_moved_inside"}, **needs)
            ),
            mutants=[
                Mutant("two layers in its place", lambda e: _put(e, {"shallow_moved_outside": "deep_carried_not_0"}, **needs)),
            ],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "of a deep student the first factor is frozen",
            "There the first of two factors does not move, and the product is the second factor, as it grows, times "
            "the first as it began: both to 1e-10.",
            Source(PAPER, "section 3, deep linear networks"),
            "theorem",
            lambda e: worst(e, "deep_first_moved", "deep_carried"),
            AtMost(1e-10),
            null=Mutant("directions that inputs reach", each("deep_first_moved", "deep_first_moved_inside")),
            mutants=[Mutant("a product that is frozen, as a single matrix is", each("deep_carried", "deep_carried_not"))],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "a deep student moves out of reach as its start is large",
            "Where no input reaches the product of two factors ends in proportion to the scale of the first, the "
            "square root of that of the product at the start: slope of log against log 1/2.",
            Source(PAPER, "section 3, deep linear networks"),
            "figure",
            slope,
            Between(0.45, 0.55),
            null=Mutant(
                "an end that does not depend on the start",
                lambda e: _set(e, {f"deep_ends_outside_{index}": 1.0 for index in scales}, **needs),
            ),
            mutants=[
                Mutant("a product that is frozen: in proportion to itself", each("deep_ends_outside", "deep_begins_outside")),
            ],
            needs=needs,
            erratum=Erratum(
                "Frozen subspaces are frozen for shallow nets, you can move a bit for deep networks.",
                "the talk notes, section 3",
                "Of a deep network the first factor is frozen there, exactly: $W_1(t)\\Pi_0 = W_1(0)\\Pi_0$. The "
                "product moves as $W_N\\cdots W_2(t)\\,W_1(0)\\Pi_0$, in proportion to the scale of the first factor, "
                "the $N$-th root of that of the product.",
            ),
        ),
    ]


def _put(evidence: Evidence, names: Mapping[str, str], **at: Any) -> Evidence:
    """Other numbers that the work computed in the place of some, where both are."""

    def changed(result: Any) -> dict[str, Any]:
        return {name: result.finals[other] for name, other in names.items() if other in result.finals}

    return evidence.replaced(changed, **at)


def _set(evidence: Evidence, numbers: Mapping[str, float], **at: Any) -> Evidence:
    return evidence.replaced(lambda result: numbers, **at)


def _scaled(evidence: Evidence, name: str, factor: float, **at: Any) -> Evidence:
    return evidence.replaced(lambda result: {name: result.finals[name] * factor}, **at)
