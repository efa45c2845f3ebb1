"""What is claimed of Schatten quasi-norms around the limits of the flow."""

from collections.abc import Callable
from typing import Any

from thalweg.studies.bounds import AtLeast, AtMost
from thalweg.studies.changes import exchanged
from thalweg.studies.claim import Claim, Mutant, Source
from thalweg.studies.evidence import Evidence

PROPOSITION = Source("arora2019implicit", "proposition 1")
ONE, TWO = (1 / 3, 1 / 3, 1 / 3), (0.18768, 0.43841, 0.37391)
"""The limits at depth 3 with the trace alone, and with a second measurement."""


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [*_limits(), *_around(parameters)]


def _limits() -> list[Claim]:
    def off(e: Evidence, name: str, expected: tuple[float, ...]) -> float:
        return max(abs(e.final(f"limit_{name}_3_{k}", family="example") - v) for k, v in enumerate(expected))

    def ends(variant: str) -> Callable[[Evidence], Evidence]:
        return exchanged({f"ode_{n}_{d}": f"ode_{variant}_{n}_{d}" for n in ("one", "two") for d in (2, 3, 4)}, family="example")

    def instead(name: str, other: str) -> Callable[[Evidence], Evidence]:
        return exchanged({f"limit_{name}_3_{k}": f"{other}_{k}" for k in range(3)}, family="example")

    return [
        Claim(
            "limit with the trace measured",
            "With the trace as the only measurement, equal to 1, the flow at depth 3 ends at (1/3, 1/3, 1/3), the middle of the "
            "solutions: difference at most 1e-9.",
            PROPOSITION,
            "theorem",
            lambda e: off(e, "one", ONE),
            AtMost(1e-9),
            null=Mutant("a vertex", instead("one", "vertex_one_3")),
            mutants=[Mutant("the limit with the second measurement", instead("one", "limit_two_3"))],
            published="(1/3, 1/3, 1/3)",
            needs={"family": "example"},
        ),
        Claim(
            "limit with a second measurement",
            "With diag(1, -0.2, 0) measured as 0.1 besides, it ends at (0.18768, 0.43841, 0.37391) from factors 0.05 I: "
            "difference at most 1e-5.",
            PROPOSITION,
            "table",
            lambda e: off(e, "two", TWO),
            AtMost(1e-5),
            null=Mutant("the solution nearest to zero", instead("two", "nearest_two_3")),
            mutants=[
                Mutant("depth 2", instead("two", "limit_two_2")),
                Mutant("depth 4", instead("two", "limit_two_4")),
                Mutant("a vertex", instead("two", "vertex_two_3")),
            ],
            published="(.18768, .43841, .37391)",
            needs={"family": "example"},
        ),
        Claim(
            "the flow does end there",
            "Integrated by scipy at depths 2, 3 and 4 the flow of the eigenvalues ends at these limits: difference at most 1e-6.",
            PROPOSITION,
            "theorem",
            lambda e: max(e.final(f"ode_{n}_{d}", family="example") for n in ("one", "two") for d in (2, 3, 4)),
            AtMost(1e-6),
            null=Mutant("eigenvalues that stay where they start", ends("still")),
            mutants=[Mutant("a vertex, where quasi-norms are least", ends("vertex"))],
            needs={"family": "example"},
        ),
    ]


def _around(parameters: Any) -> list[Claim]:
    def worst(name: str, pick: Callable[..., float]) -> Callable[[Evidence], float]:
        return lambda e: pick(e.final(f"{name}_{power:g}", family="around") for power in parameters.powers)

    def with_power(name: str, wrong: float) -> Callable[[Evidence], Evidence]:
        return exchanged({f"{name}_{power:g}": f"{name}_{wrong:g}" for power in parameters.powers}, family="around")

    powers = f"{min(parameters.powers):g} to {max(parameters.powers):g}"
    common: dict[str, Any] = {"source": PROPOSITION, "grade": "theorem", "needs": {"family": "around"}}

    def wrongs(name: str) -> dict[str, Any]:
        return {
            "null": Mutant("the nuclear norm, power 1", with_power(name, 1.0)),
            "mutants": [Mutant("the squared Frobenius norm, power 2", with_power(name, 2.0))],
        }

    return [
        Claim(
            name="bent down in every direction",
            sentence=f"For powers {powers}, at depths 2, 3 and 4 and every size, the second derivative of the Schatten sum along "
            "the solutions is negative at the limit of the flow: at most -0.05 of the sum, for unit directions.",
            measure=worst("bend", max),
            allowed=AtMost(-0.05),
            reduce="max",
            **wrongs("bend"),
            **common,
        ),
        Claim(
            name="a way down in every direction",
            sentence="So the limit is no local minimum: along each direction of solutions one of the two ways lowers the sum, a "
            "step of a hundredth of an eigenvalue by at least 1e-8 of it.",
            measure=worst("descent", min),
            allowed=AtLeast(1e-8),
            reduce="min",
            **wrongs("descent"),
            **common,
        ),
        Claim(
            name="vertices have smaller quasi-norms",
            sentence="The best vertex of the solutions has a Schatten sum smaller than that of the limit by at least 0.1 "
            f"percent, for powers {powers}.",
            measure=worst("gap", min),
            allowed=AtLeast(0.001),
            reduce="min",
            **wrongs("gap"),
            **common,
        ),
        Claim(
            "and the same nuclear norm",
            "Vertices and limit have the same nuclear norm: difference at most 1e-9.",
            PROPOSITION,
            "theorem",
            lambda e: e.final("trace_apart", family="around"),
            AtMost(1e-9),
            null=Mutant("sums of square roots instead", exchanged({"trace_apart": "gap_0.5"}, family="around")),
            mutants=[Mutant("sums of powers 0.9 instead", exchanged({"trace_apart": "gap_0.9"}, family="around"))],
            reduce="max",
            needs={"family": "around"},
        ),
        Claim(
            "it takes many solutions of least norm",
            "Where the solution of least nuclear norm is unique, a vertex, the flow ends there, and it is a local minimum of "
            "every quasi-norm: moving away along solutions raises the sums of powers 0.1, 0.5 and 0.9 by at least 1e-5 of them.",
            PROPOSITION,
            "theorem",
            lambda e: e.final("rises_corner", family="example"),
            AtLeast(1e-5),
            null=Mutant("no change", lambda e: e.replaced(lambda r: {"rises_corner": 0.0}, family="example")),
            mutants=[Mutant("the limit inside a face", exchanged({"rises_corner": "rises_inside"}, family="example"))],
            needs={"family": "example"},
        ),
    ]
