"""What is claimed of the completion in which norms diverge."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from thalweg.studies.bounds import AtLeast, AtMost, Between
from thalweg.studies.changes import exchanged
from thalweg.studies.claim import Claim, Mutant, Source
from thalweg.studies.evidence import Evidence
from thalweg.studies.norms_diverge.work import LOSSES

THEOREM = Source("razin2020implicit", "theorem 1")
FIGURE = Source("razin2020implicit", "figure 1")
PRINTED = (6.3, 19.5, 70.0)
"""The size of the unseen entry at losses 1e-2, 1.2e-3 and 1e-4, depth 3, read off the figure."""


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [*_paths(parameters), *_signs(), *_flow(parameters)]


def _paths(parameters: Any) -> list[Claim]:
    depths = parameters.depths

    def each(name: str, pick: Callable[..., float], sign: str = "positive") -> Callable[[Evidence], float]:
        return lambda e: pick(e.final(f"{name}_{sign}_{depth}", family="paths") for depth in depths)

    def put(name: str, other: str) -> Callable[[Evidence], Evidence]:
        """Another number of the same runs in place of one of the positive ones."""
        return exchanged({f"{name}_positive_{depth}": f"{other}_{depth}" for depth in depths}, family="paths")

    def fixed(name: str, value: float) -> Callable[[Evidence], Evidence]:
        return lambda e: e.replaced(lambda r: {f"{name}_positive_{depth}": value for depth in depths}, family="paths")

    def negative(name: str) -> Mutant:
        return Mutant("a start with negative determinant", put(name, f"{name}_negative"))

    def off_asymptote(e: Evidence) -> float:
        return max(abs(e.final(f"ratio_positive_{depth}", family="paths") * np.sqrt(2) - 1) for depth in depths)

    def off_printed(e: Evidence) -> float:
        at = [e.final(f"at_{loss:g}_positive_3", family="paths") for loss in LOSSES]
        return max(abs(ours / printed - 1) for ours, printed in zip(at, PRINTED, strict=True))

    def empty(e: Evidence) -> Evidence:
        return e.replaced(lambda r: {f"at_{loss:g}_positive_3": 0.0 for loss in LOSSES}, family="paths")

    def squared(e: Evidence) -> Evidence:
        names = [f"slope_positive_{depth}" for depth in depths]
        return e.replaced(lambda r: {name: 2 * r.finals[name] for name in names}, family="paths")

    least = "the completion of least nuclear norm, where the entry is 0"
    needs = {"family": "paths"}
    return [
        Claim(
            "the unseen entry is at least the bound",
            "From balanced starts of positive determinant |w11| is all along at least the least that the loss leaves a matrix of "
            f"positive determinant, 1/sqrt(2 loss) to leading order, at depths {_listed(depths)}: quotient at least 1 - 1e-6.",
            THEOREM,
            "theorem",
            each("over_bound", min),
            AtLeast(1 - 1e-6),
            null=Mutant(least, fixed("over_bound", 0.0)),
            mutants=[
                Mutant("a bound without the half, 1/sqrt(loss)", put("over_bound", "over_bound_without_half_positive")),
                negative("over_bound"),
            ],
            reduce="min",
            needs=needs,
        ),
        Claim(
            "it tends to that bound",
            f"The entry times the root of the loss ends at 1/sqrt(2), within 1e-4 of it, at depths "
            f"{_listed(depths)}: the product is of rank one.",
            THEOREM,
            "theorem",
            off_asymptote,
            AtMost(1e-4),
            null=Mutant(least, fixed("ratio", 0.0)),
            mutants=[Mutant("the mean of squares for the loss", put("ratio", "ratio_mean_positive")), negative("ratio")],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "norms grow as the loss to the power -1/2",
            "The logarithm of |w11| against that of the loss has slope -1/2, within 0.01, over its last four decades.",
            THEOREM,
            "figure",
            lambda e: max((e.final(f"slope_positive_{d}", family="paths") for d in depths), key=lambda slope: abs(slope + 0.5)),
            Between(-0.51, -0.49),
            null=Mutant("a norm that stays", fixed("slope", 0.0)),
            mutants=[
                negative("slope"),
                Mutant("the square of the norm", squared),
            ],
            needs=needs,
        ),
        Claim(
            "as published at depth 3",
            "At depth 3 |w11| at losses 1e-2, 1.2e-3 and 1e-4 is the published one, within 15 percent (read off a figure).",
            FIGURE,
            "figure",
            off_printed,
            AtMost(0.15),
            null=Mutant(least, empty),
            mutants=[
                Mutant(
                    "a start with negative determinant",
                    exchanged({f"at_{loss:g}_positive_3": f"at_{loss:g}_negative_3" for loss in LOSSES}, family="paths"),
                )
            ],
            published="6.3, 19.5, 70",
            needs=needs,
        ),
        Claim(
            "the rank goes to one",
            "While norms diverge the effective rank goes to 1, the least that a completion comes near: at the end at most 1.001.",
            THEOREM,
            "theorem",
            each("rank", max),
            AtMost(1.001),
            null=Mutant("the start", put("rank", "rank_start_positive")),
            mutants=[negative("rank")],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "distance to rank one",
            "All along the distance to the matrices of rank one is at most sqrt(2 loss): a third of what was published.",
            THEOREM,
            "theorem",
            each("distance_over_bound", max),
            AtMost(1.0),
            null=Mutant(least, fixed("distance_over_bound", float(1 / np.sqrt(2 * parameters.loss)))),
            mutants=[negative("distance_over_bound")],
            reduce="max",
            published="3 sqrt(2) sqrt(loss)",
            needs=needs,
        ),
        Claim(
            "from a negative determinant the path converges",
            "From starts of negative determinant the entry stops: it grows by at most half over the last three decades.",
            THEOREM,
            "figure",
            each("growth", max, "negative"),
            AtMost(1.5),
            null=Mutant("growth as the loss to the power -1/2", _growth(depths, 1000**0.5)),
            mutants=[
                Mutant(
                    "a start with positive determinant",
                    exchanged({f"growth_negative_{d}": f"growth_positive_{d}" for d in depths}, family="paths"),
                )
            ],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "at depth 2 float64 cannot hold it",
            "At depth 2 the second singular value, and the determinant with it, falls below e^-745, the least that float64 "
            "holds: its logarithm has to be followed, or rounding decides the sign.",
            THEOREM,
            "figure",
            lambda e: e.final("log_second_positive_2", family="paths"),
            AtMost(-745.0),
            null=Mutant(
                "a second singular value that stays", exchanged({"log_second_positive_2": "start_positive_2"}, family="paths")
            ),
            mutants=[
                Mutant("depth 3", exchanged({"log_second_positive_2": "log_second_positive_3"}, family="paths")),
                Mutant("depth 4", exchanged({"log_second_positive_2": "log_second_positive_4"}, family="paths")),
            ],
            needs=needs,
        ),
    ]


def _signs() -> list[Claim]:
    needs = {"family": "signs"}
    return [
        Claim(
            "the determinant keeps its sign",
            "Along the flow of balanced random factors, of either sign, the determinant never changes sign.",
            THEOREM,
            "theorem",
            lambda e: e.final("changed_balanced", family="signs"),
            AtMost(0.0),
            null=Mutant("a coin for the sign at the end", exchanged({"changed_balanced": "share_coin"}, family="signs")),
            mutants=[Mutant("factors out of balance", exchanged({"changed_balanced": "changed_unbalanced"}, family="signs"))],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "out of balance it need not",
            "Of random factors that are not balanced some change the sign of their determinant on the way, which is how a curve "
            "of the published figure levels off: share of them at least 0.1.",
            FIGURE,
            "figure",
            lambda e: e.final("changed_unbalanced", family="signs"),
            AtLeast(0.1),
            null=Mutant("no change", lambda e: e.replaced(lambda r: {"changed_unbalanced": 0.0}, family="signs")),
            mutants=[Mutant("the same, balanced", exchanged({"changed_unbalanced": "changed_balanced"}, family="signs"))],
            published="one of the curves levels off at 43",
            needs=needs,
        ),
        Claim(
            "half of random starts diverge",
            "Of products of Gaussian factors half have a positive determinant: share between 0.4 and 0.6.",
            THEOREM,
            "figure",
            lambda e: e.final("share", family="signs"),
            Between(0.4, 0.6),
            null=Mutant("all of them", lambda e: e.replaced(lambda r: {"share": 1.0}, family="signs")),
            mutants=[Mutant("symmetric products U U^T", exchanged({"share": "share_symmetric"}, family="signs"))],
            published="0.5",
            needs=needs,
        ),
    ]


def _flow(parameters: Any) -> list[Claim]:
    needs = {"family": "flow"}
    return [
        Claim(
            "the flow of the factors keeps the law",
            "Followed as matrices at depth 3 the run keeps above the bound and its determinant positive: shortfall at most 30 "
            "times the tolerance of the flow.",
            THEOREM,
            "theorem",
            lambda e: e.final("residual_positive", family="flow"),
            AtMost(30 * parameters.flow_rtol),
            null=Mutant(
                "a start with negative determinant", exchanged({"residual_positive": "residual_negative"}, family="flow")
            ),
            mutants=[
                Mutant("a bound without the half", exchanged({"residual_positive": "residual_without_half"}, family="flow"))
            ],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "the nuclear norm is not minimised",
            "At its end the nuclear norm is at least ten times the least of a completion, which is 2, certified.",
            Source("razin2020implicit", "theorem 1 and the discussion of norms"),
            "figure",
            lambda e: e.final("nuclear_positive", family="flow") / e.final("least_nuclear", family="flow"),
            AtLeast(10.0),
            null=Mutant("the least", exchanged({"nuclear_positive": "least_nuclear"}, family="flow")),
            mutants=[
                Mutant("a start with negative determinant", exchanged({"nuclear_positive": "nuclear_negative"}, family="flow"))
            ],
            needs=needs,
        ),
    ]


def _growth(depths: tuple[int, ...], factor: float) -> Callable[[Evidence], Evidence]:
    return lambda e: e.replaced(lambda r: {f"growth_negative_{depth}": factor for depth in depths}, family="paths")


def _listed(depths: Sequence[int]) -> str:
    return " and ".join(filter(None, (", ".join(map(str, depths[:-1])), str(depths[-1]))))
