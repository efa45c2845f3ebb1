"""What is claimed of the directions that linear networks reach."""

from collections.abc import Callable
from typing import Any

from thalweg.studies.bounds import AtLeast, AtMost
from thalweg.studies.changes import exchanged
from thalweg.studies.claim import Claim, Erratum, Mutant, Source
from thalweg.studies.evidence import Evidence

NETWORK = Source("gunasekar2018linear", "section 2, the networks")
TWO = Source("gunasekar2018linear", "section 3, convolutional networks of two layers")
MORE = Source("gunasekar2018linear", "section 3, convolutional networks of any depth")
DENSE = Source("gunasekar2018linear", "section 3, fully connected networks")
SLIDES = "a talk on the geometry of optimization, effect of parametrization, linear convolutional networks"


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    package = _package() if parameters.package else []
    return [*_definition(), *_two(), *_three(), *_others(), *package]


def _definition() -> list[Claim]:
    needs = {"family": "example"}
    return [
        Claim(
            "frequencies multiply",
            "Read off layer by layer, with convolutions divided by the square root of D, the predictor of three layers has in "
            "the unitary transform the product of those of the layers: difference at most 1e-12 of the largest.",
            NETWORK,
            "theorem",
            lambda e: max(e.final(f"product{n}", **needs) for n in ("", "_package")),
            AtMost(1e-12),
            null=Mutant(
                "convolutions that are not divided by sqrt(D)", exchanged({"product": "product_unscaled"}, family="example")
            ),
            mutants=[Mutant("the transform that is not unitary", exchanged({"product": "product_plain"}, family="example"))],
            needs=needs,
        ),
        Claim(
            "the known instance",
            "On one known instance, of least l1 norm 7.355 over its frequencies, two layers from a small start have 7.369 at "
            "margin 1000: within 0.5 percent of the certified least.",
            TWO,
            "figure",
            lambda e: e.final("total_2_small_1000", **needs) / e.final("least", **needs) - 1,
            AtMost(0.005),
            null=Mutant("at margin 10", exchanged({"total_2_small_1000": "total_2_small_10"}, family="example")),
            mutants=[
                Mutant("three layers", exchanged({"total_2_small_1000": "total_3_small_1000"}, family="example")),
                Mutant("a large start", exchanged({"total_2_small_1000": "total_2_large_1000"}, family="example")),
            ],
            needs=needs,
        ),
        Claim(
            "from a large start too, later",
            "From a start ten times as large it takes a margin of 100000: within 0.5 percent then.",
            TWO,
            "figure",
            lambda e: e.final("total_2_large_100000", **needs) / e.final("least", **needs) - 1,
            AtMost(0.005),
            null=Mutant("at margin 10", exchanged({"total_2_large_100000": "total_2_large_10"}, family="example")),
            mutants=[
                Mutant("at margin 1000", exchanged({"total_2_large_100000": "total_2_large_1000"}, family="example")),
                Mutant(
                    "three layers from a small start",
                    exchanged({"total_2_large_100000": "total_3_small_100000"}, family="example"),
                ),
            ],
            needs=needs,
        ),
    ]


def _two() -> list[Claim]:
    needs = {"family": "two_layers"}

    def median(name: str) -> Callable[[Evidence], Evidence]:
        return exchanged({"median_excess": f"median_{name}"}, family="two_layers")

    def rate(name: str) -> Callable[[Evidence], Evidence]:
        return exchanged({"median_rate": f"median_rate_{name}"}, family="two_layers")

    return [
        Claim(
            "two layers reach the least l1 norm over frequencies",
            "On random instances whose optimum is strict, from small and large starts, two layers at margin 1e8 have an l1 norm "
            "over all frequencies within 0.5 percent of the certified least, in the median over runs.",
            TWO,
            "figure",
            lambda e: e.final("median_excess", **needs),
            AtMost(0.005),
            null=Mutant("the same paths at margin 10", median("early")),
            mutants=[Mutant("the largest Euclidean margin", median("euclidean"))],
            needs=needs,
        ),
        Claim(
            "none falls below it",
            "No run has less than the certified value: excess at least -1e-8. The sum is over all D frequencies, conjugate pairs "
            "counted twice.",
            TWO,
            "theorem",
            lambda e: e.final("least_excess", **needs),
            AtLeast(-1e-8),
            null=Mutant("half of the frequencies", exchanged({"least_excess": "least_half"}, family="two_layers")),
            mutants=[Mutant("half of them, in the median", exchanged({"least_excess": "median_half"}, family="two_layers"))],
            reduce="min",
            needs=needs,
        ),
        Claim(
            "the certificate says how fast",
            "A frequency that the optimum does not use, where the dual has modulus u below 1, fades as the power -(1 - u) of the "
            "margin: the exponent of the slowest between margins 1e6 and 1e8 within 0.15, in the median over runs. This, not "
            "the softmin of the margins, sets how late an optimum is reached.",
            Source("gunasekar2018linear", "section 3, two layers; the exponent from the flow of a diagonal network"),
            "figure",
            lambda e: e.final("median_rate", **needs),
            AtMost(0.15),
            null=Mutant("frequencies that stay", rate("still")),
            mutants=[
                Mutant("as one over the margin", rate("one")),
                Mutant("half the exponent", rate("half")),
            ],
            needs=needs,
        ),
    ]


def _three() -> list[Claim]:
    needs = {"family": "three_layers"}

    def power(name: str) -> Callable[[Evidence], Evidence]:
        return exchanged({"upper_residual_": f"upper_residual_{name}"}, family="three_layers")

    def spread(name: str) -> Callable[[Evidence], Evidence]:
        return exchanged({"spread": f"spread_{name}"}, family="three_layers")

    return [
        Claim(
            "three layers end at stationary points",
            "Where frequencies have settled at margin 1e8, and more than one is left, directions of three layers are stationary "
            "for the quasi-norm of power 2/3, with the weights of the samples in the loss for multipliers: relative residual at "
            "most 0.01 in three runs of four. The power is two over the depth, the last layer counted.",
            MORE,
            "figure",
            lambda e: e.final("upper_residual_", **needs),
            AtMost(0.01),
            null=Mutant(
                "the largest Euclidean margin", exchanged({"upper_residual_": "upper_residual_flat"}, family="three_layers")
            ),
            mutants=[
                Mutant("the last layer not counted, power 1", power("fewer")),
                Mutant("power 2", power("square")),
            ],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "but not at one minimum",
            "Which of them depends on the start: sums of moduli to the power 2/3 reached on one instance differ by at least 1 "
            "percent, on the instance where they do most. So the least is not what is reached.",
            MORE,
            "figure",
            lambda e: e.final("spread", **needs),
            AtLeast(0.01),
            null=Mutant("one start followed twice, at two tolerances", spread("again")),
            mutants=[Mutant("fully connected networks, which reach one direction", spread("full"))],
            needs=needs,
            erratum=Erratum(
                r"Gradient descent on the weights implicitly minimises $\|\mathrm{DFT}(\beta)\|_p$ for $p = 2/\mathrm{depth}$.",
                SLIDES,
                "The direction is a first-order stationary point of that problem, the minimum for depth 2 alone; at greater "
                "depth the start decides which. Depth counts the last linear layer, convolutions carry the factor $1/\\sqrt D$, "
                "the transform is unitary.",
            ),
        ),
    ]


def _others() -> list[Claim]:
    needs = {"family": "others"}

    def dense(name: str) -> Callable[[Evidence], Evidence]:
        return exchanged({f"worst_full_{depth}": f"worst_{name}" for depth in (2, 3)}, family="others")

    def sparse(name: str) -> Callable[[Evidence], Evidence]:
        return exchanged({"median_diagonal": f"median_{name}"}, family="others")

    return [
        Claim(
            "fully connected networks reach the largest Euclidean margin",
            "At depths 2 and 3 the predictors of fully connected linear networks, scaled to margin 1, have at margin 1e4 a norm "
            "within 0.5 percent of the certified least.",
            DENSE,
            "figure",
            lambda e: max(e.final(f"worst_full_{depth}", **needs) for depth in (2, 3)),
            AtMost(0.005),
            null=Mutant("at margin 10", dense("early")),
            mutants=[
                Mutant("the least l1 norm over frequencies", dense("frequencies")),
                Mutant("the least l1 norm over coordinates", dense("l1")),
            ],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "diagonal networks reach the largest l1 margin",
            "Diagonal networks of two layers at margin 1e8 have an l1 norm within 0.5 percent of the certified least, in the "
            "median over random instances whose optimum is strict.",
            Source("gunasekar2018linear", "section 3, diagonal networks"),
            "figure",
            lambda e: e.final("median_diagonal", **needs),
            AtMost(0.005),
            null=Mutant("at margin 10", sparse("diagonal_early")),
            mutants=[Mutant("the largest Euclidean margin", sparse("diagonal_euclidean"))],
            needs=needs,
        ),
    ]


def _package() -> list[Claim]:
    return [
        Claim(
            "the package's own flow is on the same path",
            "Followed by tw.follow with tw.LogTimeFlow, two layers pass through the same predictors at the same margins as by "
            "scipy's solver, from margin 1 to hundreds: difference at most 1e-3 of their norm.",
            TWO,
            "theorem",
            lambda e: e.final("apart", family="package"),
            AtMost(1e-3),
            null=Mutant("a predictor that stays", exchanged({"apart": "apart_start"}, family="package")),
            mutants=[Mutant("a diagonal network in its place", exchanged({"apart": "apart_diagonal"}, family="package"))],
            needs={"family": "package"},
        )
    ]
