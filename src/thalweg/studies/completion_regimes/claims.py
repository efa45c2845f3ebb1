"""What is claimed of the regimes of a factored matrix."""

from collections.abc import Callable
from typing import Any

import numpy as np

from thalweg.studies.bounds import AtLeast, AtMost, Between
from thalweg.studies.changes import exchanged, final
from thalweg.studies.claim import Claim, Erratum, Mutant, Source
from thalweg.studies.evidence import Evidence

FIGURE = Source("woodworth2020kernel", "section 6, figure 5")
THEOREM = Source("woodworth2020kernel", "theorem 4")
CONJECTURE = Source("gunasekar2017implicit", "the conjecture")
LAZY = Source("chizat2019lazy", "theorem 2.2")


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [*_ends(parameters), *_least(parameters), *_widths(parameters), *_kernel(parameters), *_commuting()]


def _ends(parameters: Any) -> list[Claim]:
    widest = max(parameters.widths)
    common: dict[str, Any] = {"source": FIGURE, "grade": "figure", "needs": {"family": "completion"}}
    return [
        Claim(
            name="the rich end",
            sentence="From an orthogonal start with product zero at a scale of at most 0.01 the entries that are not observed "
            "move as far as the target has them: by at least 90 percent of it, where the target has the least nuclear norm.",
            measure=final("rich_orthogonal", family="completion"),
            allowed=AtLeast(0.9),
            null=Mutant("nothing moves", _constant("rich_orthogonal", 0.0)),
            mutants=[Mutant("the scale 3", exchanged({"rich_orthogonal": "rich_large_orthogonal"}, family="completion"))],
            **common,
        ),
        Claim(
            name="further in",
            sentence="At a scale of at most 0.001 they move by at least 95 percent.",
            measure=final("richer_orthogonal", family="completion"),
            allowed=AtLeast(0.95),
            null=Mutant("nothing moves", _constant("richer_orthogonal", 0.0)),
            mutants=[Mutant("the scale 3", exchanged({"richer_orthogonal": "rich_large_orthogonal"}, family="completion"))],
            **common,
        ),
        Claim(
            name="the larger the start, the less they move",
            sentence="Their movement falls from each scale to the next: it rises by at most 1e-4, the error of the flow.",
            measure=final("rise_orthogonal", family="completion"),
            allowed=AtMost(1e-4),
            null=Mutant(
                "an orthogonal start whose product is not zero",
                exchanged({"rise_orthogonal": "rise_turned"}, family="completion"),
            ),
            mutants=[
                Mutant("independent entries", exchanged({"rise_orthogonal": f"rise_entries_{widest}"}, family="completion"))
            ],
            reduce="max",
            **common,
        ),
        Claim(
            name="nearly at the kernel end",
            sentence="At the scale 3 they move by at most 5 percent of the target's norm there.",
            measure=final("middle_orthogonal", family="completion"),
            allowed=AtMost(0.05),
            null=Mutant("the scale 0.01", exchanged({"middle_orthogonal": "rich_orthogonal"}, family="completion")),
            mutants=[
                Mutant(
                    "an orthogonal start whose product is not zero",
                    exchanged({"middle_orthogonal": "middle_turned"}, family="completion"),
                ),
                Mutant("independent entries", exchanged({"middle_orthogonal": f"middle_entries_{widest}"}, family="completion")),
            ],
            reduce="max",
            **common,
        ),
        Claim(
            name="the kernel end",
            sentence="At the scale 10 they move by at most 0.1 percent.",
            measure=final("far_orthogonal", family="completion"),
            allowed=AtMost(1e-3),
            null=Mutant("the scale 3", exchanged({"far_orthogonal": "middle_orthogonal"}, family="completion")),
            mutants=[
                Mutant(
                    "an orthogonal start whose product is not zero",
                    exchanged({"far_orthogonal": "far_turned"}, family="completion"),
                ),
                Mutant("antisymmetric halves", exchanged({"far_orthogonal": f"far_halves_{widest}"}, family="completion")),
            ],
            reduce="max",
            **common,
        ),
        Claim(
            name="how little they move",
            sentence="To leading order in the observed part Y of the target they move to the entries of Y Y^T Y / (6 alpha^4): "
            "at the scale 10 within half a percent of it.",
            source=Source("woodworth2020kernel", "section 6; the leading term is derived here"),
            grade="theorem",
            measure=final("cubic", family="completion"),
            allowed=AtMost(5e-3),
            null=Mutant("nothing moves", _constant("cubic", 1.0)),
            mutants=[
                Mutant("a factor of 1/2", exchanged({"cubic": "cubic_half"}, family="completion")),
                Mutant("the second power of the scale", exchanged({"cubic": "cubic_square"}, family="completion")),
            ],
            reduce="max",
            needs={"family": "completion"},
        ),
        Claim(
            name="independent entries are another matter",
            sentence=f"From independent entries of deviation 10 and width {widest} they move by more than 50 times the target's "
            "norm: what the start predicts for observed entries has to be undone, and that moves the others.",
            measure=final(f"far_least_entries_{widest}", family="completion"),
            allowed=AtLeast(50),
            null=Mutant(
                "an orthogonal start", exchanged({f"far_least_entries_{widest}": "far_least_orthogonal"}, family="completion")
            ),
            mutants=[
                Mutant(
                    "antisymmetric halves",
                    exchanged({f"far_least_entries_{widest}": f"far_least_halves_{widest}"}, family="completion"),
                )
            ],
            reduce="min",
            **common,
        ),
        Claim(
            name="orthogonal factors are not enough",
            sentence="So it is with factors that are orthogonal but for their product: the tangent kernel is the same multiple "
            "of the identity, and yet at the scale 10 they move by more than the target's norm.",
            measure=final("far_least_turned", family="completion"),
            allowed=AtLeast(1.0),
            null=Mutant("a product of zero", exchanged({"far_least_turned": "far_least_orthogonal"}, family="completion")),
            mutants=[
                Mutant("antisymmetric halves", exchanged({"far_least_turned": f"far_least_halves_{widest}"}, family="completion"))
            ],
            reduce="min",
            **common,
        ),
    ]


def _least(parameters: Any) -> list[Claim]:
    curves = ["orthogonal", "turned", *(f"{name}_{width}" for name in ("entries", "halves") for width in parameters.widths)]
    needs, widest = {"family": "completion"}, max(parameters.widths)
    return [
        Claim(
            "nothing below the certified minimum",
            "No path ends at a nuclear norm below the certified least one, which is below the target's in part of the "
            "instances: by at most 1e-5 of it.",
            CONJECTURE,
            "theorem",
            lambda e: min(e.final(f"under_{curve}", **needs) for curve in curves),
            AtLeast(-1e-5),
            null=Mutant("the zero matrix", _constant("under_orthogonal", -1.0)),
            mutants=[
                Mutant(
                    "the target's norm as the minimum",
                    exchanged({"under_orthogonal": "under_target_orthogonal"}, family="completion"),
                ),
            ],
            reduce="min",
            needs=needs,
        ),
        Claim(
            "small starts find the least nuclear norm",
            "Where the target has the least nuclear norm, ends of orthogonal starts at a scale of at most 0.01 have it too: "
            "above it by at most 1 percent.",
            FIGURE,
            "figure",
            final("excess_orthogonal", family="completion"),
            AtMost(0.01),
            null=Mutant(
                "independent entries, as wide", exchanged({"excess_orthogonal": f"excess_entries_{widest}"}, family="completion")
            ),
            mutants=[Mutant("scales of 0.1 and more, the best of them", _largest)],
            needs=needs,
        ),
        Claim(
            "where the target has not the least",
            "Where the least nuclear norm is below that of the target, of rank 1, the flow from a tiny start goes to the target "
            f"all the same: at the scale {parameters.deepest:g} the excess is at least 80 percent of the target's, and at most "
            "5 percent above it.",
            CONJECTURE,
            "figure",
            lambda e: min(_both(e), key=lambda share: -abs(share - 0.925)),
            Between(0.8, 1.05),
            null=Mutant("the least nuclear norm", _constant("share", 0.0)),
            mutants=[
                Mutant(
                    "large starts of independent entries", exchanged({"share": f"share_entries_{widest}"}, family="completion")
                )
            ],
            needs=needs,
            erratum=Erratum(
                r"Gradient descent on matrix factorization: $UV \to \arg\min \|W\|_*$ s.t. $\langle A_i, W\rangle = y_i$, with "
                r"init $\to 0$ and stepsize $\to 0$ (proven in special cases, empirically at least approx, conjectured in "
                "general).",
                "the talk on the geometry of optimization and learning, effect of optimization geometry",
                "Not in general: where a completion of rank 1 has not the least nuclear norm the flow from ever smaller starts "
                "still ends at it. Figures of the excess above the target's nuclear norm do not show this, since they take the "
                "target's for the least.",
            ),
        ),
    ]


def _both(e: Evidence) -> tuple[float, float]:
    return e.final("share", family="completion"), e.final("share_most", family="completion")


def _largest(evidence: Evidence) -> Evidence:
    """The smallest excess of scales of 0.1 and more, at the width where it is largest."""
    return evidence.replaced(
        lambda r: {"excess_orthogonal": max(v for k, v in r.finals.items() if k.startswith("excess_large_entries"))},
        family="completion",
    )


def _widths(parameters: Any) -> list[Claim]:
    wide = [width for width in parameters.widths if width >= 2 * parameters.side]
    widest = wide[-1]
    common: dict[str, Any] = {"source": FIGURE, "grade": "figure", "needs": {"family": "completion"}}

    def power(name: str) -> Callable[[Evidence], float]:
        def fitted(e: Evidence) -> float:
            found = [e.final(f"{name}_{width}", family="completion") for width in wide]
            return float(np.polyfit(np.log(wide), np.log(found), 1)[0])

        return fitted

    def changed(name: str, change: Callable[[float], float]) -> Callable[[Evidence], Evidence]:
        names = [f"{name}_{width}" for width in wide]
        return lambda e: e.replaced(lambda r: {n: change(float(r.finals[n])) for n in names}, family="completion")

    def level(name: str) -> Mutant:
        return Mutant("the same at every width", changed(name, lambda value: 0.1))

    def squared(name: str) -> Mutant:
        return Mutant("twice the power", changed(name, lambda value: value**2))

    def root(name: str) -> Mutant:
        return Mutant("half the power", changed(name, lambda value: value**0.5))

    def quarter(name: str) -> Mutant:
        return Mutant("a quarter of the power", changed(name, lambda value: value**0.25))

    def together(e: Evidence, weight: float = widest) -> float:
        entries, orthogonal = (e.final(f"crossing_{n}", family="completion") for n in (f"entries_{widest}", "orthogonal"))
        return entries**2 * weight / orthogonal**2

    def weighted(factor: float) -> Callable[[Evidence], Evidence]:
        name = f"crossing_entries_{widest}"
        return lambda e: e.replaced(lambda r: {name: float(r.finals[name]) * factor**0.5}, family="completion")

    return [
        Claim(
            name="wide factors leave the rich regime sooner",
            sentence="The deviation of independent entries at which the nuclear norm is above the target's by a tenth falls with "
            "the width as k^(-1/2): power between -0.65 and -0.35.",
            measure=power("crossing_entries"),
            allowed=Between(-0.65, -0.35),
            null=level("crossing_entries"),
            mutants=[squared("crossing_entries"), root("crossing_entries")],
            **common,
        ),
        Claim(
            name="what counts is alpha^2 k",
            sentence="It does so at the alpha^2 k at which an orthogonal start, of alpha^2, does: ratio between 0.5 and 2.",
            measure=together,
            allowed=Between(0.5, 2.0),
            null=Mutant("the width not counted", weighted(1 / widest)),
            mutants=[
                Mutant("alpha^2 k^(1/2), the size of the product", weighted(widest**-0.5)),
                Mutant("alpha^2 k^(3/2)", weighted(widest**0.5)),
            ],
            **common,
        ),
        Claim(
            name="the transition",
            sentence="An orthogonal start moves the entries that are not observed by half the target at an alpha^2 of order one: "
            "between 0.02 and 2, where the target has the norm 7.3.",
            measure=lambda e: e.final("halfway_orthogonal", family="completion") ** 2,
            allowed=Between(0.02, 2.0),
            null=Mutant("at the largest scale", _constant("halfway_orthogonal", 10.0)),
            mutants=[
                Mutant(
                    "halves, their width not counted",
                    exchanged({"halfway_orthogonal": f"halfway_halves_{widest}"}, family="completion"),
                ),
            ],
            published="alpha^2 k of order 1",
            **common,
        ),
        Claim(
            name="halves move as far as their kernel says",
            sentence="From antisymmetric halves at the scale 10 the entries that are not observed move as regression with the "
            "tangent kernel of the start moves them: apart by at most 0.1 percent of what the observed ones move.",
            source=LAZY,
            grade="theorem",
            measure=lambda e: max(e.final(f"lazy_halves_{width}", family="completion") for width in wide),
            allowed=AtMost(1e-3),
            null=Mutant(
                "small scales",
                exchanged({f"lazy_halves_{width}": f"lazy_small_halves_{width}" for width in wide}, family="completion"),
            ),
            mutants=[
                Mutant(
                    "independent entries",
                    exchanged({f"lazy_halves_{width}": f"lazy_entries_{width}" for width in wide}, family="completion"),
                ),
                Mutant("a turned orthogonal start", exchanged({f"lazy_halves_{widest}": "lazy_turned"}, family="completion")),
            ],
            reduce="max",
            needs={"family": "completion"},
        ),
        Claim(
            name="halves need width to hold still",
            sentence="So they do not stay: their kernel is a multiple of the identity only in the limit of width, and the "
            "movement at the scale 10 falls as k^(-1/2): power between -0.8 and -0.35.",
            measure=power("far_median_halves"),
            allowed=Between(-0.8, -0.35),
            null=level("far_median_halves"),
            mutants=[squared("far_median_halves"), quarter("far_median_halves")],
            **common,
        ),
        Claim(
            name="scale alone does not make independent entries lazy",
            sentence="From independent entries at the scale 10 the end differs from regression with the tangent kernel by a "
            "share that falls as 1/k: power between -1.25 and -0.75.",
            measure=power("lazy_median_entries"),
            allowed=Between(-1.25, -0.75),
            null=level("lazy_median_entries"),
            mutants=[squared("lazy_median_entries"), root("lazy_median_entries")],
            **common,
        ),
    ]


def _kernel(parameters: Any) -> list[Claim]:
    common: dict[str, Any] = {"source": FIGURE, "grade": "theorem", "reduce": "max", "needs": {"family": "commuting"}}
    return [
        Claim(
            name="the tangent kernel",
            sentence="K((i,j),(i',j')) = 1[i=i'] <V_j, V_j'> + 1[j=j'] <U_i, U_i'> is the product of derivatives: difference at "
            "most 1e-12 of the largest entry.",
            measure=lambda e: max(e.final(f"kernel_{name}", family="commuting") for name in ("entries", "turned", "orthogonal")),
            allowed=AtMost(1e-12),
            null=Mutant("one of the two terms", exchanged({"kernel_entries": "kernel_one"}, family="commuting")),
            mutants=[Mutant("U and V exchanged", exchanged({"kernel_entries": "kernel_swapped"}, family="commuting"))],
            **common,
        ),
        Claim(
            name="orthogonal starts have no kernel between entries",
            sentence="At orthogonal starts it is a multiple of the identity, whatever the product: other entries at most 1e-12.",
            measure=lambda e: max(e.final(f"off_{name}", family="commuting") for name in ("turned", "orthogonal")),
            allowed=AtMost(1e-12),
            null=Mutant("independent entries", exchanged({"off_orthogonal": "off_entries"}, family="commuting")),
            mutants=[
                Mutant("independent entries for the turned one", exchanged({"off_turned": "off_entries"}, family="commuting"))
            ],
            **common,
        ),
    ]


def _commuting() -> list[Claim]:
    needs = {"family": "commuting"}
    return [
        Claim(
            "a program between the two",
            "Where measurements commute the flow from an orthogonal start, the limit of infinite width, ends at the matrix whose "
            "spectrum has the least hyperbolic entropy Q_mu, mu^2 half of alpha^2 k: difference at most 1e-6 of its norm.",
            THEOREM,
            "theorem",
            final("apart", family="commuting"),
            AtMost(1e-6),
            null=Mutant("least squares", exchanged({"apart": "apart_least_squares"}, family="commuting")),
            mutants=[
                Mutant("mu^2 = alpha^2 k", exchanged({"apart": "apart_unhalved"}, family="commuting")),
                Mutant("mu^2 a quarter of it", exchanged({"apart": "apart_quartered"}, family="commuting")),
            ],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "finite widths come near it",
            "Gaussian starts of width k with the same alpha^2 k end apart from it by k^(-1/2): power between -0.65 and -0.35.",
            THEOREM,
            "figure",
            final("narrowing", family="commuting"),
            Between(-0.65, -0.35),
            null=Mutant("the same at every width", _constant("narrowing", 0.0, "commuting")),
            mutants=[Mutant("twice the power", exchanged({"narrowing": "narrowing_squared"}, family="commuting"))],
            needs=needs,
        ),
        Claim(
            "it takes measurements that commute",
            "With measurements that do not commute the gradient of Q_mu at the end is no combination of them: off by at "
            "least half a percent of its norm in some instance.",
            THEOREM,
            "figure",
            final("stationary_not_commuting", family="commuting"),
            AtLeast(5e-3),
            null=Mutant("measurements that commute", exchanged({"stationary_not_commuting": "stationary"}, family="commuting")),
            mutants=[Mutant("the best of them", exchanged({"stationary_not_commuting": "least_stationary"}, family="commuting"))],
            reduce="min",
            needs=needs,
        ),
    ]


def _constant(name: str, value: float, family: str = "completion") -> Callable[[Evidence], Evidence]:
    return lambda e: e.replaced(lambda r: {name: value}, family=family)
