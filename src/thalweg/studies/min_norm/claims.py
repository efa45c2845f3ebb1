"""What is claimed of the solutions that geometries of descent find."""

from collections.abc import Callable
from typing import Any

from thalweg.studies.bounds import AtLeast, AtMost, Between
from thalweg.studies.changes import exchanged
from thalweg.studies.claim import Claim, Erratum, Mutant, Source
from thalweg.studies.evidence import Evidence

THEOREM = Source("gunasekar2018characterizing", "section 2, theorem 1")
EXAMPLES = Source("gunasekar2018characterizing", "section 2, examples")
MIRRORS = ("entropy", "hypentropy", "p_norm")


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [*_mirrors(), *_natural(), *_momentum(), *_steepest()]


def _mirrors() -> list[Claim]:
    def worst(e: Evidence) -> float:
        return max(e.final(f"error_{name}", family="random") for name in MIRRORS)

    def taken(what: str) -> Callable[[Evidence], Evidence]:
        return exchanged({f"error_{name}": f"{what}_{name}" for name in MIRRORS}, family="random")

    return [
        Claim(
            "gradient descent finds the nearest solution",
            "Of linear regression with more unknowns than samples gradient descent finds the solution nearest to its start in "
            "the Euclidean norm, at three rates: distance from the certified one at most 1e-8 of its norm.",
            THEOREM,
            "theorem",
            lambda e: e.final("error_gradient", family="random"),
            AtMost(1e-8),
            null=Mutant("the start", exchanged({"error_gradient": "start_gradient"}, family="random")),
            mutants=[Mutant("the solution of least norm", exchanged({"error_gradient": "unstarted_gradient"}, family="random"))],
            reduce="max",
            needs={"family": "random"},
        ),
        Claim(
            "mirror descent finds the least divergence",
            "Mirror descent with the entropy, with hyperbolic entropies of two scales and with squared 1.5- and 1.2-norms finds "
            "the solution with the least divergence from its start, at three rates: distance from the certified solution of the "
            "convex program at most 1e-8 of its norm.",
            THEOREM,
            "theorem",
            worst,
            AtMost(1e-8),
            null=Mutant("the start", taken("start")),
            mutants=[
                Mutant("the potential's own least, whatever the start", taken("unstarted")),
                Mutant("the solution of least Euclidean norm", taken("euclidean")),
            ],
            reduce="max",
            needs={"family": "random"},
        ),
        Claim(
            "dual momentum and single samples change nothing",
            "Exponentiated gradient with momentum in its duals, and along one sample at a time in a random order, ends at the "
            "same solution: distance at most 1e-8 of its norm.",
            THEOREM,
            "theorem",
            lambda e: max(e.final(name, family="random") for name in ("error_dual", "error_stochastic")),
            AtMost(1e-8),
            null=Mutant("the start", exchanged({"error_dual": "start_entropy"}, family="random")),
            mutants=[
                Mutant("momentum of the parameters", exchanged({"error_dual": "error_primal"}, family="random")),
                Mutant(
                    "natural gradients of single samples",
                    exchanged({"error_stochastic": "error_stochastic_natural"}, family="random"),
                ),
            ],
            reduce="max",
            needs={"family": "random"},
        ),
        Claim(
            "duals stay in the span of the samples",
            "What decides it: the duals of mirror descent, with dual momentum too, leave the start along the samples alone; the "
            "largest part of their change outside that span is at most 1e-10.",
            THEOREM,
            "theorem",
            lambda e: e.final("outside_dual", family="random"),
            AtMost(1e-10),
            null=Mutant("momentum of the parameters", exchanged({"outside_dual": "outside_primal"}, family="random")),
            mutants=[Mutant("natural gradient descent", exchanged({"outside_dual": "outside_natural"}, family="random"))],
            reduce="max",
            needs={"family": "random"},
        ),
        Claim(
            "mirror flow finds it at any tolerance",
            "Mirror flow, followed in its duals, ends at the solution of least divergence whether the tolerance is coarse or "
            "fine: distance at most 1e-8 of its norm.",
            THEOREM,
            "theorem",
            lambda e: e.final("error", family="flow"),
            AtMost(1e-8),
            null=Mutant("the solution of least Euclidean distance", exchanged({"error": "error_euclidean"}, family="flow")),
            mutants=[
                Mutant("twice the scale", exchanged({"error": "error_scale"}, family="flow")),
                Mutant("the potential's own least, whatever the start", exchanged({"error": "error_unstarted"}, family="flow")),
            ],
            reduce="max",
            needs={"family": "flow"},
        ),
    ]


def _natural() -> list[Claim]:
    return [
        Claim(
            "natural gradient descent: an error of the order of the rate",
            "Natural gradient descent in the metric of the entropy misses the least divergence by an error that halves with the "
            "rate: order 0.9 to 1.1 on every random instance.",
            EXAMPLES,
            "figure",
            lambda e: e.final("slope_natural", family="random"),
            Between(0.9, 1.1),
            null=Mutant("an error that does not fall", lambda e: e.replaced(lambda r: {"slope_natural": 0.0}, family="random")),
            mutants=[
                Mutant(
                    "the square of it",
                    lambda e: e.replaced(lambda r: {"slope_natural": 2 * float(r.finals["slope_natural"])}, family="random"),
                )
            ],
            needs={"family": "random"},
        ),
        Claim(
            "natural gradient descent depends on its rate",
            "On the published example of two coefficients natural gradient descent ends elsewhere at each of three rates, and at "
            "none of them where mirror descent does: the least of these distances is at least 0.01.",
            EXAMPLES,
            "figure",
            lambda e: min(e.final(name, family="plane") for name in ("spread_natural", "least_natural")),
            AtLeast(1e-2),
            null=Mutant("mirror descent", _plane({"spread_natural": "spread_mirror", "least_natural": "least_mirror"})),
            mutants=[
                Mutant("smaller rates", _plane({"spread_natural": "spread_vanishing"})),
                Mutant("the least of them", _plane({"least_natural": "least_vanishing"})),
            ],
            needs={"family": "plane"},
            erratum=Erratum(
                r"Natural gradient/mirror descent w.r.t. $\Psi(w)$ on $\min_w\|Xw - y\|^2$: "
                r"$w \to \arg\min_{Xw = y}\Psi(w)$, for gradient descent $\arg\min_{Xw = y}\|w\|_2$.",
                "the talk on implicit bias, slides 'Effect of Optimization Geometry'",
                r"Mirror descent ends at $\arg\min_{Xw = y}D_\Psi(w, w_0)$, which is $\arg\min\Psi$ where $w_0$ minimizes "
                r"$\Psi$; natural gradient descent ends there only in the limit of small rates, at an error of their order.",
            ),
        ),
    ]


def _momentum() -> list[Claim]:
    return [
        Claim(
            "momentum of the parameters moves the end",
            "On the published example, exponentiated gradient with momentum of the parameters ends elsewhere for each of four "
            "rates and momenta, and never where mirror descent does: the least distance is at least 0.01.",
            EXAMPLES,
            "figure",
            lambda e: min(e.final(name, family="plane") for name in ("spread_primal", "least_primal")),
            AtLeast(1e-2),
            null=Mutant("momentum in the duals", _plane({"spread_primal": "spread_dual", "least_primal": "least_dual"})),
            mutants=[Mutant("small rates", _plane({"least_primal": "least_fading"}))],
            needs={"family": "plane"},
        ),
        Claim(
            "and goes with the rate",
            "At a fixed momentum that error too falls in proportion to the rate: order 0.85 to 1.15 at the smallest.",
            EXAMPLES,
            "figure",
            lambda e: e.final("slope_fading", family="plane"),
            Between(0.85, 1.15),
            null=Mutant("momentum in the duals, without an error to fall", _plane({"slope_fading": "slope_dual"})),
            mutants=[Mutant("large rates", _plane({"slope_fading": "slope_primal"}))],
            needs={"family": "plane"},
        ),
    ]


def _steepest() -> list[Claim]:
    return [
        Claim(
            "steepest descent depends on its rate",
            "On the published example of three coefficients steepest descent in the 4/3-norm from zero ends elsewhere at each of "
            "four rates: least distance at least 0.01.",
            EXAMPLES,
            "figure",
            lambda e: e.final("spread", family="space"),
            AtLeast(1e-2),
            null=Mutant("steepest descent in the Euclidean norm", _space({"spread": "euclidean_from_least"})),
            mutants=[Mutant("four smaller rates", _space({"spread": "spread_small"}))],
            needs={"family": "space"},
        ),
        Claim(
            "nor does it find the least norm as the rate vanishes",
            "There, at every rate and in the limit of small ones, it ends at least 0.01 from the solution of least 4/3-norm.",
            EXAMPLES,
            "figure",
            lambda e: min(e.final(name, family="space") for name in ("from_least", "limit_from_least")),
            AtLeast(1e-2),
            null=Mutant("steepest descent in the Euclidean norm", _space({"limit_from_least": "euclidean_from_least"})),
            mutants=[Mutant("the limit as its own goal", _space({"from_least": "from_limit"}))],
            needs={"family": "space"},
        ),
        Claim(
            "its limit is that of its flow",
            "As the rate vanishes the ends of steepest descent approach the end of its flow, in proportion to the rate: order "
            "0.9 to 1.1.",
            EXAMPLES,
            "figure",
            lambda e: e.final("slope_to_limit", family="space"),
            Between(0.9, 1.1),
            null=Mutant("towards the least norm", _space({"slope_to_limit": "slope_to_least"})),
            mutants=[Mutant("towards the least Euclidean norm", _space({"slope_to_limit": "slope_to_middle"}))],
            needs={"family": "space"},
        ),
    ]


def _plane(names: dict[str, str]) -> Callable[[Evidence], Evidence]:
    return exchanged(names, family="plane")


def _space(names: dict[str, str]) -> Callable[[Evidence], Evidence]:
    return exchanged(names, family="space")
