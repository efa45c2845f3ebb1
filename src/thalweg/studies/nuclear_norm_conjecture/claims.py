"""What is claimed of the flow and the nuclear norm where measurements do not commute."""

from collections.abc import Callable
from typing import Any

from thalweg.studies.bounds import AtLeast, AtMost
from thalweg.studies.changes import exchanged
from thalweg.studies.claim import Claim, Mutant, Source
from thalweg.studies.evidence import Evidence

CONJECTURE = Source("gunasekar2017implicit", "conjecture 1 and its experiments")
COUNTER = Source("li2021towards", "the counter-example to the nuclear norm conjecture")


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [*_search(parameters), *_counterexample(parameters), _flow()]


def _search(parameters: Any) -> list[Claim]:
    first, middle, last = f"{parameters.scales[0]:g}", f"{parameters.scales[-2]:g}", f"{parameters.scales[-1]:g}"
    needs = {"family": "search"}

    def swap(**names: str) -> Callable[[Evidence], Evidence]:
        return exchanged(names, family="search")

    def unchanged(e: Evidence) -> Evidence:
        return swap(**{f"median_recovered_{last}": f"median_recovered_{first}"})(e)

    def too_low(e: Evidence) -> Evidence:
        names = [f"median_recovered_{scale}" for scale in (first, last)]
        return e.replaced(lambda r: {name: (1 + r.finals[name]) / 0.99 - 1 for name in names}, **needs)

    def fall(e: Evidence) -> float:
        return e.final(f"median_recovered_{last}", **needs) / e.final(f"median_recovered_{first}", **needs)

    return [
        Claim(
            "least traces are certified",
            "The least trace of every random instance is known from both sides: relative gap at most 1e-4.",
            CONJECTURE,
            "theorem",
            lambda e: e.final("gap", **needs),
            AtMost(1e-4),
            null=Mutant("what the zero dual proves", lambda e: e.replaced(lambda r: {"gap": 1.0}, **needs)),
            mutants=[Mutant("the nuclear norm of the solution nearest to zero as the least", swap(gap="nearest"))],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "on random instances the excess is small",
            f"From {last} I the flow ends near the least nuclear norm: median relative excess at most 0.02.",
            CONJECTURE,
            "figure",
            lambda e: e.final("median_all", **needs),
            AtMost(0.02),
            null=Mutant("the solution nearest to zero", swap(median_all="nearest")),
            mutants=[Mutant(f"a start at {first} I", swap(median_all="median_all_first"))],
            needs=needs,
        ),
        Claim(
            "where the nuclear norm recovers, the excess goes with the start",
            "On instances whose solution of least trace is the truth the median excess falls with the start: at "
            f"{last} I at most a tenth of what it is at {first} I.",
            CONJECTURE,
            "figure",
            fall,
            AtMost(0.1),
            null=Mutant("an excess that the start does not change", unchanged),
            mutants=[Mutant("a least nuclear norm taken one percent too low", too_low)],
            needs=needs,
        ),
        Claim(
            "where it does not, the excess need not go",
            "On the other instances some excesses grow again as the start shrinks, so that the conjecture fails on plain random "
            f"instances too: share that is larger at {last} I than at {middle} I at least 0.1.",
            Source("arora2019implicit", "section 3 and its experiments with few entries"),
            "figure",
            lambda e: e.final("rising_other", **needs),
            AtLeast(0.1),
            null=Mutant("excesses that all fall", lambda e: e.replaced(lambda r: {"rising_other": 0.0}, **needs)),
            mutants=[Mutant("measurements that commute, where theory holds", swap(rising_other="rising_commuting"))],
            needs=needs,
        ),
    ]


def _counterexample(parameters: Any) -> list[Claim]:
    needs = {"family": "counterexample"}
    larges = [f"{large:g}" for large in parameters.larges]
    small = min(larges, key=float)

    def swap(name: str, other: str) -> Callable[[Evidence], Evidence]:
        return exchanged({f"{name}_{large}": f"{other}_{large}" for large in larges}, family="counterexample")

    def off(e: Evidence) -> float:
        return abs(e.final(f"trace_{small}", **needs) / (2 * float(small) ** 2 + 2) - 1)

    def excess(e: Evidence) -> float:
        return min(e.final(f"trace_{large}", **needs) / e.final(f"least_{large}", **needs) - 1 for large in larges)

    def least(e: Evidence) -> float:
        apart = [abs(e.final(f"least_{large}", **needs) / (4 * float(large)) - 1) for large in larges]
        return max(*apart, *(e.final(f"least_gap_{large}", **needs) for large in larges))

    return [
        Claim(
            "the least nuclear norm of the counter-example",
            "Completions of the counter-example with entries R have nuclear norm 4R at least: two solvers with certificates "
            "agree on it to 1e-5.",
            COUNTER,
            "theorem",
            least,
            AtMost(1e-5),
            null=Mutant("the solution of rank one", swap("least", "rank_one")),
            mutants=[Mutant("where the flow ends from a large start", swap("least", "trace_first"))],
            published="4R",
            needs=needs,
        ),
        Claim(
            "the flow ends at rank one instead",
            "From a tiny start the flow ends at the solution of rank one, whose nuclear norm is 2R^2 + 2: at R = "
            f"{small} to 1 percent.",
            COUNTER,
            "theorem",
            off,
            AtMost(0.01),
            null=Mutant("the least nuclear norm", swap("trace", "least")),
            mutants=[Mutant("a large start", swap("trace", "trace_first"))],
            published="2R^2 + 2",
            needs=needs,
        ),
        Claim(
            "so the nuclear norm is not minimised",
            "Its nuclear norm exceeds the least by at least a fifth, and the more the smaller the start.",
            COUNTER,
            "figure",
            excess,
            AtLeast(0.2),
            null=Mutant("the least nuclear norm", swap("trace", "least")),
            mutants=[Mutant("a large start", swap("trace", "trace_first"))],
            published="(2R^2 + 2) / (4R) - 1: a quarter at R = 2",
            needs=needs,
        ),
        Claim(
            "and smaller starts make it worse",
            "From each start to the next smaller one the nuclear norm at the end rises.",
            COUNTER,
            "figure",
            lambda e: min(e.final(f"rises_{large}", **needs) for large in larges),
            AtLeast(1e-5),
            null=Mutant("no change", lambda e: e.replaced(lambda r: {f"rises_{large}": 0.0 for large in larges}, **needs)),
            mutants=[Mutant("the starts in the opposite order", swap("rises", "rises_backwards"))],
            needs=needs,
        ),
    ]


def _flow() -> Claim:
    needs = {"family": "flow"}
    return Claim(
        "two factors move as the symmetric product",
        "From a multiple of the identity, with symmetric measurements, the flow of two factors ends where that of U U^T does: "
        "relative distance at most 1e-5.",
        Source("gunasekar2017implicit", "section 2"),
        "theorem",
        lambda e: e.final("apart", **needs),
        AtMost(1e-5),
        null=Mutant("the solution nearest to zero", exchanged({"apart": "apart_nearest"}, family="flow")),
        mutants=[Mutant("a start three times as large", exchanged({"apart": "apart_other_scale"}, family="flow"))],
        needs=needs,
    )
