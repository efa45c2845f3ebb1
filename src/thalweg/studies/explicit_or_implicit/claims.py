"""What is claimed of explicit and implicit regularization of diagonal networks."""

from collections.abc import Callable
from typing import Any

from thalweg.studies.bounds import AtLeast, AtMost, Between
from thalweg.studies.changes import exchanged
from thalweg.studies.claim import Claim, Erratum, Mutant, Source
from thalweg.studies.evidence import Evidence

PAPER = "woodworth2020kernel"
EXPLICIT = Source(PAPER, "section 4, the explicit regularizer")
IMPLICIT = Source(PAPER, "theorem 1")
TALK = "a talk on the geometry of optimization and learning"


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [*_identity(), *_printed(), *_curves(), *_instances()]


def _identity() -> list[Claim]:
    return [
        Claim(
            "the explicit bias of depth two is the implicit one of depth four",
            "The least squared distance r of two weights from 1 with a given difference of squares is q_4, the integral of the "
            "published inverse of h_4: largest relative difference over six decades at most 1e-10.",
            EXPLICIT,
            "theorem",
            _curve("identity_4"),
            AtMost(1e-10),
            null=_wrong("the absolute value", identity_4="identity_l1"),
            mutants=[
                _wrong("the implicit bias of depth 2", identity_4="identity_2"),
                _wrong("the implicit bias of depth 3", identity_4="identity_3"),
                _wrong("the implicit bias of depth 5", identity_4="identity_5"),
            ],
            reduce="max",
            needs={"family": "curves"},
        ),
        Claim(
            "both have a closed form",
            "The package's potentials are these functions: r against its definition and q_D at depths 2 to 5 against their "
            "integrals, largest relative difference at most 1e-10.",
            EXPLICIT,
            "theorem",
            lambda e: max(_curve("closed_explicit")(e), _curve("closed_implicit")(e)),
            AtMost(1e-10),
            null=_wrong("the absolute value", closed_explicit="identity_l1"),
            mutants=[_wrong("one layer more", closed_implicit="closed_neighbour")],
            reduce="max",
            needs={"family": "curves"},
        ),
        Claim(
            "training at depth four ends at the explicit minimum of depth two",
            "The weights of depth 2 nearest to their start among all that interpolate, and gradient flow of depth 4 from the "
            "square root of that start, give the same coefficients: relative difference at most 1e-9.",
            EXPLICIT,
            "theorem",
            _instance("trained_4"),
            AtMost(1e-9),
            null=_wrong_instance("training at depth 2 from the same start", trained_4="trained_2"),
            mutants=[
                _wrong_instance("training at depth 3 with the same product of weights", trained_4="trained_3"),
                _wrong_instance("training at depth 4 from the same start, not its root", trained_4="trained_4_same_scale"),
            ],
            reduce="max",
            needs={"family": "instances"},
        ),
        Claim(
            "the minimum over coefficients is the one over weights",
            "Newton's method on weights and multipliers ends at the minimum of R by its dual, from even and from uneven starts: "
            "relative difference at most 1e-9.",
            EXPLICIT,
            "theorem",
            lambda e: max(_instance("over_weights")(e), _instance("uneven_over_weights")(e)),
            AtMost(1e-9),
            null=_wrong_instance("the implicit minimum of depth 2", over_weights="trained_2"),
            mutants=[_wrong_instance("the implicit minimum of depth 3", over_weights="trained_3")],
            reduce="max",
            needs={"family": "instances"},
        ),
        Claim(
            "with uneven starts the two part",
            "Where coordinates start from different sizes, no training of depth 4 from their roots ends at the explicit minimum: "
            "its potential weighs the coordinates by the start as well. Least relative difference at least 1e-4.",
            EXPLICIT,
            "figure",
            _instance("uneven_least"),
            AtLeast(1e-4),
            null=_wrong_instance("even starts", uneven_least="trained_4_least"),
            mutants=[_wrong_instance("the explicit minimum itself", uneven_least="uneven_over_weights")],
            reduce="min",
            needs={"family": "instances"},
        ),
        Claim(
            "from depth three on the explicit bias is none of the implicit ones",
            "Far out the explicit bias of depths 3 and 4 grows as the power 2/D of a coefficient, the implicit bias of both as "
            "the first power: powers of 1e9 to 1e12 within 0.01.",
            EXPLICIT,
            "figure",
            lambda e: max(
                *(abs(_curve(f"power_explicit_{d}")(e) - 2 / d) for d in (3, 4)),
                *(abs(_curve(f"power_implicit_{d}")(e) - 1) for d in (3, 4)),
            ),
            AtMost(0.01),
            null=_wrong("the explicit bias of depth 2", power_explicit_3="power_explicit_2"),
            mutants=[
                _wrong("the explicit bias in the place of the implicit one", power_implicit_3="power_explicit_3"),
                _wrong("the explicit bias of depth 4 at depth 3", power_explicit_3="power_explicit_4"),
            ],
            needs={"family": "curves"},
        ),
    ]


def _printed() -> list[Claim]:
    return [
        Claim(
            "r is the smaller of two roots",
            "The quartic has two real roots for every b; the least squared distance is the smaller: largest relative difference "
            "at most 1e-8, and two real roots throughout.",
            EXPLICIT,
            "theorem",
            lambda e: _curve("root_smaller")(e) + abs(_curve("roots_least")(e) - 2) + abs(_curve("roots_most")(e) - 2),
            AtMost(1e-8),
            null=_wrong("the absolute value", root_smaller="identity_l1"),
            mutants=[
                _wrong("the other real root", root_smaller="root_larger"),
                Mutant("one real root, as printed", lambda e: e.replaced(lambda r: {"roots_least": 1.0}, family="curves")),
            ],
            reduce="max",
            needs={"family": "curves"},
            erratum=Erratum(
                "$r(b)$ is the unique real root of $r^4 - 6r^3 + (12 - 2b^2)r^2 - (8 + 10b^2)r + b^2 + b^4 = 0$.",
                "the paper on kernel and rich regimes, the explicit regularizer; a talk on it says 'solution'",
                r"The quartic has two real roots for every $b \ne 0$; $r$ is the smallest. Without a root: "
                r"$b = 4\mu/(1-\mu^2)^2$, $r = \mu^2/(1-\mu)^2 + \mu^2/(1+\mu)^2$.",
            ),
        ),
        Claim(
            "the explicit regularizer carries the square of the scale",
            "The least squared distance from the start is alpha^2 times the sum of r: relative difference at most 1e-9.",
            EXPLICIT,
            "theorem",
            _curve("prefactor"),
            AtMost(1e-9),
            null=_wrong("as printed: the sum alone", prefactor="prefactor_printed"),
            mutants=[_wrong("the absolute value", prefactor="identity_l1")],
            reduce="max",
            needs={"family": "curves"},
            erratum=Erratum(
                r"$R_\alpha(\beta) = \sum_j r(\beta_j/\alpha^2)$",
                f"{TALK}, relation to explicit regularization",
                r"$R_\alpha(\beta) = \alpha^2\sum_j r(\beta_j/\alpha^2)$: the minimum is in the same place, the squared distance "
                r"is not the sum. At $\alpha = 0.3$ the sum alone is eleven times too large.",
            ),
        ),
        Claim(
            "the implicit regularizer carries the square of the scale",
            "With alpha^2 before the sum, alpha^2 Q tends to a quarter of the squared l2 norm for a large scale, and "
            "Q/ln(1/alpha^2) to the l1 norm for a small one: at 1e3 and 1e-50 within 0.01.",
            IMPLICIT,
            "theorem",
            lambda e: max(_curve("to_l2")(e), _curve("to_l1")(e)),
            AtMost(0.01),
            null=_wrong("as printed: no factor, large scale", to_l2="to_l2_printed"),
            mutants=[_wrong("as printed: no factor, small scale", to_l1="to_l1_printed")],
            reduce="max",
            needs={"family": "curves"},
            erratum=Erratum(
                r"$Q_\alpha(\beta) = \sum_j q(\beta_j/\alpha^2)$",
                f"{TALK}, interpolating between kernel and deep",
                r"$Q_\alpha(\beta) = \alpha^2\sum_j q(\beta_j/\alpha^2)$. The minimum is the same; the limits "
                r"$\alpha^2Q_\alpha \to \frac14\|\beta\|_2^2$ and $Q_\alpha/\ln(1/\alpha^2) \to \|\beta\|_1$ need the factor.",
            ),
        ),
        Claim(
            "how the implicit bias grows",
            "The curve q(z) is z ln z - z + 2 up to 1/z: z times the difference from the integral, for z from 10 to 1000, is at "
            "most 1.01.",
            IMPLICIT,
            "theorem",
            _curve("q_large"),
            AtMost(1.01),
            null=_wrong("as printed", q_large="q_large_printed"),
            mutants=[_wrong("without the constant 2", q_large="q_large_without")],
            reduce="max",
            needs={"family": "curves"},
            erratum=Erratum(
                r"$q(z) = |z|\log|z| + O(1/|z|)$",
                "the paper on kernel and rich regimes, appendix, the limit of small scales",
                r"$q(z) = |z|\ln|z| - |z| + 2 + O(1/|z|)$; what is left out grows without bound.",
            ),
        ),
        Claim(
            "a regularizer is the least norm, not its weights",
            "Of the weights that make one coefficient of depth 2 those of least norm are several, a distance of two norms apart, "
            "with one norm, whose square is the size of the coefficient: relative difference at most 1e-9.",
            EXPLICIT,
            "theorem",
            lambda e: max(_curve("least_norm")(e), _curve("least_spread")(e)),
            AtMost(1e-9),
            null=_wrong("as printed: the weights that attain it", least_spread="least_weights"),
            mutants=[_wrong("the coefficient from far starts", least_norm="to_l2_printed")],
            reduce="max",
            needs={"family": "curves"},
            erratum=Erratum(
                r"$R_F(h) = \arg\min_{F(w)=h}\|w\|_2$",
                f"{TALK}, gradient descent on homogeneous models",
                r"$R_F(h) = \min_{F(w)=h}\|w\|_2$: a number for each $h$. The weights that attain it are not determined by $h$.",
            ),
        ),
    ]


def _curves() -> list[Claim]:
    return [
        Claim(
            "small and large coefficients under the explicit bias",
            "The curve r is b^2/8 for small b, to 1e-4 below 0.01, and b - 2 sqrt(b) + 3/2 for large b, up to 0.4/sqrt(b) from "
            "10 on.",
            EXPLICIT,
            "theorem",
            lambda e: max(_curve("r_small")(e) / 1e-4, _curve("r_large")(e) / 0.4),
            AtMost(1.0),
            null=_wrong("b^2/4, as of q", r_small="r_small_as_q"),
            mutants=[
                _wrong("without the constant 3/2", r_large="r_large_without"),
                _wrong("one square root", r_large="r_large_one_root"),
            ],
            reduce="max",
            needs={"family": "curves"},
        ),
        Claim(
            "the explicit curve stays below the absolute value",
            "For every b > 0 r(b) < b: largest share over six decades at most 0.999.",
            Source(PAPER, "figure 2"),
            "figure",
            _curve("below"),
            AtMost(0.999),
            null=_wrong("the absolute value", below="identity_l1"),
            mutants=[_wrong("the implicit curve", below="below_implicit")],
            needs={"family": "curves"},
        ),
        Claim(
            "the implicit curve crosses it",
            "The curve q(b) crosses b at 5.23, within 0.02.",
            Source(PAPER, "figure 2"),
            "figure",
            _curve("crossing"),
            Between(5.21, 5.25),
            null=_wrong("no crossing", crossing="crossing_explicit"),
            mutants=[_wrong("the power of the explicit curve", crossing="power_explicit_2")],
            needs={"family": "curves"},
        ),
        Claim(
            "the explicit bias tends to the l1 norm as a power of the scale, the implicit one as its logarithm",
            "From 1e-5 to 1e-6, what R lacks of the l1 norm falls as the first power of the scale, within 0.02; what "
            "Q/ln(1/alpha^2) lacks falls with a power that is below 0.1 and itself falls.",
            EXPLICIT,
            "figure",
            lambda e: max(abs(_instance("value_explicit")(e) - 1) / 0.02, abs(_instance("value_implicit")(e)) / 0.1),
            AtMost(1.0),
            null=_wrong_instance("both as the logarithm", value_explicit="value_implicit"),
            mutants=[_wrong_instance("both as a power", value_implicit="value_explicit")],
            needs={"family": "instances"},
        ),
    ]


def _instances() -> list[Claim]:
    return [
        Claim(
            "explicit and implicit minima differ",
            "On random instances with three samples of eight coefficients the minima from the same scale differ: largest median "
            "over scales at least 0.02 of the least l2 norm.",
            EXPLICIT,
            "figure",
            _instance("differ"),
            AtLeast(0.02),
            null=_wrong_instance("at a large scale", differ="alike"),
            mutants=[_wrong_instance("depth 4 from the root of the scale", differ="trained_4")],
            reduce="min",
            needs={"family": "instances"},
        ),
        Claim(
            "both ends are the same",
            "Both tend to the least l1 norm for small scales and to the least l2 norm for large ones: median distance at most "
            "1e-3 of the latter.",
            EXPLICIT,
            "figure",
            lambda e: max(_instance("end_l1")(e), _instance("end_l2")(e)),
            AtMost(1e-3),
            null=_wrong_instance("at an intermediate scale", end_l1="end_middle"),
            mutants=[_wrong_instance("large scales in between", end_l2="end_middle")],
            reduce="max",
            needs={"family": "instances"},
        ),
        Claim(
            "powers with which the minima arrive",
            "The explicit minimum tends to the least l1 norm as the square of the scale, whatever the instance; both tend to the "
            "least l2 norm as its power -4: median powers within 0.1.",
            EXPLICIT,
            "figure",
            lambda e: max(
                abs(_instance("power_explicit_l1")(e) - 2),
                abs(_instance("power_explicit_l2")(e) + 4),
                abs(_instance("power_implicit_l2")(e) + 4),
            ),
            AtMost(0.1),
            null=_wrong_instance("the power of the value", power_explicit_l1="value_explicit"),
            mutants=[
                _wrong_instance("the power of the implicit minimum", power_explicit_l1="power_implicit_l1"),
                _wrong_instance("large scales as small ones", power_explicit_l2="power_explicit_l1"),
            ],
            needs={"family": "instances"},
        ),
        Claim(
            "the implicit minimum waits for its certificate",
            "The implicit minimum of depth 2 tends to the least l1 norm as the power 2(1 - c) of the scale, with c the largest "
            "share of its bound that the certificate reaches off the support: median difference of powers at most 0.05.",
            IMPLICIT,
            "figure",
            _instance("certificate"),
            AtMost(0.05),
            null=_wrong_instance("the square, as of the explicit minimum", certificate="certificate_explicit"),
            mutants=[_wrong_instance("the power 1 - c", certificate="certificate_without")],
            needs={"family": "instances"},
        ),
    ]


def _curve(name: str) -> Callable[[Evidence], float]:
    return lambda e: e.final(name, family="curves")


def _instance(name: str) -> Callable[[Evidence], float]:
    return lambda e: e.final(name, family="instances")


def _wrong(what: str, **names: str) -> Mutant:
    return Mutant(what, exchanged(names, family="curves"))


def _wrong_instance(what: str, **names: str) -> Mutant:
    return Mutant(what, exchanged(names, family="instances"))
