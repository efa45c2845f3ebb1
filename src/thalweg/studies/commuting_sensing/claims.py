"""What is claimed of measurements that commute."""

from collections.abc import Callable
from typing import Any

import numpy as np

from thalweg.studies.bounds import AtMost, Between
from thalweg.studies.changes import exchanged
from thalweg.studies.claim import Claim, Mutant, Source
from thalweg.studies.evidence import Evidence

THEOREM = Source("arora2019implicit", "theorem 2")
PROOF = Source("arora2019implicit", "theorem 2, its proof")
PRINTED = {2: (7.1e-2, 5.7e-3, 4.5e-4, 3.5e-5), 3: (4.6e-3, 5.6e-6)}
"""The excess on the example of three eigenvalues at scales 0.1, 0.01, ..., from an integration of the equation."""


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [*_path(parameters), *_excess(), *_instances(), *_flow(parameters)]


def _path(parameters: Any) -> list[Claim]:
    tightest = min(parameters.rtols)
    depths = [f"{depth:g}" for depth in parameters.depths]
    deep = [f"{depth:g}" for depth in parameters.depths if depth > 2]

    def worst(name: str, rtol: float) -> Callable[[Evidence], float]:
        return lambda e: max(e.final(f"{name}_{depth}_{rtol:g}", family="equation") for depth in depths)

    def slope(name: str) -> Callable[[Evidence], float]:
        def fitted(e: Evidence) -> float:
            found = []
            for depth in deep:
                y = [e.final(f"{name}_{depth}_{rtol:g}", family="equation") for rtol in parameters.rtols]
                found.append(np.polyfit(np.log(parameters.rtols), np.log(y), 1)[0])
            return float(min(found))

        return fitted

    def forms(variant: str) -> Callable[[Evidence], Evidence]:
        names = [f"closed_form_{depth}_{rtol:g}" for depth in depths for rtol in parameters.rtols]
        return exchanged({name: name.replace("closed_form_", f"closed_form_{variant}_", 1) for name in names}, family="equation")

    def ends(variant: str) -> Callable[[Evidence], Evidence]:
        return exchanged({f"end_{depth}": f"end_{variant}_{depth}" for depth in depths}, family="equation")

    return [
        Claim(
            "the path is in closed form",
            "From factors alpha I the eigenvalues are alpha^N (1 - A^T nu)^(-N/(N-2)), and alpha^2 exp(A^T nu) at depth 2, with "
            "nu the integral of the residuals: the largest difference along the path is at most 1000 times the tolerance.",
            PROOF,
            "theorem",
            worst("closed_form", tightest),
            AtMost(1000 * tightest),
            null=Mutant("eigenvalues that stay where they start", forms("still")),
            mutants=[
                Mutant("the exponent N/(N-1)", forms("exponent")),
                Mutant("half the factor before the residuals", forms("half")),
                Mutant("the closed form of depth N + 1", forms("deeper")),
            ],
            reduce="max",
            needs={"family": "equation"},
        ),
        Claim(
            "the difference is the solver's",
            "The difference of closed form and equation falls with the tolerance of the solver, the slope of log against log "
            "being about 1 at every depth above 2 (at depth 2 they agree to rounding at any tolerance).",
            PROOF,
            "theorem",
            slope("closed_form"),
            Between(0.6, 1.5),
            null=Mutant("eigenvalues that stay where they start", forms("still")),
            mutants=[Mutant("the exponent N/(N-1)", forms("exponent")), Mutant("half the factor", forms("half"))],
            needs={"family": "equation"},
        ),
        Claim(
            "the limit solves a convex program",
            "At any size of the start the path ends at the minimiser of sum lambda - (N/2) alpha^(N-2) sum lambda^(2/N) over the "
            "positive solutions (depth 2: of sum lambda (ln(lambda / alpha^2) - 1)), to 1e-5 of the largest eigenvalue.",
            PROOF,
            "theorem",
            lambda e: max(e.final(f"end_{depth}", family="equation") for depth in depths),
            AtMost(1e-5),
            null=Mutant("the solution nearest to zero", ends("nearest")),
            mutants=[
                Mutant("the program of depth N + 1 from the same start", ends("deeper")),
                Mutant("half the start", ends("half")),
                Mutant("the least nuclear norm itself", ends("vertex")),
            ],
            reduce="max",
            needs={"family": "equation"},
        ),
        Claim(
            "that it fits is an assumption",
            "Where no positive semidefinite matrix has the measurements the flow ends on a plateau, at the least loss that "
            "non-negative eigenvalues allow: loss over that least, within 1e-3 of 1.",
            THEOREM,
            "theorem",
            lambda e: e.final("plateau", family="equation") / e.final("plateau_least", family="equation"),
            Between(0.999, 1.001),
            null=Mutant("a loss of zero", lambda e: e.replaced(lambda r: {"plateau": 0.0}, family="equation")),
            mutants=[
                Mutant(
                    "the sum of squares without the half",
                    lambda e: e.replaced(lambda r: {"plateau": 2 * r.finals["plateau"]}, family="equation"),
                )
            ],
            needs={"family": "equation"},
        ),
    ]


def _excess() -> list[Claim]:
    def number(e: Evidence, depth: int, power: int) -> float:
        return e.final(f"excess_{depth}_{10.0**-power:g}", family="excess")

    def off(depth: int) -> Callable[[Evidence], float]:
        return lambda e: max(abs(number(e, depth, k) / p - 1) for k, p in enumerate(PRINTED[depth], start=1))

    def power(e: Evidence, depth: int) -> float:
        return float(np.log10(number(e, depth, 3) / number(e, depth, 4)))

    def as_depth(depth: int, instead: int) -> Callable[[Evidence], Evidence]:
        names = {f"excess_{depth}_{10.0**-k:g}": f"excess_{instead}_{10.0**-k:g}" for k in range(1, 5)}
        return exchanged(names, family="excess")

    none = Mutant(
        "an excess that the start does not change",
        lambda e: e.replaced(
            lambda r: {f"excess_{n}_{10.0**-k:g}": 0.1 for n in (2, 3, 4) for k in range(1, 5)}, family="excess"
        ),
    )
    found = [
        Claim(
            f"excess at depth {depth}",
            f"On the example of three eigenvalues at depth {depth} the nuclear norm exceeds the least by "
            f"{', '.join(f'{p:g}' for p in PRINTED[depth])} at scales 0.1, 0.01, and so on: each within 3 percent.",
            THEOREM,
            "table",
            off(depth),
            AtMost(0.03),
            null=none,
            mutants=[Mutant(f"depth {5 - depth} in its place", as_depth(depth, 5 - depth))],
            published=", ".join(f"{p:.1e}" for p in PRINTED[depth]),
            needs={"family": "excess"},
        )
        for depth in (2, 3)
    ]
    found.append(
        Claim(
            "excess falls as alpha^3 at depth 3",
            "At depth 3 the excess of the nuclear norm falls as the third power of the scale of the factors, within 0.1.",
            THEOREM,
            "figure",
            lambda e: power(e, 3),
            Between(2.9, 3.1),
            null=none,
            mutants=[Mutant("depth 2 in its place", as_depth(3, 2)), Mutant("depth 4 in its place", as_depth(3, 4))],
            needs={"family": "excess"},
        )
    )
    found.append(
        Claim(
            "at depth 2 a dual slack sets the power",
            "At depth 2 it falls as alpha to twice the least dual slack off the support, as large as dual solutions allow: "
            "measured power less that, 1.105 here, within 0.01.",
            Source("gunasekar2017implicit", "theorem 1, its limit made quantitative"),
            "theorem",
            lambda e: abs(power(e, 2) - e.final("exponent_2", family="excess")),
            AtMost(0.01),
            null=none,
            mutants=[
                Mutant("the slack of any dual solution", exchanged({"exponent_2": "exponent_any_dual"}, family="excess")),
                Mutant("the law of deeper networks, alpha^N", lambda e: _put(e, "excess", {"exponent_2": 2.0})),
            ],
            needs={"family": "excess"},
        )
    )
    found.append(
        Claim(
            "the coefficient of alpha^N",
            "At depths 3 and 4 the excess is c alpha^N with c the least sum of slack^(-2/(N-2)) over the dual solutions: "
            "relative difference at scale 1e-3 at most 0.01.",
            THEOREM,
            "theorem",
            lambda e: max(abs(number(e, n, 3) * 1e3**n / e.final(f"coefficient_{n}", family="excess") - 1) for n in (3, 4)),
            AtMost(0.01),
            null=none,
            mutants=[
                Mutant(
                    "coefficients of depths 3 and 4 exchanged",
                    exchanged({"coefficient_3": "coefficient_4", "coefficient_4": "coefficient_3"}, family="excess"),
                )
            ],
            needs={"family": "excess"},
        )
    )
    return found


def _instances() -> list[Claim]:
    depths = (2, 3, 4)

    def every(family: str, name: str) -> Callable[[Evidence], float]:
        return lambda e: max(e.final(f"{name}_{depth}", family=family) for depth in depths)

    def instead(family: str, name: str, other: str) -> Callable[[Evidence], Evidence]:
        return exchanged({f"{name}_{depth}": f"{other}_{depth}" for depth in depths}, family=family)

    return [
        Claim(
            "every depth ends at the least nuclear norm",
            "On random instances the limit of tiny starts has the least nuclear norm at depths 2, 3 and 4: relative excess at "
            "most 1e-6 (at depth 2 on instances whose excess falls at least as alpha^0.2).",
            THEOREM,
            "theorem",
            every("instances", "worst"),
            AtMost(1e-6),
            null=Mutant("the positive solution nearest to zero", instead("instances", "worst", "nearest")),
            mutants=[
                Mutant("factors that start at 0.1", instead("instances", "worst", "moderate")),
            ],
            reduce="max",
            needs={"family": "instances"},
        ),
        Claim(
            "the power of the excess on random instances",
            "On nine of ten random instances the excess falls with the predicted power, to 0.05, at depths 2, 3 and 4; where two "
            "slacks at depth 2 are nearly the same the least does not lead yet.",
            THEOREM,
            "theorem",
            every("instances", "power"),
            AtMost(0.05),
            null=Mutant("an excess that the start does not change", instead("instances", "power", "power_none")),
            mutants=[Mutant("a power higher by one", instead("instances", "power", "power_next"))],
            reduce="max",
            needs={"family": "instances"},
        ),
        Claim(
            "among the least, the most spread",
            "Where many solutions have the least nuclear norm the flow takes the one with the largest sum of lambda^(2/N) (depth "
            "2: the largest entropy), the opposite of the least Schatten 2/N quasi-norm: distance at most 1e-4.",
            PROOF,
            "theorem",
            every("face", "largest"),
            AtMost(1e-4),
            null=Mutant("the solution nearest to zero", instead("face", "largest", "nearest")),
            mutants=[
                Mutant("the least sum in place of the largest", instead("face", "largest", "least")),
                Mutant("the power 2/(N+1)", instead("face", "largest", "other_power")),
            ],
            reduce="max",
            needs={"family": "face"},
        ),
    ]


def _flow(parameters: Any) -> list[Claim]:
    depths, rtol = parameters.flow_depths, parameters.flow_rtol

    def worst(name: str) -> Callable[[Evidence], float]:
        return lambda e: max(e.final(name, family="flow", depth=depth) for depth in depths)

    return [
        Claim(
            "the flow of the factors keeps the law",
            "Followed as matrices, from W_j = alpha I and with measurements that commute, each instant lies on the surface of "
            "the closed form: distance relative to the largest eigenvalue at most 30 times the tolerance of the flow.",
            PROOF,
            "theorem",
            worst("residual"),
            AtMost(30 * rtol),
            null=Mutant("eigenvalues that stay where they start", exchanged({"residual": "residual_still"}, family="flow")),
            mutants=[
                Mutant("measurements that do not commute", exchanged({"residual": "residual_mixed"}, family="flow")),
                Mutant("the surface of depth N + 1", exchanged({"residual": "residual_deeper"}, family="flow")),
            ],
            reduce="max",
            needs={"family": "flow"},
        ),
        Claim(
            "the flow of the factors ends there",
            "The same runs end at the limit that start and measurements alone predict: distance at most 1e-5.",
            PROOF,
            "theorem",
            worst("end"),
            AtMost(1e-5),
            null=Mutant("the start", exchanged({"end": "end_start"}, family="flow")),
            mutants=[Mutant("the least nuclear norm itself", exchanged({"end": "end_vertex"}, family="flow"))],
            reduce="max",
            needs={"family": "flow"},
        ),
    ]


def _put(evidence: Evidence, family: str, numbers: dict[str, float]) -> Evidence:
    return evidence.replaced(lambda r: numbers, family=family)
