"""What is claimed of mode times: the closed forms, and what depth does to the time that learning takes."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from thalweg.studies.bounds import AtLeast, AtMost, Between
from thalweg.studies.claim import Claim, Mutant, Source
from thalweg.studies.evidence import Evidence
from thalweg.studies.mode_times.work import ESCAPES

COURSE = Source("saxe2014exact", "section 1.3, the time course of learning")
DEEPER = Source("saxe2014exact", "section 2, deeper multilayer dynamics")


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [*_closed_forms(parameters), *_escapes(parameters), *_learning(parameters), *_starts()]


def _closed_forms(parameters: Any) -> list[Claim]:
    rtols, flows = parameters.rtols, parameters.flows
    tightest = f"residual_{int(np.argmin(rtols))}"

    def flow(name: str) -> Callable[[Evidence], float]:
        return lambda e: max(e.final(name, family="flow", depth=depth) for depth in flows)

    def slope(evidence: Evidence, depth: int) -> float:
        sizes = [evidence.final(f"residual_{i}", family="flow", depth=depth) for i in range(len(rtols))]
        return float(np.polyfit(np.log(rtols), np.log(sizes), 1)[0])

    def wrong_flow(what: str, name: str) -> Mutant:
        return Mutant(
            what, lambda e: e.replaced(lambda r: {f"residual_{i}": r.finals[name] for i in range(len(rtols))}, family="flow")
        )

    def wrong_descent(what: str, name: str) -> Mutant:
        return Mutant(what, lambda e: e.replaced(lambda r: {"descent": r.finals[name]}, family="descent"))

    still = "singular values that do not move"
    variants = (
        ("the factor N left out", "without_factor"),
        ("the exponent of depth N + 1", "next_exponent"),
        ("the law of a single matrix", "single_matrix"),
    )
    return [
        Claim(
            "the flow follows the closed form",
            f"At depths {_listed(flows)}, from a balanced start that shares its singular vectors with the target, the "
            "flow at "
            f"tolerance {min(rtols):g} is the closed form of the modes: largest distance along the path at most 1e-8 of "
            "the target.",
            DEEPER,
            "theorem",
            flow(tightest),
            AtMost(1e-8),
            null=wrong_flow(still, "still"),
            mutants=[wrong_flow(*variant) for variant in variants],
            reduce="max",
            needs={"family": "flow"},
        ),
        Claim(
            "the distance is the solver's",
            "The distance to the closed form falls with the tolerance of the flow: slope of log against log 1, the law is exact.",
            DEEPER,
            "theorem",
            lambda e: min(slope(e, depth) for depth in flows),
            Between(0.7, 1.4),
            null=wrong_flow(still, "still"),
            mutants=[wrong_flow(*variant) for variant in variants],
            needs={"family": "flow"},
        ),
        Claim(
            "gradient descent follows the closed form",
            f"Gradient descent at rate {parameters.rate:g} stays within 1 percent of each target of the closed form, at "
            "depths "
            f"{_listed(parameters.descents)}.",
            COURSE,
            "theorem",
            lambda e: max(e.final("descent", family="descent", depth=depth) for depth in parameters.descents),
            AtMost(0.01),
            null=wrong_descent(still, "still"),
            mutants=[wrong_descent(*variant) for variant in variants],
            reduce="max",
            needs={"family": "descent"},
        ),
        Claim(
            "any depth",
            f"The closed form is the solution of the mode equation at depths {_listed(parameters.depths)}, whole or "
            "not: largest "
            "distance to an independent integration at most 1e-9 of the target.",
            DEEPER,
            "theorem",
            lambda e: e.final("any_depth", family="scalars"),
            AtMost(1e-9),
            null=_scalar("a mode that does not move", any_depth="any_depth_still"),
            mutants=[
                _scalar("depths rounded down", any_depth="depth_rounded_down"),
                _scalar("half a layer more, and a hundred for infinitely many", any_depth="another_depth"),
            ],
            reduce="max",
            needs={"family": "scalars"},
        ),
        Claim(
            "hyperbolas",
            "At depth 2, from factors of unequal size, both follow the closed form of the hyperbola that they start "
            "on: largest "
            "distance at most 1e-8.",
            Source("saxe2014exact", "appendix A, hyperbolic dynamics of learning"),
            "theorem",
            lambda e: e.final("hyperbola", family="hyperbolas"),
            AtMost(1e-8),
            null=_other("hyperbolas", "factors that do not move", hyperbola="hyperbola_still"),
            mutants=[_other("hyperbolas", "the balanced mode of the same product", hyperbola="hyperbola_as_balanced")],
            reduce="max",
            needs={"family": "hyperbolas"},
        ),
        Claim(
            "what hyperbolas conserve",
            "Along them the difference of the squares of the two factors does not change: at most 1e-8 of the target.",
            Source("saxe2014exact", "appendix A, hyperbolic dynamics of learning"),
            "theorem",
            lambda e: e.final("hyperbola_invariant", family="hyperbolas"),
            AtMost(1e-8),
            null=_other("hyperbolas", "their sum of squares", hyperbola_invariant="hyperbola_sum_of_squares"),
            mutants=[_other("hyperbolas", "the difference itself", hyperbola_invariant="hyperbola_other_invariant")],
            reduce="max",
            needs={"family": "hyperbolas"},
        ),
    ]


def _escapes(parameters: Any) -> list[Claim]:
    depths, starts = ESCAPES, parameters.starts

    def scaled(what: str, factor: Callable[[int], float]) -> Mutant:
        return Mutant(what, lambda e: _changed(e, lambda f: {f"escape_{n}": f[f"escape_{n}"] * factor(n) for n in depths}))

    def exponents(what: str, exponent: Callable[[int], float]) -> Mutant:
        return Mutant(what, lambda e: _changed(e, lambda f: {f"exponent_{n}": exponent(n) for n in depths}))

    needs = {"family": "scalars"}
    return [
        Claim(
            "escape time",
            f"From a start of {min(starts):g} of the target, the time to half the target is u^-(1-2/N) / ((N-2)s), "
            "within 3 percent, at depths "
            "3, 4 and 6.",
            DEEPER,
            "theorem",
            lambda e: max(abs(e.final(f"escape_{n}", family="scalars") - 1) for n in depths),
            AtMost(0.03),
            null=Mutant(
                "the logarithm of depth 2",
                lambda e: _changed(e, lambda f: {f"escape_{n}": f[f"escape_{n}_as_2"] for n in depths}),
            ),
            mutants=[
                scaled("N in place of N - 2", lambda n: n / (n - 2)),
                scaled("the exponent 1 - 1/N", lambda n: min(starts) ** (1 / n)),
            ],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "escape exponent",
            "The time to half the target grows as the power -(1 - 2/N) of the start: slopes of log against log within 0.02.",
            DEEPER,
            "figure",
            lambda e: max(abs(e.final(f"exponent_{n}", family="scalars") + 1 - 2 / n) for n in depths),
            AtMost(0.02),
            null=exponents("a time that does not depend on the start", lambda n: 0.0),
            mutants=[
                exponents("the exponent 1 - 1/N", lambda n: -(1 - 1 / n)),
                exponents("the exponent 2 - 2/N", lambda n: -(2 - 2 / n)),
            ],
            needs=needs,
        ),
        Claim(
            "escape is exponential in depth",
            "With factors at scale 0.1 the escape, times (N-2), grows tenfold with each further factor: growth per "
            "factor in units "
            "of log 10, depths 4 to 8.",
            DEEPER,
            "figure",
            lambda e: e.final("layer_growth", family="scalars"),
            Between(0.97, 1.03),
            null=_scalar("the same product at every depth", layer_growth="layer_growth_fixed_product"),
            mutants=[Mutant("the square of the scale", lambda e: _changed(e, lambda f: {"layer_growth": f["layer_growth"] / 2}))],
            needs=needs,
        ),
        Claim(
            "deeper is sharper",
            "The rise from a tenth to nine tenths of the target takes a smaller share of the time to half of it the "
            "deeper the "
            "network: largest quotient of one depth to the one before, depths 2, 2.5, 3, 4 and 6.",
            Source("arora2019implicit", "section 3, discussion of theorem 3"),
            "figure",
            lambda e: _quotients(e, ("2", "2.5", "3", "4", "6")),
            AtMost(0.5),
            null=Mutant("the logistic curve at every depth", lambda e: _sharpness(e, lambda values: [values[0]] * len(values))),
            mutants=[Mutant("the depths in reverse", lambda e: _sharpness(e, lambda values: values[::-1]))],
            needs=needs,
        ),
        Claim(
            "sharpness at depth 2",
            "At depth 2 it is log 81 / log(s/u): relative distance at most 1e-6.",
            COURSE,
            "theorem",
            lambda e: abs(e.final("sharpness_2", family="scalars") / e.final("sharpness_formula_2", family="scalars") - 1),
            AtMost(1e-6),
            null=Mutant("a straight rise", lambda e: _changed(e, lambda f: {"sharpness_2": 1.6})),
            mutants=[
                Mutant("log 9 in place of log 81", lambda e: _changed(e, lambda f: {"sharpness_2": f["sharpness_2"] / 2})),
                _scalar("depth 2.5 in its place", sharpness_2="sharpness_2.5"),
            ],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "learning time at rates over depth",
            "From half the target, with a rate proportional to 1/N, descent takes about as many steps at depth 64 as "
            "at depth 2: "
            "largest over least at most 1.6 over depths 2 to 64.",
            DEEPER,
            "figure",
            lambda e: e.final("rate_over_depth", family="scalars"),
            AtMost(1.6),
            null=_scalar("one rate at every depth", rate_over_depth="rate_fixed"),
            mutants=[
                _scalar("a rate proportional to 1/N^2", rate_over_depth="rate_over_depth_squared"),
                _scalar("a start of a hundredth of the target", rate_over_depth="rate_small_start"),
            ],
            needs=needs,
        ),
    ]


def _learning(parameters: Any) -> list[Claim]:
    targets = np.array(parameters.targets)
    count, deep = len(targets), [depth for depth in parameters.descents if depth > 1]

    def halves(evidence: Evidence, depth: int) -> np.ndarray:
        return np.array([evidence.final(f"half_{i}", family="descent", depth=depth) for i in range(count)])

    def width(evidence: Evidence) -> float:
        widths = np.array([evidence.final(f"width_{i}", family="descent", depth=2) for i in range(count)])
        return float(np.abs(2 * targets * widths / math.log(81) - 1).max())

    def as_depth(what: str, instead: int, at: Sequence[int]) -> Mutant:
        def change(evidence: Evidence) -> Evidence:
            finals = evidence.one(family="descent", depth=instead).finals
            for depth in at:
                evidence = evidence.replaced(lambda r: finals, family="descent", depth=depth)
            return evidence

        return Mutant(what, change)

    def backwards(evidence: Evidence) -> Evidence:
        def change(result: Any) -> dict[str, float]:
            return {f"half_{i}": result.finals[f"half_{count - 1 - i}"] for i in range(count)}

        return evidence.replaced(change, family="descent")

    needs = {"family": "descent"}
    return [
        Claim(
            "larger modes are learnt first",
            "Gradient descent learns modes in the order of their targets: each passes half of it at least 1.2 times "
            "later than the "
            f"next larger one, at depths {_listed(deep)}.",
            COURSE,
            "figure",
            lambda e: min(float(np.min(halves(e, depth)[1:] / halves(e, depth)[:-1])) for depth in deep),
            AtLeast(1.2),
            null=as_depth("a single matrix, which learns them together", 1, deep),
            mutants=[Mutant("the order reversed", backwards)],
            needs=needs,
        ),
        Claim(
            "a single matrix learns all modes together",
            "At depth 1 all modes pass half of their targets within 5 percent of the same time.",
            Source("saxe2019mathematical", "shallow and deep networks compared"),
            "figure",
            lambda e: float(halves(e, 1).max() / halves(e, 1).min()),
            AtMost(1.05),
            null=as_depth("depth 2 in its place", 2, [1]),
            mutants=[as_depth("depth 3 in its place", 3, [1])],
            needs=needs,
        ),
        Claim(
            "width of the rise",
            "At depth 2 a mode rises from a tenth to nine tenths of its target s in the time log 81 / (2s), within 2 "
            "percent: "
            "transitions are as narrow as 1/(2s).",
            COURSE,
            "figure",
            width,
            AtMost(0.02),
            null=as_depth("the exponential of a single matrix", 1, [2]),
            mutants=[as_depth("depth 3 in its place", 3, [2])],
            needs=needs,
        ),
        Claim(
            "levels of a hierarchy are learnt one after another",
            "Items at the leaves of a tree, two layers from a small random start: every mode of a level passes half of "
            "its target "
            "at least 1.1 times later than every mode of the level above.",
            Source("saxe2019mathematical", "progressive differentiation"),
            "figure",
            lambda e: e.final("levels_apart", family="hierarchy"),
            AtLeast(1.1),
            null=_other("hierarchy", "a single matrix", levels_apart="levels_apart_shallow"),
            mutants=[_other("hierarchy", "the levels reversed", levels_apart="levels_apart_reversed")],
            needs={"family": "hierarchy"},
        ),
    ]


def _starts() -> list[Claim]:
    figure, needs = Source("arora2018optimization", "section 8, figure 6"), {"family": "starts"}
    return [
        Claim(
            "near zero, depth 8 does not start",
            "Fourth powers, eight factors near zero: at every rate of the grid and on every instance the loss keeps at "
            "least 0.99 of "
            "its value, or is lost to divergence.",
            figure,
            "figure",
            lambda e: e.final("small_8_left", family="starts"),
            AtLeast(0.99),
            null=_other("starts", "a single matrix", small_8_left="depth_1_left"),
            mutants=[_other("starts", "eight identities", small_8_left="identity_8_left")],
            needs=needs,
        ),
        Claim(
            "from the identity, depth speeds up",
            "Fourth powers, factors that start at the identity: at the best rate of the grid, depths 4 and 8 end at a "
            "lower loss "
            "than depth 1, the median over instances of the quotient.",
            figure,
            "figure",
            lambda e: max(e.final("identity_4", family="starts"), e.final("identity_8", family="starts")),
            AtMost(0.99),
            null=Mutant("a single matrix at every depth", lambda e: e.replaced(lambda r: {"identity_4": 1.0, "identity_8": 1.0})),
            mutants=[_other("starts", "a start near zero at depth 8", identity_8="small_8")],
            published="acceleration up to 8 layers",
            needs=needs,
        ),
    ]


def _listed(values: Sequence[float]) -> str:
    words = ["infinity" if math.isinf(value) else f"{value:g}" for value in values]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _other(family: str, what: str, **names: str) -> Mutant:
    """The numbers of a family replaced by others that were measured beside them."""
    return Mutant(what, lambda e: e.replaced(lambda r: {to: r.finals[name] for to, name in names.items()}, family=family))


def _scalar(what: str, **names: str) -> Mutant:
    return _other("scalars", what, **names)


def _changed(evidence: Evidence, change: Callable[[Any], dict[str, float]]) -> Evidence:
    return evidence.replaced(lambda r: change(r.finals), family="scalars")


def _quotients(evidence: Evidence, depths: Sequence[str]) -> float:
    values = [evidence.final(f"sharpness_{depth}", family="scalars") for depth in depths]
    return max(after / before for before, after in itertools.pairwise(values))


def _sharpness(evidence: Evidence, change: Callable[[list[float]], list[float]]) -> Evidence:
    names = [f"sharpness_{depth}" for depth in ("2", "2.5", "3", "4", "6")]
    return _changed(evidence, lambda f: dict(zip(names, change([f[name] for name in names]), strict=True)))
