"""What is claimed of depth and loss in diagonal networks."""

from typing import Any

from thalweg.studies.bounds import AtLeast, AtMost, Between
from thalweg.studies.changes import final
from thalweg.studies.claim import Claim, Mutant, Source

PAPER = "woodworth2020kernel"
DEPTH = Source(PAPER, "theorem 3 and section 5")
FIGURE = Source(PAPER, "figure 3")
LAZY = Source("chizat2019lazy", "theorem 2.2, for homogeneous models")
EXPONENTIAL = Source("moroshko2020implicit", "theorems on diagonal linear networks")
MARGINS = Source("lyu2020gradient", "theorem on KKT points")


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [*_flows(), *_curves(parameters), *_limits(), *_sparse(), *_kernel(), *_exponential(parameters)]


def _flows() -> list[Claim]:
    def errors(variant: str) -> dict[str, str]:
        return {f"error_{d}": f"{variant}_{d}" for d in (2, 3, 4)}

    return [
        Claim(
            "training ends at the least Q of its depth",
            "Networks of depth 2, 3 and 4, trained weight by weight, end at the certified minimum of Q: largest distance at "
            "most 1e-10 of the least l2 norm.",
            DEPTH,
            "theorem",
            lambda e: max(e.final(f"error_{d}", family="flows") for d in (2, 3, 4)),
            AtMost(1e-10),
            null=_wrong("flows", "the least l2 norm", errors("to_l2")),
            mutants=[
                _wrong("flows", "the least l1 norm", errors("to_l1")),
                _wrong("flows", "the minimum of one layer more", errors("deeper")),
                _wrong("flows", "the minimum of another scale", errors("other_scale")),
            ],
            reduce="max",
            needs={"family": "flows"},
        ),
        Claim(
            "and nearer the finer it is followed",
            "The distance falls as the tolerance of the solver does: power of the tolerance, at each of the three depths, "
            "between 0.7 and 1.3.",
            DEPTH,
            "theorem",
            lambda e: max((e.final(f"order_{d}", family="flows") for d in (2, 3, 4)), key=lambda order: abs(order - 1)),
            Between(0.7, 1.3),
            null=_wrong("flows", "a distance that stays", {f"order_{d}": f"order_flat_{d}" for d in (2, 3, 4)}),
            mutants=[_wrong("flows", "the square of the tolerance", {f"order_{d}": f"order_square_{d}" for d in (2, 3, 4)})],
            needs={"family": "flows"},
        ),
    ]


def _curves(parameters: Any) -> list[Claim]:
    depths = parameters.curve_depths
    deep = [d for d in depths if d > 2]
    return [
        Claim(
            "one coefficient or many: the same for a large scale",
            "Q of one coefficient over Q of equal ones of the same l2 norm is 1 for a large scale, at every depth: within 1e-6.",
            FIGURE,
            "figure",
            final("l2", family="curves"),
            AtMost(1e-6),
            null=_wrong("curves", "a small scale", {"l2": "l2_small"}),
            mutants=[_wrong("curves", "the l1 norm", {"l2": "l1_half_2"})],
            needs={"family": "curves"},
        ),
        Claim(
            "the l1 norm at every depth, not the quasi-norm 2/D",
            "For a small scale that ratio is that of the l1 norm at every depth from 3 on: within 0.02 of one over the root of "
            "the number of coefficients, relative to it.",
            DEPTH,
            "theorem",
            lambda e: max(abs(e.final(f"l1_{d}", family="curves")) for d in deep),
            AtMost(0.02),
            null=_wrong("curves", "the quasi-norm 2/D", {f"l1_{d}": f"quasi_{d}" for d in deep}),
            mutants=[_wrong("curves", "an intermediate scale", {f"l1_{d}": f"l1_half_{d}" for d in deep})],
            reduce="max",
            needs={"family": "curves"},
        ),
        Claim(
            "as a power from depth three on",
            "The ratio's excess over it falls as the power 1 - 2/D of alpha^D: powers within 0.05.",
            DEPTH,
            "figure",
            lambda e: max(abs(e.final(f"power_{d}", family="curves") - e.final(f"law_{d}", family="curves")) for d in deep),
            AtMost(0.05),
            null=_wrong("curves", "as at depth 2", {f"power_{d}": "power_2" for d in deep}),
            mutants=[_wrong("curves", "the power 2/D", {f"power_{d}": f"quasi_power_{d}" for d in deep})],
            needs={"family": "curves"},
        ),
        Claim(
            "as a logarithm at depth two",
            "At depth 2 the excess is ln(sqrt(d)) / ln(1/alpha^2): at alpha^2 of 1e-300 and 1e-200 within 0.02.",
            DEPTH,
            "figure",
            final("logarithm", family="curves"),
            AtMost(0.02),
            null=_wrong("curves", "a constant", {"logarithm": "logarithm_none"}),
            mutants=[_wrong("curves", "the square of the logarithm", {"logarithm": "logarithm_square"})],
            needs={"family": "curves"},
        ),
    ]


def _limits() -> list[Claim]:
    deep = (3, 5, 8)
    return [
        Claim(
            "squared loss ends at the least l1 norm",
            "From small starts the minimum of Q is that of the l1 norm at depths 2, 3, 5 and 8: median distance over instances "
            "at most 1e-3 of the least l2 norm.",
            DEPTH,
            "theorem",
            lambda e: max(e.final(f"to_l1_{d}", family="limits") for d in (2, *deep)),
            AtMost(1e-3),
            null=_wrong("limits", "from large starts", {f"to_l1_{d}": f"from_large_{d}" for d in (2, *deep)}),
            mutants=[_wrong("limits", "the least quasi-norm 2/D", {f"to_l1_{d}": f"to_quasi_{d}" for d in deep})],
            reduce="max",
            needs={"family": "limits"},
        ),
        Claim(
            "and not at the least quasi-norm",
            "Where the interpolating vector of least quasi-norm 2/D is another, the network does not end there: median distance "
            "over those instances at least 0.05.",
            DEPTH,
            "figure",
            lambda e: min(e.final(f"to_quasi_{d}", family="limits") for d in deep),
            AtLeast(0.05),
            null=_wrong("limits", "the least l1 norm", {f"to_quasi_{d}": f"to_l1_{d}" for d in deep}),
            mutants=[_wrong("limits", "depth 2, where both are one", {f"to_quasi_{d}": "to_quasi_2" for d in deep})],
            reduce="min",
            needs={"family": "limits"},
        ),
    ]


def _sparse() -> list[Claim]:
    return [
        Claim(
            "deeper networks need less small a start",
            "The largest alpha^D that finds sparse coefficients grows with depth: least step in decades from one of the depths "
            "2, 3, 5, 8 to the next, median over numbers of samples, at least 0.01.",
            FIGURE,
            "figure",
            final("deeper", family="sparse"),
            AtLeast(0.01),
            null=_wrong("sparse", "depths in the opposite order", {"deeper": "shallower"}),
            mutants=[_wrong("sparse", "fewer samples instead", {"deeper": "fewer"})],
            needs={"family": "sparse"},
        ),
        Claim(
            "the step from depth two to three is the largest",
            "From depth 2 to 3 alpha^D may grow by more than from 5 to 8: decades of the former less those of the latter, median "
            "over numbers of samples, at least 0.1.",
            FIGURE,
            "figure",
            lambda e: e.final("first_layer", family="sparse") - e.final("last_layers", family="sparse"),
            AtLeast(0.1),
            null=_wrong("sparse", "the same step", {"first_layer": "last_layers"}),
            mutants=[_wrong("sparse", "the opposite order", {"first_layer": "shallower"})],
            needs={"family": "sparse"},
        ),
        Claim(
            "more samples need less small a start",
            "With the largest number of samples alpha^D may be larger than with the smallest, at every depth.",
            FIGURE,
            "figure",
            final("more", family="sparse"),
            AtLeast(0.01),
            null=_wrong("sparse", "the numbers exchanged", {"more": "fewer"}),
            mutants=[_wrong("sparse", "depths in the opposite order", {"more": "shallower"})],
            needs={"family": "sparse"},
        ),
    ]


def _kernel() -> list[Claim]:
    def exchanged(what: str, name: str, other: str) -> Mutant:
        return _wrong("flows", what, {f"{name}_{d}": f"{other}_{d}" for d in (2, 3)})

    return [
        Claim(
            "the kernel regime in its own units",
            "From alpha times ones, alpha^(D-1) times what the weights have moved by the time t/alpha^(2(D-1)) tends to the path "
            "of the linearized network, as the power -D of alpha at depths 2 and 3: powers within 0.1.",
            LAZY,
            "theorem",
            lambda e: max(abs(e.final(f"kernel_power_{d}", family="flows") + d) for d in (2, 3)),
            AtMost(0.1),
            null=exchanged("as printed", "kernel_power", "kernel_power_printed"),
            mutants=[_wrong("flows", "depth 2 as depth 3", {"kernel_power_2": "kernel_power_3"})],
            needs={"family": "flows"},
        ),
        Claim(
            "the kernel solution itself",
            "From a large start the predictor that training ends at tends to the kernel solution, not its multiple by alpha: "
            "relative distance at alpha = 20 at most 1e-3.",
            LAZY,
            "theorem",
            lambda e: max(e.final(f"kernel_end_{d}", family="flows") for d in (2, 3)),
            AtMost(1e-3),
            null=exchanged("as printed", "kernel_end", "kernel_end_printed"),
            mutants=[_wrong("flows", "the least l1 norm", {"kernel_end_2": "to_l1_2"})],
            reduce="max",
            needs={"family": "flows"},
        ),
    ]


def _exponential(parameters: Any) -> list[Claim]:
    first, last = (f"{unit:g}" for unit in (parameters.large_units[0], parameters.large_units[-1]))
    return [
        Claim(
            "with exponential loss there is a kernel regime",
            "From a large start at depth 2 the direction passes the largest l2 margin: the share of it that is reached on the "
            "way is at least 0.99.",
            EXPONENTIAL,
            "figure",
            final(f"top_{last}", family="exponential"),
            AtLeast(0.99),
            null=_wrong("exponential", "the share at the end", {f"top_{last}": f"end_l2_{last}"}),
            mutants=[_wrong("exponential", "the l1 margin of that direction", {f"top_{last}": f"start_l1_{last}"})],
            needs={"family": "exponential"},
        ),
        Claim(
            "which does not last",
            f"From the same start it leaves for the largest l1 margin: of what the direction of largest l2 margin lacks of it, "
            f"at most 0.8 is left when the predictor has grown to some {parameters.ratio:g} times alpha^2.",
            EXPONENTIAL,
            "figure",
            final(f"left_{last}", family="exponential"),
            AtMost(0.8),
            null=_wrong("exponential", "in the kernel regime", {f"left_{last}": f"left_top_{last}"}),
            mutants=[_wrong("exponential", "the smaller start in the kernel regime", {f"left_{last}": f"left_top_{first}"})],
            needs={"family": "exponential"},
        ),
        Claim(
            "it lasts as long as the margin is below the scale",
            "The margin, which is ln(1/loss), at which half of the way is behind it is proportional to alpha^2: power within "
            "0.05 of 1.",
            EXPONENTIAL,
            "figure",
            final("scaling", family="exponential"),
            Between(0.95, 1.05),
            null=_wrong("exponential", "a margin that does not depend on it", {"scaling": "example_no_excess_3"}),
            mutants=[_wrong("exponential", "its square root", {"scaling": "scaling_root"})],
            needs={"family": "exponential"},
        ),
        Claim(
            "exponential loss ends where the quasi-norm is stationary",
            "From a small start at depths 3 and 4 the example with two features of their own and a shared one ends on the "
            "former, at a distance of at most 0.02, with |beta|^(2/D-1) a multiple of the pull of the samples to 0.01.",
            MARGINS,
            "theorem",
            lambda e: max(
                max(
                    final(f"example_end_{d}", family="exponential")(e) / 2,
                    final(f"example_stationary_{d}", family="exponential")(e),
                )
                for d in (3, 4)
            ),
            AtMost(0.01),
            null=_wrong("exponential", "the shared feature alone", {"example_end_3": "example_least_3"}),
            mutants=[
                _wrong("exponential", "the l1 norm", {"example_stationary_3": "example_first_power_3"}),
                _wrong("exponential", "the quasi-norm of one layer more", {"example_stationary_3": "example_wrong_power_3"}),
            ],
            reduce="max",
            needs={"family": "exponential"},
        ),
        Claim(
            "which need not be where it is least",
            "There the shared feature alone has a smaller quasi-norm 2/D: at depths 3 and 4 the end exceeds it by at least 0.1.",
            EXPONENTIAL,
            "theorem",
            lambda e: min(final(f"example_excess_{d}", family="exponential")(e) for d in (3, 4)),
            AtLeast(0.1),
            null=_wrong("exponential", "the least", {f"example_excess_{d}": f"example_no_excess_{d}" for d in (3, 4)}),
            mutants=[_wrong("exponential", "its distance in weights", {"example_excess_3": "example_stationary_3"})],
            reduce="min",
            needs={"family": "exponential"},
        ),
    ]


def _wrong(family: str, what: str, names: dict[str, str]) -> Mutant:
    """Evidence in which some final numbers are those of a wrong variant, which the runs computed beside them."""
    return Mutant(what, lambda e: e.replaced(lambda r: {name: r.finals[other] for name, other in names.items()}, family=family))
