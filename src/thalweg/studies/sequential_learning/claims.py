"""What is claimed of sequential learning: closed forms and staircases of two layers, and what finite steps change."""

from collections.abc import Callable
from typing import Any

import numpy as np

from thalweg.studies.bounds import AtLeast, AtMost
from thalweg.studies.claim import Claim, Erratum, Mutant, Source
from thalweg.studies.evidence import Evidence

PAPER = "gidel2019implicit"
POSTER = "the poster of the paper, detailed theorems"


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [*_closed_form(parameters), *_staircase(parameters), *_order(), *_perturbation(), *_discrete(parameters), *_bounds()]


def _closed_form(parameters: Any) -> list[Claim]:
    theorem, rtols = Source(PAPER, "continuous dynamics"), parameters.rtols
    shapes, tight = parameters.shapes, f"residual_{int(np.argmin(parameters.rtols))}"

    def worst(name: str) -> Callable[[Evidence], float]:
        return lambda e: max(e.final(name, family="closed-form", shape=shape) for shape in shapes)

    def slope(evidence: Evidence, shape: str) -> float:
        sizes = [evidence.final(f"residual_{i}", family="closed-form", shape=shape) for i in range(len(rtols))]
        return float(np.polyfit(np.log(rtols), np.log(sizes), 1)[0])

    def wrong(what: str, name: str) -> Mutant:
        names = {f"residual_{i}": name for i in range(len(rtols))}
        return _instead("closed-form", what, **names)

    def first(evidence: Evidence) -> Evidence:
        square = {"family": "closed-form", "shape": "square"}  # elsewhere the two have different shapes
        return evidence.replaced(lambda r: {"second_factor": r.finals["second_factor_as_printed"]}, **square)

    needs = {"family": "closed-form"}
    still = wrong("components that do not move", "still")
    return [
        Claim(
            "the flow follows the closed form",
            f"From a decoupled start two-layer flow at tolerance {min(rtols):g} is the closed form of its components, "
            "with lambda the "
            "diagonal of the inputs' moment and sigma that of inputs and outputs: largest distance along the path at "
            "most 1e-8.",
            theorem,
            "theorem",
            worst(tight),
            AtMost(1e-8),
            null=still,
            mutants=[
                wrong("as printed: the two diagonals exchanged", "exchanged"),
                wrong("half the speed", "half_speed"),
                wrong("the form of one layer", "one_layer"),
            ],
            reduce="max",
            needs=needs,
            erratum=Erratum(
                r"$(\sigma_i)$ and $(\lambda_i)$ are the diagonals of $D_x$ and $D_{xy}$.",
                POSTER,
                r"The other way round: $\lambda_i$ is the diagonal of $D_x$ and $\sigma_i$ that of $D_{xy}$, so that "
                r"components end at "
                r"$\sigma_i/\lambda_i$.",
            ),
        ),
        Claim(
            "the distance is the solver's",
            "The distance to the closed form falls with the tolerance of the flow: slope of log against log at least 0.7.",
            theorem,
            "theorem",
            lambda e: min(slope(e, shape) for shape in shapes),
            AtLeast(0.7),
            null=still,
            mutants=[wrong("half the speed", "half_speed"), wrong("the diagonals exchanged", "exchanged")],
            needs=needs,
        ),
        Claim(
            "moments are means",
            "The times of the closed form are those of moments divided by the number of samples, as the loss divides: "
            "distance at most "
            "1e-8.",
            theorem,
            "theorem",
            worst(tight),
            AtMost(1e-8),
            null=still,
            mutants=[wrong("as printed: moments that are sums over 100 samples", "without_mean")],
            reduce="max",
            needs=needs,
            erratum=Erratum(
                r"$X^\top X = U(D_x + B)U^\top$ and $X^\top Y = UD_{xy}V^\top$ with the loss $\frac{1}{2n}\|Y - XW\|_2^2$.",
                "the poster of the paper, assumption and setting",
                r"$\Sigma_x = X^\top X/n$ and $\Sigma_{xy} = X^\top Y/n$, or all times are off by $n$; the norm is "
                r"Frobenius's, and the rank "
                r"in the problem that defines $W^{k,*}$ is at most $k$.",
            ),
        ),
        Claim(
            "the matrix between the layers is orthogonal",
            "The closed form holds for an orthogonal Q between the layers, to 1e-8; with an invertible one it is off "
            "by more than 0.05.",
            theorem,
            "theorem",
            worst(tight),
            AtMost(1e-8),
            null=still,
            mutants=[wrong("as printed: an invertible Q, singular values from 3 to 1/3", "invertible")],
            reduce="max",
            needs=needs,
            erratum=Erratum(
                r"$W_1(0) = U\,\mathrm{diag}(e^{-\delta_i})\,Q$, $W_2(0) = Q^{-1}\mathrm{diag}(e^{-\delta_i})\,V^\top$ "
                r"for an arbitrary "
                r"invertible $Q$.",
                POSTER,
                r"$Q$ is orthogonal, $Q^{-1} = Q^\top$: only then are the two factors balanced.",
            ),
        ),
        Claim(
            "the second factor",
            "The second factor follows its own closed form, Q^T diag(sqrt(w_i)) V^T, to 1e-8.",
            theorem,
            "theorem",
            lambda e: e.final("second_factor", family="closed-form", shape="square"),
            AtMost(1e-8),
            null=_instead("closed-form", "components that do not move", second_factor="still"),
            mutants=[Mutant("as printed: the first factor", first)],
            reduce="max",
            needs={"family": "closed-form", "shape": "square"},
            erratum=Erratum(
                r"$W_2(t) = W_1^0(t) + W_2^\varepsilon(t)$.",
                POSTER,
                r"$W_2(t) = W_2^0(t) + W_2^\varepsilon(t)$; the shapes of the other two differ.",
            ),
        ),
    ]


def _staircase(parameters: Any) -> list[Claim]:
    figure = Source(PAPER, "linear autoencoder, trace norm")
    count, needs = parameters.plateaus, {"family": "staircase"}

    def swapped(what: str, **names: str) -> Mutant:
        return _instead("staircase", what, **names)

    return [
        Claim(
            "the staircase has plateaus at whole numbers",
            f"Halfway between successive transition times the trace norm of the autoencoder is 1, 2, ... {count}, within 0.05.",
            figure,
            "figure",
            lambda e: e.final("plateau_gap", family="staircase"),
            AtMost(0.05),
            null=Mutant(
                "a trace norm of zero", lambda e: e.replaced(lambda r: {"plateau_gap": float(count)}, family="staircase")
            ),
            mutants=[swapped("plateaus one step later", plateau_gap="plateau_gap_late")],
            needs=needs,
        ),
        Claim(
            "two layers rest on plateaus",
            f"At its flattest near each of the first {count} whole numbers the trace norm rises at most 0.25 times "
            "as fast, in log "
            "time, as on the average around it.",
            figure,
            "figure",
            lambda e: e.final("flatness", family="staircase"),
            AtMost(0.25),
            null=Mutant("a rise that is even in log time", lambda e: e.replaced(lambda r: {"flatness": 1.0}, family="staircase")),
            mutants=[swapped("one layer", flatness="flatness_shallow")],
            needs=needs,
        ),
        Claim(
            "one layer has no plateaus",
            "The trace norm of a single matrix rises near whole numbers at least 0.8 times as fast as around them.",
            figure,
            "figure",
            lambda e: e.final("flatness_shallow", family="staircase"),
            AtLeast(0.8),
            null=Mutant("a trace norm that does not rise", lambda e: e.replaced(lambda r: {"flatness_shallow": 0.0})),
            mutants=[swapped("two layers", flatness_shallow="flatness")],
            needs=needs,
        ),
        Claim(
            "plateaus are reduced-rank solutions",
            "On plateau k the product is the solution of reduced-rank regression of rank k, within 5 percent.",
            Source(PAPER, "continuous case, sequential learning"),
            "figure",
            lambda e: e.final("reduced_rank", family="staircase"),
            AtMost(0.05),
            null=swapped("a single matrix, where its trace norm is k", reduced_rank="reduced_rank_least_shallow"),
            mutants=[swapped("the solution of rank k + 1", reduced_rank="reduced_rank_above")],
            published="the limit of vanishing starts",
            needs=needs,
        ),
        Claim(
            "transition times",
            f"Each of the first {count} components is half learnt at delta / sigma_i, within 1 percent.",
            Source(PAPER, "continuous case, phase transition time"),
            "figure",
            lambda e: e.final("transitions", family="staircase"),
            AtMost(0.01),
            null=swapped("one time for all components", transitions="transitions_one_time"),
            mutants=[
                swapped("half that time", transitions="transitions_halved"),
                swapped("moments that are sums over the samples", transitions="transitions_unscaled"),
            ],
            needs=needs,
        ),
        Claim(
            "one layer in closed form",
            "The trace norm of a single matrix from zero is the sum of 1 - exp(-lambda_i t), to 1e-9: all components at once.",
            Source(PAPER, "continuous case, one-layer model"),
            "theorem",
            lambda e: e.final("shallow_closed_form", family="staircase"),
            AtMost(1e-9),
            null=swapped("a matrix that stays at zero", shallow_closed_form="shallow_still"),
            mutants=[swapped("the form of two layers", shallow_closed_form="shallow_closed_form_as_deep")],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "an autoencoder has a common decomposition",
            "For an autoencoder the inputs' moment is diagonal in the singular vectors of the cross moment, to 1e-12.",
            Source(PAPER, "assumption of a common decomposition"),
            "theorem",
            lambda e: e.final("autoencoder", family="decompositions"),
            AtMost(1e-12),
            null=_instead("decompositions", "a frame at random", autoencoder="frame at random"),
            mutants=[_instead("decompositions", "a teacher at random", autoencoder="teacher at random")],
            reduce="max",
            needs={"family": "decompositions"},
        ),
        Claim(
            "classes nearly have one",
            "For Gaussian classes in white noise the share off the diagonal is at most a quarter of that in a frame at random.",
            Source(PAPER, "assumption of a common decomposition"),
            "figure",
            lambda e: (
                e.final("classes, white noise", family="decompositions") / e.final("frame at random", family="decompositions")
            ),
            AtMost(0.25),
            null=_instead("decompositions", "the frame at random", **{"classes, white noise": "frame at random"}),
            mutants=[_instead("decompositions", "a teacher at random", **{"classes, white noise": "teacher at random"})],
            needs={"family": "decompositions"},
        ),
    ]


def _order() -> list[Claim]:
    return [
        Claim(
            "components come in the order of sigma",
            "With (sigma, lambda) = (2, 10) and (1, 0.5) the first plateau is the component of the larger sigma, "
            "within 5 percent, "
            "though it takes off less of the loss than the other.",
            Source(PAPER, "continuous case, sequential learning"),
            "theorem",
            lambda e: e.final("to_largest_sigma", family="orders"),
            AtMost(0.05),
            null=_instead("orders", "the zero matrix", to_largest_sigma="to_nothing"),
            mutants=[_instead("orders", "as printed: reduced-rank regression of rank 1", to_largest_sigma="to_reduced_rank")],
            reduce="max",
            needs={"family": "orders"},
            erratum=Erratum(
                r"For $1/\sigma_k < t < 1/\sigma_{k+1}$, $W_1(\delta t)W_2(\delta t) \to W^{k,*}$, the solution of "
                r"least norm of the "
                r"reduced-rank-$k$ regression.",
                "the poster of the paper, continuous case",
                r"The limit is $\sum_{i\le k}\frac{\sigma_i}{\lambda_i}u_iv_i^\top$ with the $k$ largest $\sigma_i$; "
                r"reduced-rank "
                r"regression keeps the $k$ largest $\sigma_i^2/\lambda_i$. The two agree for an autoencoder and for "
                r"white inputs.",
            ),
        ),
    ]


def _perturbation() -> list[Claim]:
    theorem, needs = Source(PAPER, "continuous dynamics, perturbed"), {"family": "perturbation"}

    def powers(what: str, power: float) -> Mutant:
        def change(evidence: Evidence) -> Evidence:
            return evidence.replaced(
                lambda r: {n: power * r.finals[n] for n in ("slope_low", "slope_high")}, family="perturbation"
            )

        return Mutant(what, change)

    return [
        Claim(
            "deviations are linear in epsilon",
            "With moments off the diagonal by epsilon the factors leave the closed form in proportion to epsilon: "
            "slopes of log against "
            "log 1 within 0.1 at every time.",
            theorem,
            "figure",
            lambda e: max(abs(e.final(name, family="perturbation") - 1) for name in ("slope_low", "slope_high")),
            AtMost(0.1),
            null=powers("a deviation that does not depend on epsilon", 0.0),
            mutants=[powers("the square of epsilon", 2.0), powers("the root of epsilon", 0.5)],
            needs=needs,
        ),
        Claim(
            "one bound for every epsilon",
            "A bound epsilon exp(c t^2), made to touch the deviation at the largest epsilon, is touched at the others too, "
            "within 5 percent: c "
            "does not depend on epsilon.",
            theorem,
            "figure",
            lambda e: e.final("bound", family="perturbation"),
            AtMost(0.05),
            null=_instead("perturbation", "a bound without epsilon", bound="bound_constant"),
            mutants=[
                _instead("perturbation", "the square of epsilon", bound="bound_square"),
                _instead("perturbation", "the root of epsilon", bound="bound_root"),
            ],
            needs=needs,
        ),
    ]


def _discrete(parameters: Any) -> list[Claim]:
    discrete = Source(PAPER, "discrete dynamics")
    return [
        Claim(
            "gradient descent follows the recursion",
            f"Gradient descent at rate {parameters.rate:g} on the matrices is w <- w (1 + eta (sigma - lambda w))^2 in "
            "each component, "
            "to 1e-11.",
            discrete,
            "theorem",
            lambda e: e.final("recursion", family="descent"),
            AtMost(1e-11),
            null=_instead("descent", "components that do not move", recursion="recursion_still"),
            mutants=[
                _instead("descent", "the closed form of the flow", recursion="recursion_as_flow"),
                _instead("descent", "the factor not squared", recursion="recursion_unsquared"),
            ],
            reduce="max",
            needs={"family": "descent"},
        ),
        Claim(
            "transition times of finite steps",
            f"At eta sigma = {parameters.product:g} a component from exp(-2 delta) is half learnt after delta / ln(1 + "
            "eta sigma) steps, "
            f"within 0.5 percent, at delta {parameters.deltas[0]:g} to {parameters.deltas[-1]:g}.",
            Source(PAPER, "discrete case, phase transition time"),
            "theorem",
            lambda e: e.final("exact", family="transitions"),
            AtMost(0.005),
            null=_instead("transitions", "twice as many steps", exact="doubled"),
            mutants=[_instead("transitions", "as printed: delta / (eta sigma)", exact="first_order")],
            reduce="max",
            needs={"family": "transitions"},
            erratum=Erratum(
                r"$T_i := \frac{1}{\eta\sigma_i}$.",
                "the poster of the paper, discrete case",
                r"$T_i = \frac{1}{\ln(1+\eta\sigma_i)}$, of which that is the first order in $\eta\sigma_i$: 525 steps "
                r"in place of 500 at "
                r"$\delta = 50$, $\eta\sigma = 0.1$.",
            ),
        ),
        Claim(
            "the exact time is inside the published interval",
            "The time 1 / ln(1 + x) is between 1 / (x + x^2/2) and 1 / (x - 2x^2), the times of the published "
            "exponents: by how "
            "much it is outside.",
            Source(PAPER, "discrete case, phase transition time"),
            "theorem",
            lambda e: e.final("inside", family="transitions"),
            AtMost(0.0),
            null=Mutant(
                "no time at all", lambda e: e.replaced(lambda r: {"inside": r.finals["outside_zero"]}, family="transitions")
            ),
            mutants=[_instead("transitions", "1 / ln(1 + 2x)", inside="outside_twice")],
            reduce="max",
            needs={"family": "transitions"},
        ),
        Claim(
            "no gap is needed",
            "At a rate of at least five times the published gap condition two components are still learnt in turn: "
            "between their transition "
            "times the first is whole and the second nothing, within 0.01.",
            Source(PAPER, "discrete case, constraints on the step size"),
            "figure",
            lambda e: e.final("beyond_gap", family="transitions"),
            AtMost(0.01),
            null=_instead("transitions", "before the first transition", beyond_gap="beyond_gap_early"),
            mutants=[_instead("transitions", "after the second transition", beyond_gap="beyond_gap_late")],
            needs={"family": "transitions"},
        ),
    ]


def _bounds() -> list[Claim]:
    discrete, needs = Source(PAPER, "discrete dynamics"), {"family": "bounds"}

    def outside(*names: str) -> Callable[[Evidence], float]:
        return lambda e: max(e.final(name, family="bounds") for name in names)

    crossed = _instead("bounds", "the two bounds exchanged", rigorous_lower="exchanged", rigorous_upper="exchanged")
    return [
        Claim(
            "bounds that hold",
            "With powers of (1 + eta sigma)^-2 below and of 1 - 2 eta sigma above, no step of the recursion is "
            "outside, by more than "
            "1e-12 of it, on the whole grid of rates and starts.",
            discrete,
            "theorem",
            outside("rigorous_lower", "rigorous_upper"),
            AtMost(1e-12),
            null=crossed,
            mutants=[
                _instead("bounds", "as printed above: exponent -2 eta sigma - (eta sigma)^2", rigorous_upper="published_upper")
            ],
            reduce="max",
            needs=needs,
            erratum=Erratum(
                r"$w_i^{(t)} \le "
                r"\frac{w_i^{(0)}}{(\sigma_i-\lambda_iw_i^{(0)})\,e^{(-2\eta\sigma_i-\eta^2\sigma_i^2)t}+w_i^{(0)}\lambda_i}$.",
                POSTER,
                r"The exponent is $\ln(1-2\eta\sigma_i)$: late steps take off more than the printed one allows for, by up to "
                r"$7.5\cdot10^{-3}\,\sigma_i/\lambda_i$ at $\eta\sigma_i = 0.45$.",
            ),
        ),
        Claim(
            "the published lower bound holds and is looser",
            "The published exponent -2 eta sigma + 4 (eta sigma)^2 gives a lower bound that no step is below, by more "
            "than 1e-12.",
            discrete,
            "theorem",
            outside("published_lower"),
            AtMost(1e-12),
            null=_instead("bounds", "the bounds exchanged", published_lower="exchanged"),
            mutants=[_instead("bounds", "the exponent -2 eta sigma + (eta sigma)^2 / 2", published_lower="lower_too_tight")],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "how far the published upper bound fails",
            "The recursion exceeds the published upper bound by 7.5e-3 of its plateau at eta sigma = 0.45 from a tenth "
            "of it: distance of "
            "the measured excess to that, relative.",
            discrete,
            "theorem",
            lambda e: abs(e.final("upper_excess", family="bounds") / 7.534e-3 - 1),
            AtMost(0.01),
            null=Mutant("no excess", lambda e: e.replaced(lambda r: {"upper_excess": 0.0}, family="bounds")),
            mutants=[_instead("bounds", "the excess at eta sigma = 0.01", upper_excess="upper_excess_least")],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "bounds start where the component does",
            "With the numerator sigma w(0) both bounds are w(0) at step 0, to 1e-12.",
            discrete,
            "theorem",
            outside("start_with_sigma"),
            AtMost(1e-12),
            null=Mutant("a bound of zero", lambda e: e.replaced(lambda r: {"start_with_sigma": 1.0}, family="bounds")),
            mutants=[_instead("bounds", "as printed: the numerator w(0)", start_with_sigma="start_as_printed")],
            reduce="max",
            needs=needs,
            erratum=Erratum(
                r"Both bounds with the numerator $w_i^{(0)}$.",
                POSTER,
                r"The numerator is $\sigma_iw_i^{(0)}$; as printed they are $w_i^{(0)}/\sigma_i$ at $t = 0$ and end at "
                r"$1/\lambda_i$.",
            ),
        ),
    ]


def _instead(family: str, what: str, **names: str) -> Mutant:
    """The numbers of a family replaced by others that were measured beside them."""
    return Mutant(what, lambda e: e.replaced(lambda r: {to: r.finals[name] for to, name in names.items()}, family=family))
