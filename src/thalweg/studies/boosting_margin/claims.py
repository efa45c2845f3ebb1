"""What is claimed of the margins that boosting finds."""

import itertools
from collections.abc import Callable
from typing import Any

from thalweg.studies.boosting_margin.work import BEST, CYCLED
from thalweg.studies.bounds import AtLeast, AtMost
from thalweg.studies.changes import exchanged
from thalweg.studies.claim import Claim, Erratum, Mutant, Source
from thalweg.studies.evidence import Evidence

CYCLE = Source("rudin2004dynamics", "section 6, the example on which AdaBoost does not maximize the margin")
SHRUNK = Source("telgarsky2013margins", "the guarantees with the exponential loss")
FIGURE = Source("telgarsky2013margins", "figure 2")


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [*_matrix(), *_sizes(parameters), *_guarantees()]


def _matrix() -> list[Claim]:
    return [
        Claim(
            "the largest margin is 3/8",
            "The largest l1 margin of the published matrix, certified by weights of the samples, is 3/8: difference at most "
            "1e-12, and the certificate's gap with it.",
            CYCLE,
            "theorem",
            lambda e: abs(e.final("best", family="matrix") - BEST) + e.final("best_gap", family="matrix"),
            AtMost(1e-12),
            null=Mutant("what AdaBoost finds", exchanged({"best": "end_1"}, family="matrix")),
            mutants=[
                Mutant("the Euclidean margin", exchanged({"best": "euclidean"}, family="matrix")),
                Mutant("the margin in the maximum norm", exchanged({"best": "infinite"}, family="matrix")),
            ],
            reduce="max",
            published="3/8",
            needs={"family": "matrix"},
        ),
        Claim(
            "AdaBoost ends at 1/3",
            "AdaBoost with its full steps has a margin of 1/3 after the long run: difference at most 1e-4.",
            CYCLE,
            "theorem",
            lambda e: abs(e.final("end_1", family="matrix") - CYCLED),
            AtMost(1e-4),
            null=Mutant("the largest margin", exchanged({"end_1": "best"}, family="matrix")),
            mutants=[
                Mutant("half steps", exchanged({"end_1": "end_0.5"}, family="matrix")),
                Mutant("after 1000 iterations", exchanged({"end_1": "early_1"}, family="matrix")),
            ],
            reduce="max",
            published="1/3",
            needs={"family": "matrix"},
        ),
        Claim(
            "it cycles by the golden ratio",
            "There three learners take turns, each with an edge of one over the golden ratio, so that each step is "
            "(3/2) ln 1.618: difference of the last thirty of 400 steps from it at most 1e-9. Such a cycle has the margin "
            "ln(1.618) / ln(1.618^3) = 1/3.",
            CYCLE,
            "theorem",
            lambda e: e.final("cycle_1", family="matrix") + abs(e.final("period_1", family="matrix") - 3),
            AtMost(1e-9),
            null=Mutant("half steps", exchanged({"cycle_1": "cycle_0.5"}, family="matrix")),
            mutants=[Mutant("the order of half steps", exchanged({"period_1": "period_0.5"}, family="matrix"))],
            reduce="max",
            needs={"family": "matrix"},
        ),
    ]


def _sizes(parameters: Any) -> list[Claim]:
    shrunk = [f"{nu:g}" for nu in parameters.shrinkages[1:]]
    small = [f"{length:g}" for length in parameters.lengths if length <= 0.1]
    large = f"{max(parameters.lengths):g}"
    early = [f"early_{nu}" for nu in shrunk]

    def short(kind: str, names: list[str]) -> Callable[[Evidence], float]:
        return lambda e: max(abs(BEST - e.final(f"{kind}_{name}", family="matrix")) for name in names)

    def by(kind: str, names: list[str], other: str) -> Callable[[Evidence], Evidence]:
        return exchanged({f"{kind}_{name}": other.format(name) for name in names}, family="matrix")

    return [
        Claim(
            "with shrinkage it finds 3/8",
            "AdaBoost with its steps shrunk to a half, a quarter and an eighth has the largest margin, 3/8, after the long run: "
            "short of it by at most 2e-4.",
            SHRUNK,
            "figure",
            short("end", shrunk),
            AtMost(2e-4),
            null=Mutant("full steps", by("end", shrunk, "end_1")),
            mutants=[Mutant("after 1000 iterations", by("end", shrunk, "early_{}"))],
            needs={"family": "matrix"},
            erratum=Erratum(
                r"Coordinate descent on $\min_w\sum_i g(y_i\langle w, x_i\rangle)$: "
                r"$w/\|w\| \to \arg\min\|w\|_1$ subject to $y_i\langle w, x_i\rangle \ge 1$.",
                "the talk on implicit bias, slides 'Effect of Optimization Geometry'",
                r"$w/\|w\|_1 \to \hat w/\|\hat w\|_1$ with $\hat w$ that minimizer, for separable samples and a loss of "
                "exponential tail, where steps are shrunk or small enough. With full steps, which are AdaBoost, the margin of "
                "the limit may be smaller: 1/3 in place of 3/8 on the published matrix.",
            ),
        ),
        Claim(
            "curves by shrinkage",
            "After 1000 iterations the margin with each shrinkage is above that of full steps by 0.03 at least.",
            FIGURE,
            "figure",
            lambda e: min(e.final(name, family="matrix") for name in early) - e.final("early_1", family="matrix"),
            AtLeast(0.03),
            null=Mutant("full steps", exchanged(dict.fromkeys(early, "early_1"), family="matrix")),
            mutants=[Mutant("full steps at the largest margin", exchanged({"early_1": "best"}, family="matrix"))],
            needs={"family": "matrix"},
        ),
        Claim(
            "the more shrinkage, the slower",
            "Among the shrunk ones the margin after 1000 iterations is the larger, the less they are shrunk: by 0.001 at least "
            "from each to the next.",
            FIGURE,
            "figure",
            lambda e: min(
                e.final(one, family="matrix") - e.final(other, family="matrix") for one, other in itertools.pairwise(early)
            ),
            AtLeast(0.001),
            null=Mutant("all alike", exchanged(dict.fromkeys(early, early[0]), family="matrix")),
            mutants=[Mutant("in the opposite order", exchanged(dict(zip(early, early[::-1], strict=True)), family="matrix"))],
            needs={"family": "matrix"},
        ),
        Claim(
            "the logistic loss does the same",
            "With the logistic loss and a line search shrunk to a half, a quarter and an eighth the margin is 3/8 as well: short "
            "of it by at most 2e-4.",
            Source("telgarsky2013margins", "the guarantees with similar losses"),
            "figure",
            short("logistic", shrunk),
            AtMost(2e-4),
            null=Mutant("full steps", by("logistic", shrunk, "logistic_1")),
            mutants=[Mutant("the exponential loss after 1000 iterations", by("logistic", shrunk, "early_{}"))],
            needs={"family": "matrix"},
        ),
        Claim(
            "small steps of fixed length too",
            "Steepest descent in the l1 norm by steps of one small length, 0.1 or less, has the margin 3/8: short of it by at "
            "most 1e-3. By steps of 0.5 it cycles at 1/3.",
            Source("gunasekar2018characterizing", "section 3"),
            "figure",
            short("fixed", small),
            AtMost(1e-3),
            null=Mutant("steps of one half", by("fixed", small, f"fixed_{large}")),
            mutants=[Mutant("AdaBoost", by("fixed", small, "end_1"))],
            needs={"family": "matrix"},
        ),
    ]


def _guarantees() -> list[Claim]:
    others = ("adaboost", "wolfe")

    def variant(names: tuple[str, ...], what: str) -> Callable[[Evidence], Evidence]:
        return lambda e: e.replaced(
            lambda r: {f"slack_{name}": r.finals[f"slack_{name}_{what}"] for name in names}, family="guarantees"
        )

    return [
        Claim(
            "the guarantee holds at every step",
            "With steps of the quadratic bound the margin after t steps is at least gamma (1 - nu/2) - ln(m) / (t nu gamma), on "
            "the published matrix and on random ones, for four shrinkages nu: the least excess is not below zero.",
            SHRUNK,
            "theorem",
            lambda e: e.final("slack_quadratic", family="guarantees"),
            AtLeast(0.0),
            null=Mutant("without the samples' share", variant(("quadratic",), "free")),
            mutants=[
                Mutant("nu/2 more in place of less", variant(("quadratic",), "larger")),
                Mutant("ln(m) / t", variant(("quadratic",), "fast")),
            ],
            reduce="min",
            needs={"family": "guarantees"},
        ),
        Claim(
            "and for the other step sizes",
            "The same holds for AdaBoost and for steps of Wolfe's conditions, shrunk, with the length of the path in place of "
            "t nu gamma: the least excess is not below zero.",
            SHRUNK,
            "figure",
            lambda e: min(e.final(f"slack_{name}_length", family="guarantees") for name in others),
            AtLeast(0.0),
            null=Mutant(
                "without the samples' share",
                lambda e: e.replaced(
                    lambda r: {f"slack_{name}_length": r.finals[f"slack_{name}_free"] for name in others}, family="guarantees"
                ),
            ),
            mutants=[
                Mutant(
                    "without the loss of nu/2",
                    lambda e: e.replaced(
                        lambda r: {f"slack_{name}_length": r.finals[f"slack_{name}_unshrunk"] for name in others},
                        family="guarantees",
                    ),
                )
            ],
            reduce="min",
            needs={"family": "guarantees"},
        ),
        Claim(
            "most matrices do not show it",
            "On random matrices of the same shape AdaBoost with full steps comes within a twentieth of the largest margin, where "
            "on the published one it stays a ninth short.",
            CYCLE,
            "figure",
            lambda e: e.final("share", family="guarantees"),
            AtLeast(0.95),
            null=Mutant(
                "the published matrix",
                lambda e: e.replaced(lambda r: {"share": r.finals["share_matrix"]}, family="guarantees"),
            ),
            mutants=[
                Mutant(
                    "the guarantee for full steps",
                    lambda e: e.replaced(lambda r: {"share": 0.5 * float(r.finals["share"])}, family="guarantees"),
                )
            ],
            needs={"family": "guarantees"},
        ),
    ]
