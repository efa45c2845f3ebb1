"""What is claimed of the end-to-end field: it is no gradient beyond depth 2, and at depth 2 it may be one."""

from typing import Any

from thalweg.studies.bounds import AtMost, Between
from thalweg.studies.changes import exchanged, final, put
from thalweg.studies.claim import Claim, Erratum, Mutant, Source
from thalweg.studies.evidence import Evidence

PAPER = "arora2018optimization"
NUMBERS = {3.0: 0.56878, 4.0: 1.1962, 8.0: 3.8114}
"""The integral for R = 1, r = 0.1 and a gradient of norm 1, worked out by hand."""


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    theorem = Source(PAPER, "theorem 2")
    found = [
        Claim(
            "the line integral is the closed form",
            "For a constant gradient g the integral of the end-to-end field over the closed curve is "
            "2 |g| (N/(3 - 2/N) - 1)(R^(3 - 2/N) - r^(3 - 2/N)) at every depth above 2: relative difference at most 1e-8.",
            theorem,
            "theorem",
            final("closed_form"),
            AtMost(1e-8),
            null=Mutant("no integral at all", put({"closed_form": 1.0})),
            mutants=[
                Mutant("the exponent 2 - 2/N of the field", exchanged({"closed_form": "closed_form_exponent"})),
                Mutant(
                    "N - 1 in the bracket: the power of the radius not integrated",
                    exchanged({"closed_form": "closed_form_factor"}),
                ),
                Mutant("the factor N of the projection left out", exchanged({"closed_form": "closed_form_parallel"})),
                Mutant("the formula of depth 2 at depth 3", _depth_three_as_two),
            ],
            reduce="max",
        ),
        Claim(
            "it is that of whole matrices",
            "In the plane of the leading singular vectors of G(0) the field of matrices, by its sum over fractional powers, has "
            "the integral of the field of a vector: relative difference at most 1e-8.",
            theorem,
            "theorem",
            final("matrices"),
            AtMost(1e-8),
            null=Mutant("no integral at all", put({"matrices": 1.0})),
            mutants=[Mutant("N times the scaled gradient, without projections", exchanged({"matrices": "matrices_unprojected"}))],
            reduce="max",
        ),
        Claim(
            "other losses approach it",
            "For a loss of fourth powers the ratio of the integral to that of its gradient at 0 tends to 1 with the radius, over "
            "quarter circles as its first power: slope of the deviation between 0.9 and 1.15.",
            theorem,
            "theorem",
            final("slope_quarter"),
            Between(0.9, 1.15),
            null=Mutant("a deviation that does not shrink", put({"slope_quarter": 0.0})),
            mutants=[Mutant("the half circles in place of the quarters", exchanged({"slope_quarter": "slope_half"}))],
        ),
        Claim(
            "the published curve is more exact",
            "Over the half circles of the proof what is linear in w cancels, so that the deviation shrinks as the square of the "
            "radius: slope between 1.9 and 2.1.",
            theorem,
            "theorem",
            final("slope_half"),
            Between(1.9, 2.1),
            null=Mutant("a deviation that does not shrink", put({"slope_half": 0.0})),
            mutants=[Mutant("the quarter circles in place of the halves", exchanged({"slope_half": "slope_quarter"}))],
        ),
        Claim(
            "depth 2 is an exception",
            "At depth 2 the integral over closed curves of any angle vanishes for linear losses and for isotropic quadratic "
            "ones: at most 1e-12, where depth 3 is far from it.",
            Source(PAPER, "theorem 2, its condition on the depth"),
            "theorem",
            lambda e: max(e.final("linear_depth_2"), e.final("isotropic_depth_2")),
            AtMost(1e-12),
            null=Mutant("the printed statement: not zero, as at depth 3", exchanged({"linear_depth_2": "linear_depth_3"})),
            mutants=[
                Mutant("depth 3 on the isotropic loss", exchanged({"isotropic_depth_2": "isotropic_depth_3"})),
                Mutant("an anisotropic loss", exchanged({"isotropic_depth_2": "anisotropic_depth_2"})),
            ],
            reduce="max",
            erratum=Erratum(
                "For every depth the end-to-end dynamics are not the gradient of any function.",
                "the talk notes, theorem 5.2, and the slides on trajectories",
                r"It holds for $N > 2$. At $N = 2$, $F = \nabla(\|w\|\langle w, u\rangle)$ for $\ell = \langle u, w\rangle$ and "
                r"$F = \nabla(\frac23\|w\|^3 - \|w\|\langle w, y\rangle)$ for $\ell = \frac12\|w - y\|^2$.",
            ),
        ),
        Claim(
            "depth 2 has potentials there",
            "For these two losses the field of depth 2 is the gradient of |w| <w, u> and of (2/3)|w|^3 - |w| <w, y>: largest "
            "difference at most 1e-8, by differences of fourth order.",
            Source(PAPER, "theorem 2, its condition on the depth"),
            "theorem",
            final("potentials_depth_2"),
            AtMost(1e-8),
            null=Mutant("no field at all", put({"potentials_depth_2": 1.0})),
            mutants=[Mutant("the field of depth 3", exchanged({"potentials_depth_2": "potentials_depth_3"}))],
            reduce="max",
        ),
        Claim(
            "depth 2 is no exception for anisotropic losses",
            "For a quadratic loss whose Hessian is no multiple of the identity the field of depth 2 has a curl, "
            "-(w_i (Hw)_j - w_j (Hw)_i)/|w|, and its integral over a quarter ring is that of the curl: relative difference "
            "at most 1e-8.",
            Source(PAPER, "theorem 2, its condition on the depth"),
            "theorem",
            final("curl"),
            AtMost(1e-8),
            null=Mutant("no integral at all", put({"curl": 1.0})),
            mutants=[
                Mutant("an isotropic loss", exchanged({"curl": "curl_isotropic"})),
                Mutant("depth 3", exchanged({"curl": "curl_depth_3"})),
            ],
            reduce="max",
        ),
        Claim(
            "the sign below depth 2",
            "Between depths 1 and 2, which only the formula knows, the integral is negative: at most -0.1 at depth 1.5.",
            theorem,
            "figure",
            final("integral_1.5"),
            AtMost(-0.1),
            null=Mutant("no integral at all", put({"integral_1.5": 0.0})),
            mutants=[Mutant("depth 3", exchanged({"integral_1.5": "integral_3"}))],
        ),
    ]
    if (parameters.outer, parameters.inner) == (1.0, 0.1):
        found += [_number(depth, printed) for depth, printed in NUMBERS.items()]
    return found


def _number(depth: float, printed: float) -> Claim:
    name = f"integral_{depth:g}"
    return Claim(
        f"the integral at depth {depth:g}",
        f"At depth {depth:g} with R = 1, r = 0.1 and a gradient of norm 1 the integral is {printed:g}, within 1e-4 of it.",
        Source(PAPER, "theorem 2, evaluated"),
        "theorem",
        final(name),
        Between((1 - 1e-4) * printed, (1 + 1e-4) * printed),
        null=Mutant("no integral at all", put({name: 0.0})),
        mutants=[Mutant("another depth", exchanged({name: "integral_6"}))],
    )


def _depth_three_as_two(evidence: Evidence) -> Evidence:
    def change(result: Any) -> dict[str, float]:
        formula, measured = result.finals["integral_2"], result.finals["integral_3"]
        return {"closed_form": abs(formula / measured - 1)}

    return evidence.replaced(change)
