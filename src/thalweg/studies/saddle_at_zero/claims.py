"""What is claimed of zero, of the way down from balance, and of the way out of zero."""

from typing import Any

from thalweg.studies.bounds import AtLeast, AtMost, Between
from thalweg.studies.changes import exchanged, final, put
from thalweg.studies.claim import Claim, Mutant, Source
from thalweg.studies.evidence import Evidence

PAPER = "arora2019convergence"


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [*_landscape(parameters), *_descent(), *_escape()]


def _landscape(parameters: Any) -> list[Claim]:
    saddle = Source("kawaguchi2016deep", "theorem 2.3")
    zero = {"family": "zero"}

    def order(evidence: Evidence) -> float:
        return max(abs(evidence.final(f"slope_{n}", **zero) - n) for n in parameters.depths)

    return [
        Claim(
            "no curvature at depth 3",
            "At depth 3 the Hessian where all factors are 0 vanishes: its largest eigenvalue is at most 1e-12 of the largest "
            "at depth 2.",
            saddle,
            "theorem",
            final("hessian_3", family="zero"),
            AtMost(1e-12),
            null=Mutant("curvature of the size of the gradient", put({"hessian_3": 1.0}, family="zero")),
            mutants=[Mutant("depth 2 in its place", exchanged({"hessian_3": "hessian_2"}, family="zero"))],
            reduce="max",
            needs=zero,
        ),
        Claim(
            "a strict saddle at depth 2",
            "At depth 2 the eigenvalues there are plus and minus the singular values of the gradient at 0, each as often as the "
            "hidden layer is wide, and zeros: largest difference at most 1e-12 of the largest.",
            saddle,
            "theorem",
            final("spectrum_2", family="zero"),
            AtMost(1e-12),
            null=Mutant("no curvature at all", exchanged({"spectrum_2": "hessian_2"}, family="zero")),
            mutants=[
                Mutant("twice the singular values", exchanged({"spectrum_2": "spectrum_2_doubled"}, family="zero")),
                Mutant(
                    "the singular values without the negative ones: a minimum",
                    exchanged({"spectrum_2": "spectrum_2_positive"}, family="zero"),
                ),
            ],
            reduce="max",
            needs=zero,
        ),
        Claim(
            "the order of the saddle is the depth",
            "Along a ray from 0 the loss changes as the power N of the distance: slopes of log against log within 0.02 of N.",
            saddle,
            "theorem",
            order,
            AtMost(0.02),
            null=Mutant("a flat loss", put({f"slope_{n}": 0.0 for n in parameters.depths}, family="zero")),
            mutants=[Mutant("the square of a strict saddle at every depth", exchanged({"slope_3": "slope_2"}, family="zero"))],
            reduce="max",
            needs=zero,
        ),
        Claim(
            "its leading term",
            "That change begins with the inner product of the gradient at 0 and the product of the factors: relative difference "
            "at most 1e-3 at the nearest point.",
            saddle,
            "theorem",
            lambda e: max(e.final(f"leading_{n}", **zero) for n in parameters.depths),
            AtMost(1e-3),
            null=Mutant("no change at all", put({"leading_3": 1.0}, family="zero")),
            mutants=[Mutant("the sum of N such terms", lambda e: e.replaced(lambda r: {"leading_3": 1 - 1 / 3}, **zero))],
            reduce="max",
            needs=zero,
        ),
    ]


def _descent() -> list[Claim]:
    law = Source(PAPER, "section 3.2, proof sketch")
    needs = {"family": "descent"}
    return [
        Claim(
            "the loss falls as fast as it must",
            "From a balanced start gradient flow lowers the loss at least at the rate sigma_min(W)^(2 - 2/N) |G|^2, times N "
            "where W is square: least ratio along all paths at least 1, up to 1e-9 of rounding.",
            law,
            "theorem",
            final("decrease", family="descent"),
            AtLeast(1 - 1e-9),
            null=Mutant("a loss that does not fall", put({"decrease": 0.0}, family="descent")),
            mutants=[
                Mutant("the factor N for rectangles too", exchanged({"decrease": "decrease_times_depth"}, family="descent")),
                Mutant("half the exponent", exchanged({"decrease": "decrease_exponent"}, family="descent")),
                Mutant("a start that is not balanced", exchanged({"decrease": "decrease_unbalanced"}, family="descent")),
            ],
            reduce="min",
            needs=needs,
        ),
        Claim(
            "the rate is attained",
            "No larger rate holds: where the gradient lies along the direction that the product shrinks most, the ratio is 1.",
            law,
            "theorem",
            final("tight", family="descent"),
            Between(0.999, 1.001),
            null=Mutant("a loss that does not fall", put({"tight": 0.0}, family="descent")),
            mutants=[Mutant("the factor N for rectangles too", exchanged({"tight": "decrease_times_depth"}, family="descent"))],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "the loss never rises",
            "Between records of the flow the loss rises by at most 1e-12 of its first value.",
            law,
            "theorem",
            final("rise", family="descent"),
            AtMost(1e-12),
            null=Mutant("a loss that rises by a tenth", put({"rise": 0.1}, family="descent")),
            mutants=[Mutant("the paths run backwards", exchanged({"rise": "rise_backwards"}, family="descent"))],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "no singular predictor below the barrier",
            "From a start below half the square of the target's least singular value, the predictor's stays above "
            "sigma_min(target) - sqrt(2 loss(0)): least ratio at least 1, up to 1e-9 of rounding.",
            Source(PAPER, "definition 2 and claim 1"),
            "theorem",
            final("least", family="descent"),
            AtLeast(1 - 1e-9),
            null=Mutant("a predictor that becomes singular", put({"least": 0.0}, family="descent")),
            mutants=[Mutant("half of the distance", exchanged({"least": "least_half"}, family="descent"))],
            reduce="min",
            needs=needs,
        ),
        Claim(
            "from below the barrier to the minimum",
            "From there the flow ends at the global minimum: at most 1e-9 of the loss at the start is left.",
            Source(PAPER, "section 3.2, proof sketch"),
            "theorem",
            final("loss", family="descent"),
            AtMost(1e-9),
            null=Mutant("a start beyond the barrier", exchanged({"loss": "beyond"}, family="descent")),
            mutants=[Mutant("the paths at a thousandth of their time", exchanged({"loss": "loss_early"}, family="descent"))],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "beyond the barrier it may not",
            "From the identity, balanced and beyond the barrier of a target with the eigenvalue -0.7, the flow of depth 2 ends "
            "at a singular predictor, with a loss of 0.7^2/2.",
            Source(PAPER, "claim 5"),
            "theorem",
            final("beyond_floor", family="descent"),
            Between(0.245 - 1e-6, 0.245 + 1e-6),
            null=Mutant("the global minimum", put({"beyond_floor": 0.0}, family="descent")),
            mutants=[Mutant("the loss without its factor one half", put({"beyond_floor": 0.49}, family="descent"))],
            published="lambda^2/2",
            needs=needs,
        ),
    ]


def _escape() -> list[Claim]:
    needs = {"family": "escape"}

    def claim(depth: int, words: str, allowed: Any, other: int) -> Claim:
        return Claim(
            f"out of zero at depth {depth}",
            f"At depth {depth} the time in which the flow halves the loss from factors of size s {words}.",
            Source("saxe2014exact", "section 1.2"),
            "figure",
            final(f"escape_{depth}", family="escape"),
            allowed,
            null=Mutant("a time that does not depend on the start", put({f"escape_{depth}": 0.0}, family="escape")),
            mutants=[Mutant(f"depth {other} in its place", exchanged({f"escape_{depth}": f"escape_{other}"}, family="escape"))],
            needs=needs,
        )

    return [
        claim(
            2, "grows as a logarithm, slower than any power: slope of log against log between -0.5 and 0", Between(-0.5, -0.01), 3
        ),
        claim(3, "grows as 1/s: slope within 0.05 of -1", Between(-1.05, -0.95), 2),
        claim(4, "grows as 1/s^2: slope within 0.05 of -2", Between(-2.05, -1.95), 3),
    ]
