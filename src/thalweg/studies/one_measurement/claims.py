"""What is claimed of singular values with one measurement."""

import itertools
from collections.abc import Callable
from typing import Any

from thalweg.studies.bounds import AtLeast, AtMost, Between
from thalweg.studies.changes import exchanged
from thalweg.studies.claim import Claim, Erratum, Mutant, Source
from thalweg.studies.evidence import Evidence

EXAMPLE = Source("arora2019implicit", "section 3.2, the example of one measurement")
FINALS = {1: (2.046, 1.258, 0.664), 2: (2.559, 0.630, 0.212), 3: (2.721, 0.390, 0.148), 4: (2.775, 0.310, 0.131)}
GAPS = {1: 1.6, 2: 4.1, 3: 7.0, 4: 9.0}
DEPTHS = (1, 2, 3, 4)


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [*_relations(parameters), *_caps(), *_entry(parameters), *_flow(parameters)]


def _relations(parameters: Any) -> list[Claim]:
    def final(e: Evidence, depth: int, k: int) -> float:
        return e.final(f"final_{depth}_{k}", family="aligned")

    def as_depths(names: tuple[str, ...], order: tuple[int, ...], family: str = "aligned") -> Callable[[Evidence], Evidence]:
        """Each depth given the numbers of another."""
        pairs = {f"{name}".format(d=d): f"{name}".format(d=o) for name in names for d, o in zip(DEPTHS, order, strict=True)}
        return exchanged(pairs, family=family)

    values = tuple(f"final_{{d}}_{k}" for k in (1, 2, 3))
    start = exchanged({f"final_{d}_{k}": f"start_{d}_{k}" for d in DEPTHS for k in (1, 2, 3)}, family="aligned")
    all_depths = [f"{depth:g}" for depth in parameters.depths]

    def relation(variant: str) -> Callable[[Evidence], Evidence]:
        return exchanged({f"relation_{depth}": f"relation_{variant}_{depth}" for depth in all_depths}, family="aligned")

    def gap_growth(e: Evidence) -> float:
        gaps = [e.final(f"gap_{depth}", family="aligned") for depth in DEPTHS]
        return min(later / earlier for earlier, later in itertools.pairwise(gaps))

    def level(evidence: Evidence) -> Evidence:
        return evidence.replaced(lambda r: {f"gap_{d}": 0.1 / 0.09 for d in DEPTHS}, family="aligned")

    return [
        Claim(
            "each singular value is a function of another",
            "With singular vectors along those of the measurement, sigma_r is linear in sigma_1 at depth 1, a power of it at "
            "depth 2, and (q sigma_1^(-(N-2)/N) + C)^(-N/(N-2)) at depth N otherwise: difference along the path at most 1e-6 of "
            "the largest.",
            EXAMPLE,
            "theorem",
            lambda e: max(e.final(f"relation_{depth}", family="aligned") for depth in all_depths),
            AtMost(1e-6),
            null=Mutant("singular values that stay", relation("still")),
            mutants=[
                Mutant("the relation of depth N + 1", relation("deeper")),
                Mutant("the ratio the wrong way up", relation("inverse")),
                Mutant("the same value for all at the start", relation("same_start")),
            ],
            reduce="max",
            needs={"family": "aligned"},
        ),
        Claim(
            "final singular values",
            "On the example (1, 0.6, 0.3), 3 measured, from (0.1, 0.09, 0.08), the twelve final singular values at depths 1 to 4 "
            "are the known ones: largest difference at most 1e-3.",
            EXAMPLE,
            "table",
            lambda e: max(abs(final(e, d, k) - FINALS[d][k - 1]) for d in DEPTHS for k in (1, 2, 3)),
            AtMost(1e-3),
            null=Mutant("the start", start),
            mutants=[
                Mutant("depths 2 and 3 exchanged", as_depths(values, (1, 3, 2, 4))),
                Mutant("every depth one more", as_depths(values, (2, 3, 4, 4))),
            ],
            published="2.046 1.258 0.664; 2.559 0.630 0.212; 2.721 0.390 0.148; 2.775 0.310 0.131",
            needs={"family": "aligned"},
        ),
        Claim(
            "gaps widen with depth",
            "The ratio of the first to the second singular value at the end is larger the deeper the product, by at least a "
            "fifth from each depth to the next.",
            EXAMPLE,
            "figure",
            gap_growth,
            AtLeast(1.2),
            null=Mutant("the gap at the start", level),
            mutants=[Mutant("depths in the opposite order", as_depths(("gap_{d}",), (4, 3, 2, 1)))],
            needs={"family": "aligned"},
        ),
        Claim(
            "the gaps themselves",
            "These ratios at depths 1 to 4 are 1.6, 4.1, 7.0, 9.0: each within 0.06.",
            EXAMPLE,
            "table",
            lambda e: max(abs(e.final(f"gap_{d}", family="aligned") - GAPS[d]) for d in DEPTHS),
            AtMost(0.06),
            null=Mutant("the gap at the start", level),
            mutants=[Mutant("every depth one more", as_depths(("gap_{d}",), (2, 3, 4, 4)))],
            published="1.6, 4.1, 7.0, 9.0",
            needs={"family": "aligned"},
        ),
    ]


def _caps() -> list[Claim]:
    def variant(name: str) -> Callable[[Evidence], Evidence]:
        return exchanged({f"cap_{d}": f"{name}_{d}" for d in (3, 4)}, family="aligned")

    return [
        Claim(
            "from depth 3 on there is an asymptote",
            "However large the first singular value gets, the second stays below C^(-N/(N-2)): with 10^7 measured, second over "
            "that at depths 3 and 4 between 0.98 and 1.",
            EXAMPLE,
            "theorem",
            lambda e: min(_share(e, 3), _share(e, 4), key=lambda share: -abs(share - 0.99)),
            Between(0.98, 1.0),
            null=Mutant(
                "the second value at the start", exchanged({f"far_{d}": f"start_{d}_2" for d in (3, 4)}, family="aligned")
            ),
            mutants=[
                Mutant("the exponent N/(N-1)", variant("cap_exponent")),
                Mutant("C without the other value", variant("cap_without_ratio")),
                Mutant("depth 2 in place of depth 3", exchanged({"far_3": "far_2"}, family="aligned")),
            ],
            needs={"family": "aligned"},
        ),
        Claim(
            "at depth 2 there is none",
            "At depth 2 the second singular value goes on growing, with 10^7 measured to over a thousand.",
            EXAMPLE,
            "figure",
            lambda e: e.final("far_2", family="aligned"),
            AtLeast(1000),
            null=Mutant("the second value at the start", exchanged({"far_2": "start_2_2"}, family="aligned")),
            mutants=[Mutant("depth 3 in its place", exchanged({"far_2": "far_3"}, family="aligned"))],
            needs={"family": "aligned"},
        ),
    ]


def _share(e: Evidence, depth: int) -> float:
    return e.final(f"far_{depth}", family="aligned") / e.final(f"cap_{depth}", family="aligned")


def _entry(parameters: Any) -> list[Claim]:
    depths = parameters.entry_depths

    def worst(name: str) -> Callable[[Evidence], float]:
        return lambda e: max(e.final(f"{name}_{depth}", family="entry") for depth in depths)

    def variant(name: str, other: str) -> Callable[[Evidence], Evidence]:
        return exchanged({f"{name}_{depth}": f"{other}_{depth}" for depth in depths}, family="entry")

    said = "as printed: the others coupled to the first"
    return [
        Claim(
            "one entry moves one singular value",
            "An observed entry is a measurement of rank one. With singular vectors along it the first singular value alone "
            "moves; the others, which slides describe as coupled to it, stay: change at most 1e-9 of the size at the start.",
            Source("arora2019implicit", "section 3.2, the example, as told with one observed entry"),
            "theorem",
            worst("moved_entry"),
            AtMost(1e-9),
            null=Mutant(said, variant("moved_entry", "moved_printed")),
            mutants=[Mutant("a measurement of full rank", variant("moved_entry", "moved_full"))],
            reduce="max",
            needs={"family": "entry"},
            erratum=Erratum(
                "For one observed entry and l2 loss the singular values are coupled: linearly at depth 1, polynomially at "
                "depth 2, with an asymptote at depth 3 and more.",
                "the slides on trajectories and the blog post, theoretical example",
                r"An entry is the measurement $e_ie_j^\top$, of rank 1: with singular vectors along it only the first "
                "singular value moves. The relations are those of one measurement of full rank.",
            ),
        ),
        Claim(
            "one entry from a random start",
            "From random balanced starts the others stay of the size of the start too, while the first grows to the entry: the "
            "second at the end over the first at the start at most 1.2, at depths 1, 2 and 3.",
            Source("arora2019implicit", "section 3.2, the example, as told with one observed entry"),
            "figure",
            worst("rise_entry"),
            AtMost(1.2),
            null=Mutant(said, variant("rise_entry", "rise_printed")),
            mutants=[Mutant("a measurement of full rank", variant("rise_entry", "rise_full"))],
            reduce="max",
            published="(1.026, .081, .076) at depth 2, from another start",
            needs={"family": "entry"},
        ),
    ]


def _flow(parameters: Any) -> list[Claim]:
    depths, rtol = parameters.flow_depths, parameters.flow_rtol
    return [
        Claim(
            "the flow of the factors keeps the relations",
            "Followed as matrices in turned bases, singular values keep the relations along the path: difference at most 30 "
            "times the tolerance of the flow, relative to the largest.",
            EXAMPLE,
            "theorem",
            lambda e: max(e.final("residual", family="flow", depth=depth) for depth in depths),
            AtMost(30 * rtol),
            null=Mutant("singular values that stay", exchanged({"residual": "residual_still"}, family="flow")),
            mutants=[
                Mutant("a start whose singular vectors are tilted", exchanged({"residual": "residual_tilted"}, family="flow")),
                Mutant("the relation of depth N + 1", exchanged({"residual": "residual_deeper"}, family="flow")),
            ],
            reduce="max",
            needs={"family": "flow"},
        )
    ]
