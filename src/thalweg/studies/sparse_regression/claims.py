"""What is claimed of sparse regression from starts of every scale."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from thalweg.studies.bounds import AtLeast, AtMost, Between
from thalweg.studies.changes import exchanged, final, put
from thalweg.studies.claim import Claim, Erratum, Mutant, Source
from thalweg.studies.evidence import Evidence, NotThere, Result

FIGURE_A, FIGURE_B = Source("woodworth2020kernel", "figure 1a"), Source("woodworth2020kernel", "figure 1b")
FIGURE_C = Source("woodworth2020kernel", "figure 1c")
FIRST, SECOND = Source("woodworth2020kernel", "theorem 1"), Source("woodworth2020kernel", "theorem 2")
SECTION = Source("woodworth2020kernel", "section 4")
TALK = "a talk on the geometry of optimization and learning, scale of the start: kernel against deep"

KNOWN = {"l1": {1.0: 4.99, -1.25: 3.22, -2.0: 0.425, -3.0: 0.064, -4.0: 0.024, -6.0: 0.008}}
"""The excess of the l1 norm at a few log10 of the scale, from other instances of the same law."""
DEEPEST = -12.0


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [
        *_along(parameters),
        *_norms(parameters),
        *_needed(parameters),
        *_training(parameters),
        *_theorem(),
        *_printed(),
    ]


def _along(parameters: Any) -> list[Claim]:
    needs = {"family": "along"}
    low, high = parameters.half
    first, last = parameters.below
    wrong = [
        Mutant(
            "alpha in place of its square in the potential",
            exchanged({"half": "half_first", "below": "below_first"}, family="along"),
        ),
        Mutant("its fourth power", exchanged({"half": "half_fourth", "below": "below_fourth"}, family="along")),
    ]
    return [
        Claim(
            "each solution is certified",
            "Every solution, least under the potential of its scale, least l1 or least l2, has a dual that proves it least to a "
            "relative gap of 1e-9.",
            FIRST,
            "theorem",
            final("gap", family="along"),
            AtMost(1e-9),
            null=Mutant("the l2 solution in place of the one at scale 1e-3", exchanged({"gap": "gap_of_l2"}, family="along")),
            mutants=[
                Mutant("the l1 solution in its place", exchanged({"gap": "gap_of_l1"}, family="along")),
                Mutant(
                    "the solution of the explicit regularizer in its place", exchanged({"gap": "gap_of_distance"}, family="along")
                ),
            ],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "the error falls like a sigmoid of the scale's logarithm",
            f"With d = {parameters.size}, N = {parameters.samples}, k = {parameters.nonzeros} and noise of variance 0.01 the "
            "squared distance from the truth is half way between that of the l2 and that of the l1 solution at log10 alpha = "
            f"-1.32: between {low:g} and {high:g}.",
            FIGURE_A,
            "figure",
            final("half", family="along"),
            Between(low, high),
            null=Mutant("the largest scale", put({"half": parameters.exponents[0]}, family="along")),
            mutants=wrong,
            needs=needs,
        ),
        Claim(
            "the scale at which the error is 0.025",
            f"The largest scale at which the squared distance from the truth is at most 0.025 has a log10 between {first:g} and "
            f"{last:g}, about -2.3. This error leaves out the irreducible 0.01 of the noise.",
            FIGURE_A,
            "figure",
            final("below", family="along"),
            Between(first, last),
            null=Mutant("the largest scale", put({"below": parameters.exponents[0]}, family="along")),
            mutants=wrong,
            needs=needs,
        ),
        Claim(
            "two plateaus",
            "At the largest scale the solution is that of least l2 norm, 1e-3 from it relative to its size, at most; its error "
            "is near that of zero, 0.905, within 0.05, and that of the l1 solution under 0.02.",
            FIGURE_A,
            "figure",
            lambda e: max(
                e.final("large", **needs) / 1e-3,
                abs(e.final("error_l2", **needs) - 0.905) / 0.05,
                e.final("error_l1", **needs) / 0.02,
            ),
            AtMost(1.0),
            null=Mutant("the truth at every scale", put({"error_l2": 0.0}, family="along")),
            mutants=[
                Mutant("the plateaus exchanged", exchanged({"error_l1": "error_l2", "error_l2": "error_l1"}, family="along")),
                Mutant("the l1 solution at the largest scale", exchanged({"large": "apart"}, family="along")),
            ],
            needs=needs,
        ),
    ]


def _norms(parameters: Any) -> list[Claim]:
    needs = {"family": "along"}

    def off(e: Evidence) -> float:
        return max(abs(np.log(max(e.final(f"l1_{at:g}", **needs), 1e-12) / KNOWN["l1"][at])) for at in parameters.shown)

    def moved(by: int) -> Callable[[Evidence], Evidence]:
        at = list(parameters.shown)
        others = at[by:] + at[-1:] * by if by > 0 else at[:1] * -by + at[:by]
        return exchanged({**{f"l1_{one:g}": f"l1_{other:g}" for one, other in zip(at, others, strict=True)}}, family="along")

    explicit = {f"l1_{at:g}": f"l1_distance_{at:g}" for at in parameters.shown}
    return [
        Claim(
            "from the l2 norm to the l1 norm",
            "The smaller the scale, the smaller the l1 norm of the solution and the larger its l2 norm: no change the other way "
            "from one scale to the next by more than 1e-9 of them.",
            FIGURE_B,
            "figure",
            lambda e: max(e.final("rise_l1", **needs), e.final("fall_l2", **needs)),
            AtMost(1e-9),
            null=Mutant("scales in the opposite order", exchanged({"rise_l1": "fall_l1"}, family="along")),
            mutants=[Mutant("the two norms exchanged", exchanged({"rise_l1": "rise_l2"}, family="along"))],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "how slowly it gets there",
            "The l1 norm is above the least one by 4.99, 3.22, 0.425, 0.064, 0.024 and 0.008 at log10 alpha = 1, -1.25, -2, "
            f"-3, -4 and -6, each within a factor of {parameters.factor:g}: below 1e-2 it falls as slowly as a logarithm.",
            FIGURE_B,
            "figure",
            off,
            AtMost(float(np.log(parameters.factor))),
            null=Mutant("the l2 solution at every scale", exchanged({**dict.fromkeys(explicit, "l1_of_l2")}, family="along")),
            mutants=[
                Mutant("the explicit regularizer, which gets there as a power", exchanged({**explicit}, family="along")),
                Mutant("each scale's number at the next one", moved(1)),
                Mutant("each scale's number at the one before", moved(-1)),
            ],
            needs=needs,
        ),
    ]


def _needed(parameters: Any) -> list[Claim]:
    needs = {"family": "needed"}
    sweep, sparse = parameters.sweep, [k for k in parameters.sparsity if 2 * k <= max(parameters.sparsity)]

    def scale(e: Evidence, name: str, value: int) -> float:
        return max(e.final(f"{name}_{value}", **needs), DEEPEST)

    def steps(name: str, values: Sequence[int], sign: int) -> Callable[[Evidence], float]:
        return lambda e: min(sign * (scale(e, name, b) - scale(e, name, a)) for a, b in itertools.pairwise(values))

    def turned(name: str, values: Sequence[int]) -> Callable[[Evidence], Evidence]:
        return exchanged(
            {**{f"{name}_{a}": f"{name}_{b}" for a, b in zip(values, reversed(values), strict=True)}}, family="needed"
        )

    def level(name: str, values: Sequence[int]) -> Callable[[Evidence], Evidence]:
        return exchanged({**{f"{name}_{a}": f"{name}_{values[-1]}" for a in values}}, family="needed")

    a, b, c, d = parameters.falls

    def slope(e: Evidence, low: int, high: int) -> float:
        return (scale(e, "samples", high) - scale(e, "samples", low)) / np.log2(high / low)

    def even(evidence: Evidence) -> Evidence:
        """Powers of the number of samples: the same fall with every halving."""

        def powers(result: Result) -> dict[str, float]:
            return {f"samples_{n}": float(result.finals[f"samples_{d}"]) + np.log2(n / d) for n in sweep}

        return evidence.replaced(powers, **needs)

    rising = [n for n in sweep if n >= parameters.plain]
    plain, low, high = parameters.plain, *parameters.threshold
    return [
        Claim(
            "more samples allow a larger start",
            f"The largest scale with error at most 0.025 grows from each number of samples to the next, from {rising[0]} to "
            f"{rising[-1]}: log10 by 0.02 at least.",
            FIGURE_C,
            "figure",
            steps("samples", rising, 1),
            AtLeast(0.02),
            null=Mutant("one scale for all", level("samples", rising)),
            mutants=[Mutant("numbers of samples in the opposite order", turned("samples", rising))],
            needs=needs,
        ),
        Claim(
            "a sparser truth allows a larger start",
            f"With {parameters.many_samples} samples it falls from each number of nonzero coefficients to the next, from "
            f"{sparse[0]} to {sparse[-1]}: log10 by 0.02 at least.",
            FIGURE_C,
            "figure",
            steps("nonzeros", sparse, -1),
            AtLeast(0.02),
            null=Mutant("one scale for all", level("nonzeros", sparse)),
            mutants=[Mutant("sparsities in the opposite order", turned("nonzeros", sparse))],
            needs=needs,
        ),
        Claim(
            "near the l1 threshold it falls without bound",
            f"From {b} down to {a} samples log10 of that scale falls faster than from {d} down to {c}, per halving, by a factor "
            "of 1.5 at least (scales below 1e-12 count as 1e-12).",
            FIGURE_C,
            "figure",
            lambda e: slope(e, a, b) / max(slope(e, c, d), 1e-3),
            AtLeast(1.5),
            null=Mutant("a power of the number of samples", even),
            mutants=[Mutant("numbers of samples in the opposite order", turned("samples", parameters.falls))],
            needs=needs,
        ),
        Claim(
            "the l1 threshold",
            f"The least number of samples of the sweep with which the l1 solution has error at most 0.025 is from {low:g} to "
            f"{high:g}: the dashed line.",
            FIGURE_C,
            "figure",
            lambda e: e.final("first_l1_samples", **needs),
            Between(low, high),
            null=Mutant("the l2 solution", exchanged({"first_l1_samples": "first_l2_samples"}, family="needed")),
            mutants=[
                Mutant("as many samples as coefficients", put({"first_l1_samples": float(parameters.many_size)}, family="needed"))
            ],
            needs=needs,
        ),
        Claim(
            "noise counted or not",
            f"Where the error counts the irreducible 0.01 of the noise, the scale needed with {plain} samples for 0.025 is "
            "smaller: its log10 by 0.05 at least.",
            FIGURE_C,
            "figure",
            lambda e: scale(e, "samples", plain) - max(e.final(f"samples_{plain}_noisy", **needs), DEEPEST),
            AtLeast(0.05),
            null=Mutant("not counted", exchanged({**{f"samples_{plain}_noisy": f"samples_{plain}"}}, family="needed")),
            mutants=[Mutant("taken off", exchanged({**{f"samples_{plain}_noisy": f"samples_{plain}_plus"}}, family="needed"))],
            needs=needs,
        ),
    ]


def _training(parameters: Any) -> list[Claim]:
    names = [f"{scale:g}" for scale in parameters.scales]

    def worst(kind: str) -> Callable[[Evidence], float]:
        return lambda e: max(float(r.finals[f"{kind}_{name}"]) for r in _trained(e, kind) for name in names)

    def wrong(what: str, kind: str, end: str) -> Mutant:
        def change(result: Result) -> dict[str, float]:
            there = [name for name in names if f"{kind}_{name}" in result.finals]
            return {f"{kind}_{name}": float(result.finals[f"{kind}_{name}_{end}"]) for name in there}

        return Mutant(what, lambda e: e.replaced(change, family="training"))

    def orders(e: Evidence) -> list[float]:
        return [float(r.finals[f"order_{name}"]) for r in _trained(e, "descent") for name in names]

    common: dict[str, Any] = {"reduce": "max", "needs": {"family": "training"}}
    scales = ", ".join(names)
    return [
        Claim(
            "gradient flow ends at the convex solution",
            f"A diagonal network trained by gradient flow from scales {scales} ends where the potential of its scale is least: "
            "coefficients agree to 1e-6.",
            FIRST,
            "theorem",
            worst("flow"),
            AtMost(1e-6),
            null=wrong("the l2 solution", "flow", "l2"),
            mutants=[
                wrong("the potential of twice the scale", "flow", "doubled"),
                wrong("the explicit regularizer, the distance from the start", "flow", "explicit"),
            ],
            **common,
        ),
        Claim(
            "gradient descent does so as its rate tends to zero",
            "Trained by gradient descent, and taken to rate zero along the curve through its ends at three rates, it agrees "
            "to 1e-6.",
            FIRST,
            "theorem",
            worst("descent"),
            AtMost(1e-6),
            null=wrong("the l2 solution", "descent", "l2"),
            mutants=[
                wrong("one rate, as it ends", "descent", "one"),
                wrong("the potential of twice the scale", "descent", "doubled"),
            ],
            **common,
        ),
        Claim(
            "a rate moves the end in proportion",
            "The distance of descent from the convex solution is proportional to its rate: slope of log against log "
            "1 within 0.1.",
            SECTION,
            "figure",
            lambda e: max(orders(e), key=lambda order: abs(order - 1)),
            Between(0.9, 1.1),
            null=Mutant("the same end at every rate", put({f"order_{name}": 0.0 for name in names}, family="training")),
            mutants=[
                Mutant(
                    "its square",
                    lambda e: e.replaced(
                        lambda r: {f"order_{name}": 2 * float(r.finals.get(f"order_{name}", 1)) for name in names},
                        family="training",
                    ),
                )
            ],
            needs={"family": "training"},
        ),
    ]


def _trained(e: Evidence, kind: str) -> list[Result]:
    """The results of training in which there is one of a kind."""
    found = [r for r in e.select(family="training") if any(name.startswith(f"{kind}_") for name in r.finals)]
    if not found:
        raise NotThere(f"no network was trained by {kind}")
    return found


def _theorem() -> list[Claim]:
    needs = {"family": "laws"}
    return [
        Claim(
            "small enough for the l1 norm",
            "At alpha = min{(2(1+e)|b1|)^(-(2+e)/(2e)), exp(-d/(e|b1|))} the l1 norm is at most 1+e times the least one: share "
            "of the allowed excess at most 1. It is far less, for the scale is as small as exp(-d/e).",
            SECOND,
            "theorem",
            final("theorem_l1", family="laws"),
            AtMost(1.0),
            null=Mutant("the scale of the l2 norm", exchanged({"theorem_l1": "theorem_l1_l2"}, family="laws")),
            mutants=[Mutant("the exponent with the other sign", exchanged({"theorem_l1": "theorem_l1_sign"}, family="laws"))],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "large enough for the l2 norm",
            "At alpha = sqrt(2(1+e)(1+2/e)|b2|) the squared l2 norm is at most 1+e times the least one: share of the allowed "
            "excess at most 1.",
            SECOND,
            "theorem",
            final("theorem_l2", family="laws"),
            AtMost(1.0),
            null=Mutant("the scale of the l1 norm", exchanged({"theorem_l2": "theorem_l2_l1"}, family="laws")),
            mutants=[Mutant("one over it", exchanged({"theorem_l2": "theorem_l2_inverse"}, family="laws"))],
            reduce="max",
            needs=needs,
        ),
    ]


def _printed() -> list[Claim]:
    common: dict[str, Any] = {"reduce": "max", "needs": {"family": "laws"}}
    return [
        Claim(
            "four plus the square",
            "Where the flow ends, the gradient of the potential is a combination of the samples, what is not relative to all of "
            "it at most 1e-8: with the root of 4 + b^2. With 4 - b^2 it is not, and beyond |b| = 2 there is no root.",
            FIRST,
            "theorem",
            final("slope_plus", family="laws"),
            AtMost(1e-8),
            null=Mutant("as printed, minus", exchanged({"slope_plus": "slope_minus"}, family="laws")),
            mutants=[
                Mutant("the square, which it is for a large scale", exchanged({"slope_plus": "slope_square"}, family="laws"))
            ],
            erratum=Erratum(
                r"$q(b) = 2 - \sqrt{4 - b^2} + b\,\sinh^{-1}(b/2)$",
                TALK,
                r"$q(b) = 2 - \sqrt{4 + b^2} + b\,\mathrm{arcsinh}(b/2)$, whose derivative is $\mathrm{arcsinh}(b/2)$.",
            ),
            **common,
        ),
        Claim(
            "the kernel at the start",
            "At the start the tangent kernel is 8 alpha^2 times the inner product of the samples: relative difference at most "
            "1e-12.",
            SECTION,
            "theorem",
            final("kernel_8", family="laws"),
            AtMost(1e-12),
            null=Mutant("as printed, four", exchanged({"kernel_8": "kernel_4"}, family="laws")),
            mutants=[Mutant("two", exchanged({"kernel_8": "kernel_2"}, family="laws"))],
            erratum=Erratum(
                r"$K_0(x, x') = 4\langle x, x'\rangle$",
                TALK,
                r"$K_0(x, x') = 8\langle x, x'\rangle$ at $w_0 = \mathbf{1}$: 4 from $w_+$ and 4 from $w_-$. The solution that a "
                "large scale leads to is the same.",
            ),
            **common,
        ),
        Claim(
            "the velocity of the coefficients",
            "Under the flow of the squared loss the coefficients move with minus 4 sqrt(b^2 + 4 alpha^4) times the gradient of "
            "the loss by them: relative difference at most 1e-12.",
            FIRST,
            "theorem",
            final("velocity_4", family="laws"),
            AtMost(1e-12),
            null=Mutant("as printed, no factor", exchanged({"velocity_4": "velocity_1"}, family="laws")),
            mutants=[Mutant("two, as in the paper's equation (15)", exchanged({"velocity_4": "velocity_2"}, family="laws"))],
            erratum=Erratum(
                r"$\dot\beta_\alpha = -\sqrt{\beta_\alpha^2 + 4\alpha^4} \odot \nabla L_S(\beta_\alpha)$",
                f"{TALK}, induced dynamics; the paper has a factor of 2",
                r"$\dot\beta_\alpha = -4\sqrt{\beta_\alpha^2 + 4\alpha^4} \odot \nabla L_S(\beta_\alpha)$ for "
                r"$L_S(\beta) = \|X\beta - y\|^2$. The path is the same, four times as fast.",
            ),
            **common,
        ),
        Claim(
            "each coefficient with its own input",
            "The output of the network is the sum of coefficients times their own inputs: relative difference at most 1e-12.",
            SECTION,
            "theorem",
            final("index_own", family="laws"),
            AtMost(1e-12),
            null=Mutant("as printed, one input for all", exchanged({"index_own": "index_first"}, family="laws")),
            mutants=[Mutant("the last input for all", exchanged({"index_own": "index_last"}, family="laws"))],
            erratum=Erratum(
                r"$f(w, x) = \sum_j (w_+[j]^2 - w_-[j]^2)\,x_i$",
                f"{TALK}, first slide",
                r"$f(w, x) = \sum_j (w_+[j]^2 - w_-[j]^2)\,x_j$",
            ),
            **common,
        ),
    ]
