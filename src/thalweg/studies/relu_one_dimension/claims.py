"""What is claimed of ReLU networks of one input under weight decay."""

from collections.abc import Callable
from typing import Any

from thalweg.studies.bounds import AtLeast, AtMost, Between
from thalweg.studies.changes import exchanged
from thalweg.studies.claim import Claim, Mutant, Source
from thalweg.studies.evidence import Evidence

COST = Source("savarese2019infinite", "Theorem 3.1")
SPLINE = Source("savarese2019infinite", "Theorem 3.3")
FIGURE = Source("savarese2019infinite", "Figure 1")
PUBLISHED = 4.35
"""The least cost of the published ten points, which are not listed."""


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [*_law(parameters), *_training(parameters), *_without(parameters)]


def _law(parameters: Any) -> list[Claim]:
    def worst(name: str) -> Callable[[Evidence], float]:
        return lambda e: e.final(name, family="law")

    def other(**names: str) -> Callable[[Evidence], Evidence]:
        return exchanged(names, family="law")

    common: dict[str, Any] = {"source": SPLINE, "grade": "theorem", "reduce": "max", "needs": {"family": "law"}}
    shapes = f"over {parameters.how_many} sets of {parameters.few} points, rough, waves, parabolas and lines"
    return [
        Claim(
            "the formula is the linear program",
            "The least cost of a function through points, max(m, (m + |a + b|)/2) with m the bending between the points and a, b "
            "the slopes of the first and last piece, is the least sum of weights of ReLU units by linear programming: relative "
            f"difference at most 1e-9, {shapes}.",
            measure=worst("law_program"),
            allowed=AtMost(1e-9),
            null=Mutant("end slopes of zero", other(law_program="law_flat")),
            mutants=[
                Mutant("bending alone", other(law_program="law_bends")),
                Mutant("the sum of the end slopes alone", other(law_program="law_sum")),
                Mutant("end pieces that go on straight", other(law_program="law_natural")),
            ],
            **common,
        ),
        Claim(
            "a dual proves it",
            "Multipliers of the points in closed form prove that no network of any width is smaller: relative gap at most 1e-11.",
            measure=worst("gap"),
            allowed=AtMost(1e-11),
            null=Mutant("the dual of bending alone", other(gap="gap_bends")),
            mutants=[Mutant("end pieces that go on straight", other(gap="gap_natural"))],
            **common,
        ),
        Claim(
            "one unit more than points is enough",
            "A network with as many units as points and one fits them and has the least cost: relative difference of cost, and "
            "distance from the points, at most 1e-10.",
            measure=worst("network"),
            allowed=AtMost(1e-10),
            null=Mutant("the network that is zero", other(network="network_zero")),
            mutants=[Mutant("units that all open to the right", other(network="network_right"))],
            **common,
        ),
        Claim(
            "a line is not its own least network",
            "Points on a line of slope s cost |s|, half of what the line itself costs, which bends outside of the points save: "
            "cost over |s| within 1e-9 of 1.",
            measure=lambda e: max(e.final("line", family="law"), 2 - e.final("line_least", family="law")),
            allowed=Between(1 - 1e-9, 1 + 1e-9),
            null=Mutant("the line itself", other(line="line_straight")),
            mutants=[Mutant("flat ends", other(line="line_flat"))],
            **common,
        ),
    ]


def _training(parameters: Any) -> list[Claim]:
    def over(measure: Callable[[Evidence, int], float], pick: Any = max) -> Callable[[Evidence], float]:
        return lambda e: pick(measure(e, width) for width in parameters.widths)

    def final(e: Evidence, width: int, name: str) -> float:
        return e.final(name, family="training", width=width)

    def other(kind: str) -> Callable[[Evidence], Evidence]:
        names = ("size", "cost", "imbalance", "loss", "misfit")
        return exchanged({f"{name}_trained": f"{name}_{kind}" for name in names}, family="training")

    widths, starts = (", ".join(map(str, values)) for values in (parameters.widths, parameters.starts))
    start, free = Mutant("the start", other("start")), Mutant("trained without weight decay", other("free"))
    large = Mutant("trained without weight decay from a large start", other("large"))
    biases = Mutant("biases counted too", exchanged({"size_trained": "all_trained"}, family="training"))
    common: dict[str, Any] = {"source": FIGURE, "grade": "figure", "needs": {"family": "training"}}
    return [
        Claim(
            "weight decay finds the least size",
            f"Trained with weight decay {parameters.decay:g} on all but biases, networks of widths {widths} end with half the "
            f"sum of squared weights within 1 % of the least: the one of least training loss among {starts} starts.",
            measure=over(lambda e, w: abs(final(e, w, "size_trained") / final(e, w, "least") - 1)),
            allowed=AtMost(0.01),
            null=start,
            mutants=[free, biases],
            published="R = C = 4.35 at widths 20 and 100, of ten points that are not listed",
            **common,
        ),
        Claim(
            "the function costs what the weights say",
            "The cost of the trained function, from where its kinks are and how it bends there, is the size of its weights: "
            "relative difference at most 1 %.",
            measure=over(lambda e, w: abs(final(e, w, "cost_trained") / final(e, w, "size_trained") - 1)),
            allowed=AtMost(0.01),
            null=start,
            mutants=[free, biases],
            published="R = C = 4.35",
            **common,
        ),
        Claim(
            "the training loss is the certified least",
            "The loss with weight decay that training reaches exceeds the least of any width, which a dual certifies, by at most "
            "1 %, and is nowhere below it.",
            measure=over(lambda e, w: final(e, w, "loss_trained") / final(e, w, "certified") - 1, lambda v: max(v, key=abs)),
            allowed=Between(-1e-9, 0.01),
            null=start,
            mutants=[
                free,
                Mutant(
                    "a tenfold penalty in the certified least", exchanged({"certified": "certified_tenfold"}, family="training")
                ),
            ],
            **common,
        ),
        Claim(
            "both layers are balanced",
            "A unit's two weights end equally large, which is how to tell that training is over: sum of |w^2 - a^2| over that of "
            "w^2 + a^2 at most 0.15.",
            measure=over(lambda e, w: final(e, w, "imbalance_trained")),
            allowed=AtMost(0.15),
            null=start,
            mutants=[free, large],
            **common,
        ),
    ]


def _without(parameters: Any) -> list[Claim]:
    def least(name: str) -> Callable[[Evidence], float]:
        return lambda e: min(
            e.final(name, family="training", width=width) / e.final("least", family="training", width=width)
            for width in parameters.widths
        )

    def decayed(*names: str) -> Callable[[Evidence], Evidence]:
        return exchanged({name: f"{name.rpartition('_')[0]}_trained" for name in names}, family="training")

    common: dict[str, Any] = {"source": FIGURE, "grade": "figure", "needs": {"family": "training"}, "reduce": "min"}
    return [
        Claim(
            "without weight decay the size is not least",
            "The decay must be there: from the same starts without it, the smallest network that fits is larger than the least "
            "by over a tenth at every width.",
            measure=least("size_free"),
            allowed=AtLeast(1.1),
            null=Mutant("trained with weight decay", decayed("size_free")),
            mutants=[
                Mutant("the least size itself", exchanged({"size_free": "least"}, family="training")),
                Mutant("the size that the function needs", exchanged({"size_free": "cost_trained"}, family="training")),
            ],
            **common,
        ),
        Claim(
            "from a large start the function is another",
            "From large starts without decay even the function that is found is not one of least cost: its cost, however its "
            "weights are chosen, is over 1.3 times the least.",
            measure=least("cost_large"),
            allowed=AtLeast(1.3),
            null=Mutant("trained with weight decay", decayed("cost_large")),
            mutants=[Mutant("the least cost itself", exchanged({"cost_large": "least"}, family="training"))],
            **common,
        ),
    ]
