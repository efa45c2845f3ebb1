"""What is claimed of the margins that algorithms find."""

import math
from collections.abc import Callable
from typing import Any

from thalweg.studies.bounds import AtLeast, AtMost, Between
from thalweg.studies.changes import exchanged
from thalweg.studies.claim import Claim, Erratum, Mutant, Source
from thalweg.studies.evidence import Evidence

SOUDRY, CHARACTERIZING = Source("soudry2018implicit", "theorem 3"), Source("gunasekar2018characterizing", "theorem 5")
NACSON, JI = Source("nacson2019convergence", "normalized gradient descent"), Source("ji2021fast", "theorem 3.1")
ADAM, HOMOGENEOUS = Source("zhang2024implicit", "main theorem"), Source("lyu2020gradient", "section 4")
TALK = "the slides of a talk on optimization and bias, on separable data"


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [*_certified(), *_speeds(parameters), *_flow(parameters), *_limits(parameters), *_digits(parameters)]


def _of(family: str) -> Callable[[str], Callable[[Evidence], float]]:
    return lambda name: lambda e: e.final(name, family=family)


def _certified() -> list[Claim]:
    def worst(e: Evidence) -> float:
        return max(e.final(f"gap_{name}", family="compared") for name in ("l1", "l2", "linf"))

    return [
        Claim(
            "the largest margins are proved",
            "Weights of the samples prove the largest margins in the l1, the Euclidean and the maximum norm: relative gaps of "
            "at most 1e-9.",
            CHARACTERIZING,
            "theorem",
            worst,
            AtMost(1e-9),
            null=Mutant("equal weights", exchanged({"gap_l2": "gap_equal"}, family="compared")),
            mutants=[
                Mutant(
                    "weights for the Euclidean norm taken for the others",
                    exchanged({"gap_l1": "gap_exchanged"}, family="compared"),
                )
            ],
            reduce="max",
            needs={"family": "compared"},
        )
    ]


def _speeds(p: Any) -> list[Claim]:
    final = _of("compared")
    common: dict[str, Any] = {"grade": "figure", "needs": {"family": "compared"}}

    def power(name: str) -> dict[str, Any]:
        others = [other for other in ("normalized", "root", "momentum") if other != name]
        return {
            "measure": final(f"slope_{name}"),
            "null": Mutant("plain descent", exchanged({**{f"slope_{name}": "slope_descent"}}, family="compared")),
            "mutants": [Mutant(other, exchanged({**{f"slope_{name}": f"slope_{other}"}}, family="compared")) for other in others],
        }

    return [
        Claim(
            name="normalized descent: one over t",
            sentence="By descent on the logarithm of the loss at a constant rate the margin comes to the largest like the power "
            "-1 of the steps: slope -1.15 to -0.85 over the last factor of ten.",
            source=NACSON,
            allowed=Between(-1.15, -0.85),
            **power("normalized"),
            **common,
        ),
        Claim(
            name="falling rates: one over the root of t",
            sentence="At rates that fall with the root of t it is the power -1/2: slope -0.6 to -0.4.",
            source=NACSON,
            allowed=Between(-0.6, -0.4),
            **power("root"),
            **common,
        ),
        Claim(
            name="momentum in the dual: one over t squared",
            sentence="With momentum in the dual it is the power -2: slope -2.05 to -1.95.",
            source=JI,
            allowed=Between(-2.05, -1.95),
            **power("momentum"),
            **common,
        ),
        Claim(
            name="within a millionth of the largest margin",
            sentence=f"After {p.momentum:,} steps of momentum in the dual the margin is within a relative "
            "1e-6 of the largest that is proved.",
            source=JI,
            measure=final("off_momentum"),
            allowed=AtMost(1e-6),
            reduce="max",
            null=Mutant("plain descent", exchanged({"off_momentum": "off_descent"}, family="compared")),
            mutants=[Mutant("normalized descent", exchanged({"off_momentum": "off_normalized"}, family="compared"))],
            **common,
        ),
        Claim(
            name="plain descent is off by percents",
            sentence=f"After {p.descent:,} steps of plain descent the margin is still below the largest by at least one "
            "percent of it: that it gets there is seen in a slope, never in closeness.",
            source=SOUDRY,
            measure=final("off_descent"),
            allowed=AtLeast(0.01),
            reduce="min",
            null=Mutant("momentum in the dual", exchanged({"off_descent": "off_momentum"}, family="compared")),
            mutants=[Mutant("normalized descent", exchanged({"off_descent": "off_normalized"}, family="compared"))],
            **common,
        ),
    ]


def _flow(p: Any) -> list[Claim]:
    final = _of("flow")
    common: dict[str, Any] = {"source": SOUDRY, "needs": {"family": "flow"}}
    return [
        Claim(
            name="one over log t",
            sentence="Along the flow, between logarithms of time of 300 and 3000, the gap of the margin falls like the power -1 "
            "of log t: slope -1.1 to -0.9 on every instance.",
            grade="theorem",
            measure=final("power"),
            allowed=Between(-1.1, -0.9),
            null=Mutant("the root of the gap, as if it fell twice as slowly", exchanged({"power": "power_root"}, family="flow")),
            mutants=[Mutant("the square of the gap", exchanged({"power": "power_squared"}, family="flow"))],
            **common,
        ),
        Claim(
            name="the constant of one over log t",
            sentence="At log t = 1000 the gap times log t is, within 0.06 of the largest margin, that margin times the "
            "difference between the entropy of the weights that prove it and their least surprise, $-\\log\\max_i q_i$.",
            grade="theorem",
            measure=final("constant"),
            allowed=AtMost(0.06),
            reduce="max",
            null=Mutant("a gap that vanishes faster", exchanged({"constant": "constant_nothing"}, family="flow")),
            mutants=[
                Mutant("the entropy alone", exchanged({"constant": "constant_entropy"}, family="flow")),
                Mutant("the logarithm of the number of samples", exchanged({"constant": "constant_count"}, family="flow")),
            ],
            **common,
        ),
        Claim(
            name="the loss is one over t",
            sentence="There the loss times the time is one over the square of the largest margin: logarithms differ by at "
            "most 0.02.",
            grade="theorem",
            measure=final("time"),
            allowed=AtMost(0.02),
            reduce="max",
            null=Mutant("one, whatever the margin", exchanged({"time": "time_without_margin"}, family="flow")),
            mutants=[Mutant("one over the margin", exchanged({"time": "time_margin_once"}, family="flow"))],
            **common,
        ),
        Claim(
            name="descent is where the flow is",
            sentence=f"After {p.descent:,} steps plain descent has the gap that the flow has at the time that its rates "
            "add up to: within a relative 0.02.",
            grade="figure",
            measure=final("descent"),
            allowed=AtMost(0.02),
            null=Mutant("the flow at ten times that time", exchanged({"descent": "descent_later"}, family="flow")),
            mutants=[Mutant("the flow at a tenth of that time", exchanged({"descent": "descent_earlier"}, family="flow"))],
            **common,
        ),
        Claim(
            name="margins of a thousand",
            sentence="In the clock of margins the flow comes to margins of 1000, where the loss is $10^{-435}$ and so "
            "many decades of time have passed, in at most $10^{3.7}$ gradients.",
            source=HOMOGENEOUS,
            grade="figure",
            measure=final("decades"),
            allowed=AtMost(3.7),
            reduce="max",
            null=Mutant("one gradient a unit of time", exchanged({"decades": "decades_of_time"}, family="flow")),
            mutants=[Mutant("one gradient a unit of margin to the 1.5", lambda e: _thousand(e))],
            needs={"family": "flow"},
        ),
        Claim(
            name="the direction is the solution over its norm",
            sentence="Where the flow has come to at the end, its direction is within 0.01 of that of the solution of "
            "least norm with margins of at least one.",
            grade="theorem",
            measure=final("off_direction"),
            allowed=AtMost(0.01),
            reduce="max",
            null=Mutant("the solution itself, as printed", exchanged({"off_direction": "off_solution"}, family="flow")),
            mutants=[Mutant("descent on a loss with a polynomial tail, its share", _exchange_tail)],
            erratum=Erratum(
                r"$\frac{w(t)}{\|w(t)\|_2} \to \arg\min \|w\|_2$ s.t. $y_i\langle w, x_i\rangle \geq 1$",
                TALK,
                r"$\frac{w(t)}{\|w(t)\|_2} \to \frac{\hat w}{\|\hat w\|_2}$ with $\hat w = \arg\min\|w\|_2$ s.t. "
                r"$y_i\langle w, x_i\rangle \ge 1\ \forall i$: the left side has norm 1, $\hat w$ has norm $1/\gamma$. It "
                r"holds for "
                r"separable data and a loss with an exponential tail, and $\gamma$ is reached at the rate of $1/\log t$.",
            ),
            **common,
        ),
    ]


def _thousand(e: Evidence) -> Evidence:
    return e.replaced(lambda r: {"decades": 1.5 * math.log10(1000.0)}, family="flow")


def _exchange_tail(e: Evidence) -> Evidence:
    off = [float(r.finals["off_polynomial"]) for r in e.select(family="compared")]
    return e.replaced(lambda r: {"off_direction": min(off)}, family="flow")


def _limits(p: Any) -> list[Claim]:
    final = _of("compared")
    common: dict[str, Any] = {"grade": "figure", "reduce": "min", "needs": {"family": "compared"}}

    def others(share: str, norm: str) -> dict[str, Any]:
        wrong = [
            Mutant(f"the solution for {at}", exchanged({**{share: f"share_{norm}_at_{at}"}}, family="compared"))
            for at in _not(norm)
        ]
        return {"null": wrong[0], "mutants": wrong[1:]}

    return [
        Claim(
            name="sign descent: the maximum norm",
            sentence=f"After {p.others:,} steps of sign descent the margin in the maximum norm is at least 0.95 of the largest; "
            "the solutions for the two other norms have at most 0.93 of it.",
            source=CHARACTERIZING,
            measure=final("share_linf_sign"),
            allowed=AtLeast(0.95),
            **others("share_linf_sign", "linf"),
            **common,
        ),
        Claim(
            name="Adam: the maximum norm too",
            sentence=f"Adam with no epsilon and rates that fall with the root of t has at least 0.94 of it after "
            f"{p.others:,} steps.",
            source=ADAM,
            measure=final("share_linf_adam"),
            allowed=AtLeast(0.94),
            **others("share_linf_adam", "linf"),
            **common,
        ),
        Claim(
            name="coordinate descent: the l1 norm",
            sentence=f"After {p.others:,} steps of coordinate descent with steps of 0.3 of the edge the l1 margin is at "
            "least 0.95 of the largest; the solutions for the two other norms have at most 0.93 of it.",
            source=Source("telgarsky2013margins", "quadratic upper bound steps"),
            measure=final("share_l1_coordinate"),
            allowed=AtLeast(0.95),
            **others("share_l1_coordinate", "l1"),
            **common,
        ),
        Claim(
            name="it takes an exponential tail",
            sentence="Descent on $\\sum_i (1 + u_i)^{-1}$, a tail that is no exponential, settles at a direction whose "
            "margin stays below the largest by at least two percent of it.",
            source=SOUDRY,
            measure=final("off_polynomial"),
            allowed=AtLeast(0.02),
            grade="figure",
            reduce="min",
            needs={"family": "compared"},
            null=Mutant("an exponential tail", exchanged({"off_polynomial": "off_normalized"}, family="compared")),
            mutants=[
                Mutant("an exponential tail and momentum", exchanged({"off_polynomial": "off_momentum"}, family="compared"))
            ],
        ),
    ]


def _not(norm: str) -> list[str]:
    return [at for at in ("l2", "l1", "linf") if at != norm]


def _digits(p: Any) -> list[Claim]:
    final = _of("digits")
    one, other = p.digits
    common: dict[str, Any] = {"needs": {"family": "digits"}}

    def worst(e: Evidence) -> float:
        return max(e.final(f"gap_{name}", family="digits") for name in ("l1", "l2", "linf"))

    return [
        Claim(
            name="digits: the largest margins are proved",
            sentence=f"Of the handwritten digits {one} and {other} too the largest margins in the three norms are proved: "
            "relative gaps of at most 1e-9.",
            source=CHARACTERIZING,
            grade="theorem",
            measure=worst,
            allowed=AtMost(1e-9),
            null=Mutant("equal weights", exchanged({"gap_l2": "gap_equal"}, family="digits")),
            mutants=[
                Mutant(
                    "weights for the Euclidean norm taken for the others", exchanged({"gap_l1": "gap_exchanged"}, family="digits")
                )
            ],
            **common,
        ),
        Claim(
            name="digits: within a millionth",
            sentence=f"After {p.digits_momentum:,} steps of momentum in the dual the margin is within a relative 1e-6 of the "
            "largest.",
            source=JI,
            grade="figure",
            measure=final("off_momentum"),
            allowed=AtMost(1e-6),
            null=Mutant("plain descent", exchanged({"off_momentum": "off_descent"}, family="digits")),
            mutants=[Mutant("normalized descent", exchanged({"off_momentum": "off_normalized"}, family="digits"))],
            **common,
        ),
        Claim(
            name="digits: plain descent is far off",
            sentence=f"After {p.digits_descent:,} steps of plain descent the margin is below the largest by at least 5 "
            "percent of it.",
            source=SOUDRY,
            grade="figure",
            measure=final("off_descent"),
            allowed=AtLeast(0.05),
            null=Mutant("momentum in the dual", exchanged({"off_descent": "off_momentum"}, family="digits")),
            mutants=[Mutant("normalized descent", exchanged({"off_descent": "off_normalized"}, family="digits"))],
            **common,
        ),
    ]
