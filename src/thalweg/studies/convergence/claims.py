"""What is claimed of convergence: the lemma and the bound under the hypotheses, and what becomes of descent without them."""

from collections.abc import Callable
from typing import Any

from thalweg.studies.bounds import AtLeast, AtMost, Between
from thalweg.studies.changes import exchanged, final, put
from thalweg.studies.claim import Claim, Erratum, Mutant, Source
from thalweg.studies.evidence import Evidence

PAPER = "arora2019convergence"
BY_HAND = {
    "imbalance_2": (1.2e-4, "the imbalance allowed at depth 2, margin 1/2 and norm 1"),
    "rate_2": (2.5e-6, "the largest step size at depth 2, margin 1/2 and norm 1"),
    "steps_2": (7.9e5, "the steps in which the bound falls by a factor e at depth 2, margin 1/2 and norm 1"),
    "rate_3": (6.0e-7, "the largest step size at depth 3, margin 1/2 and norm 1"),
    "steps_3": (4.2e6, "the steps in which the bound falls by a factor e at depth 3, margin 1/2 and norm 1"),
    "rate_identity": (1.4e-7, "the largest step size at depth 3 for the identity of five dimensions, margin 1"),
}
"""The theorem's numbers worked out by hand, to two digits."""


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [*_certified(parameters), *_pessimism(parameters), *_failures(), *_form(parameters)]


def _certified(parameters: Any) -> list[Claim]:
    needs = {"family": "certified"}
    return [
        Claim(
            "every step keeps the lemma",
            "Under the theorem's hypotheses every step of gradient descent lowers the loss by at least "
            f"(eta/2) sigma_min(W)^(2(N-1)/N) |grad|^2: least ratio over {parameters.steps:,} steps of every start at least 1.",
            Source(PAPER, "lemma 1"),
            "theorem",
            final("lemma", family="certified"),
            AtLeast(1.0),
            null=Mutant("a loss that does not fall", put({"lemma": 0.0}, family="certified")),
            mutants=[
                Mutant("2 eta in place of eta/2", exchanged({"lemma": "lemma_quadrupled"}, family="certified")),
                Mutant(
                    "the largest singular value in place of the least", exchanged({"lemma": "lemma_largest"}, family="certified")
                ),
            ],
            reduce="min",
            needs=needs,
        ),
        Claim(
            "the bound on the loss holds",
            "The loss falls at least as (1 - eta c^(2(N-1)/N))^t: its mean logarithmic rate is at least that of the bound.",
            Source(PAPER, "theorem 1"),
            "theorem",
            final("speed", family="certified"),
            AtLeast(1.0),
            null=Mutant("a loss that does not fall", put({"speed": 0.0}, family="certified")),
            mutants=[Mutant("a bound eight times as fast", _scaled("certified", "speed", 1 / 8))],
            reduce="min",
            needs=needs,
        ),
        Claim(
            "the starts keep the hypotheses",
            "All of these starts have a margin, nearly all of the imbalance that is allowed, and the largest step size that is: "
            "every one of them is certified.",
            Source(PAPER, "theorem 1"),
            "theorem",
            lambda e: e.final("certified", family="certified") * e.final("imbalance_used", family="certified"),
            Between(0.8, 1.0),
            null=Mutant(
                "starts that are exactly balanced, which would test less", put({"imbalance_used": 0.0}, family="certified")
            ),
            mutants=[Mutant("one start that is not certified", put({"certified": 0.0}, family="certified"))],
            reduce="min",
            needs=needs,
        ),
        Claim(
            "what the proof keeps, is kept",
            "Along the way the imbalance stays within twice the allowed, spectral norms of the factors within (4 |target|)^(1/N) "
            "and the distance within |target|: largest share at most 1.",
            Source(PAPER, "lemma 2"),
            "theorem",
            final("invariants", family="certified"),
            AtMost(1.0),
            null=Mutant("factors a hundred times as large", _scaled("certified", "invariants", 100.0)),
            mutants=[Mutant("norms within (|target|/4)^(1/N)", exchanged({"invariants": "norms_tight"}, family="certified"))],
            reduce="max",
            needs=needs,
        ),
    ]


def _pessimism(parameters: Any) -> list[Claim]:
    needs = {"family": "pessimism"}
    theorem = Source(PAPER, "theorem 1, its step size")

    def over(name: str, lowest: bool) -> Callable[[Evidence], float]:
        pick = min if lowest else max
        return lambda e: pick(e.final(f"{name}_{n}", **needs) for n in parameters.depths)

    def scaled(name: str, factor: float) -> Callable[[Evidence], Evidence]:
        def change(result: Any) -> dict[str, float]:
            return {f"{name}_{n}": factor * result.finals[f"{name}_{n}"] for n in parameters.depths}

        return lambda e: e.replaced(change, **needs)

    return [
        Claim(
            "the step size is pessimistic",
            "The largest step size that works, found by bisection, is more than 12288 N^2 times that of the theorem: the least "
            "ratio to that is at least 1.",
            theorem,
            "figure",
            over("least_factor", lowest=True),
            AtLeast(1.0),
            null=Mutant("the theorem's step size itself", scaled("least_factor", 1e-9)),
            mutants=[Mutant("a constant of 6 in place of 6144", scaled("least_factor", 1e-3))],
            needs=needs,
        ),
        Claim(
            "by 12288 N^2 at best",
            "Where the theorem is least pessimistic (one entry, a start at the target) that factor is 12288 N^2, which follows "
            "from the limit of stability: within 5 percent at every depth.",
            theorem,
            "figure",
            lambda e: max(abs(e.final(f"best_{n}", **needs) - 1) for n in parameters.depths),
            AtMost(0.05),
            null=Mutant("the theorem's step size itself", scaled("best", 1e-5)),
            mutants=[Mutant("12288 N in its place", lambda e: e.replaced(lambda r: {"best_2": 2 * r.finals["best_2"]}, **needs))],
            needs=needs,
        ),
        Claim(
            "the limit is that of stability",
            "The largest step size that works is 2 / (N sigma_max(target)^(2 - 2/N)), the limit of stability at the target, "
            "within 10 percent.",
            Source(PAPER, "theorem 1, against linear stability"),
            "figure",
            lambda e: max(abs(e.final(f"limit_{n}", **needs) - 1) for n in parameters.depths),
            AtMost(0.1),
            null=Mutant("the theorem's step size itself", scaled("limit", 1e-6)),
            mutants=[
                Mutant("the factor N left out", lambda e: e.replaced(lambda r: {"limit_2": r.finals["limit_2"] / 2}, **needs))
            ],
            needs=needs,
        ),
    ]


def _failures() -> list[Claim]:
    needs = {"family": "failures"}
    unbalanced, margin = Source(PAPER, "claim 4"), Source(PAPER, "claim 5")
    return [
        Claim(
            "without balance it diverges at every rate",
            "From starts with margin 3/4 and without balance, their factors spread by 10/sqrt(eta), descent overflows within "
            "forty steps at depths 2 and 4 and rates from 0.1 to 1e-5: in all ten cases.",
            unbalanced,
            "theorem",
            lambda e: e.final("diverged", **needs) / e.final("tried", **needs),
            AtLeast(1.0),
            null=Mutant("balanced factors of the same product", exchanged({"diverged": "diverged_balanced"}, family="failures")),
            mutants=[Mutant("factors spread hardly at all", exchanged({"diverged": "diverged_mild"}, family="failures"))],
            reduce="min",
            needs=needs,
        ),
        Claim(
            "those starts have their margin",
            "Their margin is 3/4, as measured from target and product: off by at most 1e-12.",
            unbalanced,
            "theorem",
            final("margin_off", family="failures"),
            AtMost(1e-12),
            null=Mutant("no margin", put({"margin_off": 0.75}, family="failures")),
            mutants=[Mutant("the margin of half the product", put({"margin_off": abs(0.375 - 0.75)}, family="failures"))],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "without margin it stays above a floor",
            "From the identity, perfectly balanced, the loss never comes below lambda^2/2 for a target with the eigenvalue "
            "-lambda, at depths 2 and 4 and every rate: by at most 1e-12.",
            margin,
            "theorem",
            final("below_floor", family="failures"),
            AtMost(1e-12),
            null=Mutant(
                "a target without negative eigenvalues", exchanged({"below_floor": "floor_with_margin"}, family="failures")
            ),
            mutants=[Mutant("an odd depth with a large step", exchanged({"below_floor": "below_floor_odd"}, family="failures"))],
            reduce="max",
            needs=needs,
        ),
        Claim(
            "the floor is reached at depth 2",
            "At depth 2 it ends there, at every rate: within 1e-3 of lambda^2/2 = 0.245.",
            margin,
            "theorem",
            final("floor_2", family="failures"),
            AtMost(1e-3),
            null=Mutant("a target without negative eigenvalues", exchanged({"floor_2": "floor_with_margin"}, family="failures")),
            mutants=[Mutant("lambda^2 for lambda^2/2", put({"floor_2": 0.245}, family="failures"))],
            reduce="max",
            published="lambda^2/2",
            needs=needs,
        ),
        Claim(
            "and slowly at depth 4",
            "At depth 4 the loss approaches the floor as the power -N/(N-2) = -2 of the number of steps: slope between -2.1 and "
            "-1.8.",
            margin,
            "figure",
            final("floor_power_4", family="failures"),
            Between(-2.1, -1.8),
            null=Mutant("a loss that stays where it is", put({"floor_power_4": 0.0}, family="failures")),
            mutants=[Mutant("the power -1", put({"floor_power_4": -1.0}, family="failures"))],
            needs=needs,
        ),
        Claim(
            "at depth 4 it comes within 1e-3",
            "At depth 4 and rate 0.1 the loss ends within 1e-3 of the floor.",
            margin,
            "theorem",
            final("floor_4", family="failures"),
            Between(0.0, 1e-3),
            null=Mutant("a target without negative eigenvalues", exchanged({"floor_4": "floor_with_margin"}, family="failures")),
            mutants=[Mutant("lambda^2 for lambda^2/2", put({"floor_4": -0.245}, family="failures"))],
            reduce="max",
            needs=needs,
        ),
    ]


def _form(parameters: Any) -> list[Claim]:
    needs = {"family": "form"}

    def lowest(name: str) -> Callable[[Evidence], float]:
        return lambda e: min(e.final(f"{name}_{n}", **needs) for n in (2, 3))

    def printed(name: str) -> Callable[[Evidence], Evidence]:
        return lambda e: e.replaced(lambda r: {f"theorem{name}_{n}": r.finals[f"printed{name}_{n}"] for n in (2, 3)}, **needs)

    found = [
        Claim(
            "the exponents of margin and norm",
            "For one entry and margins from 1/4 to 64 the loss falls at least as exp(-eta c^(2 - 2/N) t), by a factor that does "
            "not depend on the margin; exp(-c^2 eta t), as printed, is broken for large margins: the least ratio of the measured "
            "rate to the stated one is at least 1.",
            Source(PAPER, "theorem 1"),
            "theorem",
            lowest("theorem"),
            AtLeast(1.0),
            null=Mutant("a loss that does not fall", lambda e: e.replaced(lambda r: {"theorem_2": 0.0}, **needs)),
            mutants=[Mutant("the printed form, exp(-c^2 eta t)", printed(""))],
            reduce="min",
            needs=needs,
            erratum=Erratum(
                r"With $\delta = O(c^2)$ and $\eta = O(c^4)$ the loss is at most $e^{-\Omega(c^2\eta t)}$.",
                "the slides on trajectories",
                r"$\delta = c^2/(256N^3\|\Phi\|_F^{2(N-1)/N})$, $\eta \le c^{4-2/N}/(6144N^3\|\Phi\|_F^{6-4/N})$, and the loss "
                r"is at most $(1 - \eta c^{2-2/N})^t\,\ell(0)$. No constant saves the printed form: its rate exceeds the true "
                r"one by $c^{2/N}$, its step size diverges for large $c$; at $\|\Phi\|_F = 1$, and so $c \le 1$, it follows from "
                r"the theorem.",
            ),
        ),
        Claim(
            "the step size needs the norm",
            "Descent converges with the theorem's step size at all of these margins, and with c^4 / (6144 N^3), without the "
            "norm, it diverges at some.",
            Source(PAPER, "theorem 1"),
            "theorem",
            lowest("theorem_works"),
            AtLeast(1.0),
            null=Mutant(
                "a step size at which nothing converges", lambda e: e.replaced(lambda r: {"theorem_works_2": 0.0}, **needs)
            ),
            mutants=[Mutant("the printed form, of the order of c^4", printed("_works"))],
            reduce="min",
            needs=needs,
        ),
        Claim(
            "the printed rate is off by a power",
            "The measured rate over the printed one, c^2 eta, falls as c^(-2/N): slope times N/2 between -1.02 and -0.98.",
            Source(PAPER, "theorem 1"),
            "theorem",
            lambda e: min((e.final(f"printed_power_{n}", **needs) * n / 2 for n in (2, 3)), key=lambda slope: -abs(slope + 1)),
            Between(-1.02, -0.98),
            null=Mutant("a rate that is off by a constant", lambda e: e.replaced(lambda r: {"printed_power_2": 0.0}, **needs)),
            mutants=[Mutant("the theorem's own rate", lambda e: e.replaced(_own_power, **needs))],
            needs=needs,
        ),
        Claim(
            "residual networks have a margin",
            "The identity has a margin to every target within 0.499 of it in Frobenius norm, at least 1 - 2 times the distance: "
            "the least margin of 201 targets is that of the bound.",
            Source(PAPER, "section 3.2, linear residual networks"),
            "theorem",
            lambda e: e.final("residual", **needs) / e.final("residual_bound", **needs),
            Between(0.999, 1.001),
            null=Mutant("no margin", put({"residual": 0.0}, family="form")),
            mutants=[Mutant("targets within 0.6", exchanged({"residual": "residual_beyond"}, family="form"))],
            reduce="min",
            needs=needs,
        ),
    ]
    for name, (value, words) in BY_HAND.items():
        found.append(
            Claim(
                words,
                f"Worked out by hand it is {value:.1e}: the theorem's formula gives that within 3 percent.",
                Source(PAPER, "theorem 1"),
                "theorem",
                lambda e, name=name, value=value: e.final(name, **needs) / value,
                Between(0.97, 1.03),
                null=Mutant("nothing", put({name: 0.0}, family="form")),
                mutants=[_mutant_of_number(name)],
                needs=needs,
            )
        )
    return found


def _mutant_of_number(name: str) -> Mutant:
    if name == "rate_identity":
        return Mutant("the spectral norm in place of Frobenius'", exchanged({name: "rate_spectral"}, family="form"))
    if name == "imbalance_2":
        return Mutant("the cube of the margin", _scaled("form", name, 0.5))
    other = name[:-1] + {"2": "3", "3": "2"}[name[-1]]
    return Mutant("the other depth in its place", exchanged({name: other}, family="form"))


def _own_power(result: Any) -> dict[str, float]:
    return {f"printed_power_{n}": result.finals[f"theorem_power_{n}"] for n in (2, 3)}


def _scaled(family: str, name: str, factor: float) -> Callable[[Evidence], Evidence]:
    return lambda evidence: evidence.replaced(lambda result: {name: factor * result.finals[name]}, family=family)
