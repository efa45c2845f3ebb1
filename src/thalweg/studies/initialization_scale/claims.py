"""What is claimed of the scale of the start: a valley for independent factors, a plain for balanced ones."""

from typing import Any

from thalweg.studies.bounds import AtLeast, AtMost, Between
from thalweg.studies.changes import exchanged
from thalweg.studies.claim import Claim, Mutant, Source
from thalweg.studies.evidence import Evidence, Result

PAPER = "arora2019convergence"


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [*_valley(parameters), *_signs(parameters), *_balance()]


def _at(depth: int, kind: str) -> dict[str, Any]:
    return {"family": "sweep", "depth": depth, "kind": kind}


def _valley(parameters: Any) -> list[Claim]:
    figure = Source(PAPER, "figure 2, a and b")
    needs = {"family": "sweep"}

    def ratio(evidence: Evidence) -> float:
        counts = [evidence.final("converged", **_at(8, kind)) for kind in ("balanced", "independent")]
        return counts[0] / max(counts[1], 1.0)

    return [
        Claim(
            "balance widens the range at depth 8",
            "At depth 8 balanced starts converge at no less than twice as many standard deviations as independent ones.",
            figure,
            "figure",
            ratio,
            AtLeast(2.0),
            null=Mutant("balanced starts in place of independent ones", lambda e: _instead(e, 8, "independent", 8, "balanced")),
            mutants=[
                Mutant("the two exchanged", _exchanged),
                Mutant("independent starts of depth 3 in place of those of depth 8", lambda e: _instead(e, 8, "independent", 3)),
            ],
            needs=needs,
        ),
        Claim(
            "a plain for balanced starts at depth 3",
            "At depth 3 balanced starts converge over all three decades of standard deviations, the slowest in less than twenty "
            "times the steps of the fastest.",
            figure,
            "figure",
            lambda e: e.final("spread", **_at(3, "balanced")),
            AtMost(20.0),
            null=Mutant("independent starts", lambda e: _instead(e, 3, "balanced", 3, "independent")),
            mutants=[
                Mutant(
                    "one start that does not converge",
                    lambda e: e.replaced(lambda r: {"spread": parameters.cap / r.finals["fewest"]}, **_at(3, "balanced")),
                )
            ],
            needs=needs,
        ),
        Claim(
            "balanced starts converge at depth 8 too",
            "At depth 8 balanced starts converge at every standard deviation from 0.001 to 1.",
            figure,
            "figure",
            lambda e: e.final("converged", **_at(8, "balanced")) / e.final("tried", **_at(8, "balanced")),
            AtLeast(0.99),
            null=Mutant("independent starts", lambda e: _instead(e, 8, "balanced", 8, "independent")),
            mutants=[Mutant("independent starts of depth 3", lambda e: _instead(e, 8, "balanced", 3, "independent"))],
            needs=needs,
        ),
        Claim(
            "a valley for independent starts at depth 3",
            "At depth 3 independent starts from either end of the range take five times the steps of the best, or more.",
            figure,
            "figure",
            lambda e: e.final("at_the_ends", **_at(3, "independent")),
            AtLeast(5.0),
            null=Mutant("a flat line", lambda e: e.replaced(lambda r: {"at_the_ends": 1.0}, **needs)),
            mutants=[Mutant("balanced starts", lambda e: _instead(e, 3, "independent", 3, "balanced"))],
            needs=needs,
        ),
        Claim(
            "the bottom of the valley",
            "At depth 3 the best standard deviation takes a few hundred steps or less: at most 300.",
            figure,
            "figure",
            lambda e: e.final("fewest", **_at(3, "independent")),
            AtMost(300.0),
            null=Mutant(
                "starts that do not converge", lambda e: e.replaced(lambda r: {"fewest": float(parameters.cap)}, **needs)
            ),
            mutants=[
                Mutant(
                    "the smallest standard deviation",
                    lambda e: e.replaced(lambda r: {"fewest": r.finals["first"]}, **_at(3, "independent")),
                )
            ],
            published="a few hundred or less",
            needs=needs,
        ),
        Claim(
            "a narrow band for independent starts at depth 8",
            "At depth 8 independent starts converge at no more than 30 percent of the standard deviations, and at some.",
            figure,
            "figure",
            lambda e: e.final("converged", **_at(8, "independent")) / e.final("tried", **_at(8, "independent")),
            Between(0.01, 0.3),
            null=Mutant("starts that never converge", lambda e: e.replaced(lambda r: {"converged": 0.0}, **needs)),
            mutants=[Mutant("depth 3 in its place", lambda e: _instead(e, 8, "independent", 3))],
            needs=needs,
        ),
    ]


def _signs(parameters: Any) -> list[Claim]:
    needs = {"family": "sweep"}

    def share(evidence: Evidence) -> float:
        away, converged = (
            sum(evidence.final(name, **_at(depth, "balanced")) for depth in (3, 8)) for name in ("away", "away_converged")
        )
        return converged / max(away, 1.0)

    def margin_needed(result: Result) -> dict[str, float]:
        return {"away_converged": 0.0}

    return [
        Claim(
            "half of small starts have a margin",
            "With one output, small independent starts have a deficiency margin with a probability of nearly one half, as those "
            "that "
            f"point away from the target have none: a share of {parameters.draws:,} between 0.48 and 0.52.",
            Source(PAPER, "claim 3"),
            "figure",
            lambda e: e.final("margin_small", family="margins"),
            Between(0.48, 0.52),
            null=Mutant("large starts", exchanged({"margin_small": "margin_large"}, family="margins")),
            mutants=[
                Mutant(
                    "starts turned towards the target",
                    lambda e: e.replaced(lambda r: {"margin_small": 2 * r.finals["margin_small"]}, family="margins"),
                )
            ],
            published="at least 0.49",
            needs={"family": "margins"},
        ),
        Claim(
            "a wrong sign is no obstacle",
            "Descent needs no margin to converge: of the balanced starts that point away from the target, which the theorem does "
            "not cover, at least nine tenths converge all the same.",
            Source(PAPER, "theorem 2, its probability"),
            "figure",
            share,
            AtLeast(0.9),
            null=Mutant("only starts within the theorem converge", lambda e: e.replaced(margin_needed, **needs)),
            mutants=[Mutant("independent starts of depth 8", lambda e: _instead(e, 8, "balanced", 8, "independent"))],
            needs=needs,
        ),
    ]


def _balance() -> list[Claim]:
    needs = {"family": "balance"}
    return [
        Claim(
            "small independent starts become balanced",
            "From independent factors of standard deviation 0.001 the imbalance ends below a hundredth of the size of the "
            "factors.",
            Source(PAPER, "figure 2, c"),
            "figure",
            lambda e: e.final("share_last_0", **needs),
            AtMost(0.01),
            null=Mutant("factors as they are at the start", exchanged({"share_last_0": "share_first_0"}, family="balance")),
            mutants=[Mutant("a standard deviation of 0.1", exchanged({"share_last_0": "share_last_1"}, family="balance"))],
            needs=needs,
        )
    ]


def _instead(evidence: Evidence, depth: int, kind: str, other_depth: int, other_kind: str | None = None) -> Evidence:
    other = evidence.one(**_at(other_depth, other_kind or kind))
    return evidence.replaced(lambda result: other.finals, **_at(depth, kind))


def _exchanged(evidence: Evidence) -> Evidence:
    balanced, independent = (evidence.one(**_at(8, kind)) for kind in ("balanced", "independent"))
    changed = evidence.replaced(lambda result: independent.finals, **_at(8, "balanced"))
    return changed.replaced(lambda result: balanced.finals, **_at(8, "independent"))
