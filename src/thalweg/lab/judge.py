"""From evidence to verdicts: the claim, its null and its mutants, over seeds."""

import math
from collections.abc import Sequence
from typing import Any

from thalweg.lab.finished import Missing
from thalweg.studies.claim import Claim, Mutant, Verdict
from thalweg.studies.evidence import Evidence, NotThere, over_seeds
from thalweg.studies.study import Study
from thalweg.studies.verdicts import Verdicts


def judge(study: Study, parameters: Any, mode: str, evidence: Evidence, missing: Sequence[Missing]) -> Verdicts:
    """The verdict on every claim of a study.

    Pass: the number keeps its bound, and the trivial run and every wrong variant do not. Where one of those keeps it too,
    the check cannot tell, and the verdict is inconclusive; likewise with fewer seeds than the claim asks for, with cases that
    failed, or where the check itself raises an error. Not run: none of what it reads is there.
    """
    return Verdicts(_verdict(study, claim, mode, evidence, missing) for claim in study.claims(parameters))


def _verdict(study: Study, claim: Claim, mode: str, evidence: Evidence, missing: Sequence[Missing]) -> Verdict:
    def made(verdict: str, reason: str, **numbers: Any) -> Verdict:
        blank = {"measured": None, "low": None, "high": None, "margin": None, "null_margin": None, "mutants": {}, "seeds": ()}
        return Verdict(
            study=study.name,
            claim=claim.name,
            sentence=claim.sentence,
            grade=claim.grade,
            source=str(claim.source),
            verdict=verdict,
            published=claim.published,
            allowed=str(claim.allowed),
            reason=reason,
            mode=mode,
            **{**blank, **numbers},
        )

    lost = [m for m in missing if all(m.case.coordinates.get(k) == v for k, v in claim.needs.items())]
    per_seed: dict[int, float] = {}
    for seed in evidence.seeds():
        value, trouble = _measured(claim, evidence.of_seed(seed))
        if trouble:
            return made("inconclusive", f"its number could not be made on seed {seed}: {trouble}")
        if value is not None:
            per_seed[seed] = value
    if not per_seed:
        return made("not run", lost[0].reason if lost else "none of the runs that it reads is there")
    value, low, high = _reduced(claim, list(per_seed.values()))
    seeds = tuple(per_seed)
    numbers = {"measured": value, "low": low, "high": high, "margin": claim.allowed.margin(value), "seeds": seeds}
    troubles: list[str] = []
    null = _under(claim, evidence, seeds, claim.null, troubles)
    mutants = {mutant.what: _under(claim, evidence, seeds, mutant, troubles) for mutant in claim.mutants}
    numbers |= {"null_margin": claim.allowed.margin(null)}
    numbers |= {"mutants": {what: claim.allowed.margin(number) for what, number in mutants.items()}}
    if not math.isfinite(value):
        return made("fail", f"the number is not finite on {_bad(per_seed)}", **numbers)
    if lost:
        return made("inconclusive", f"{len(lost)} of its runs are missing: {lost[0].case}: {lost[0].reason}", **numbers)
    if troubles:
        return made("inconclusive", f"{troubles[0]}: the check cannot tell", **numbers)
    survivors = [what for what, number in mutants.items() if claim.allowed.holds(number)]
    if claim.allowed.holds(null):
        return made("inconclusive", f"the trivial run passes too ({claim.null.what}): the check cannot tell", **numbers)
    if survivors:
        return made("inconclusive", f"a wrong variant passes too ({survivors[0]}): the check cannot tell", **numbers)
    if len(seeds) < claim.least_seeds:
        reason = f"{len(seeds)} of the {claim.least_seeds} instances that it asks for; run with --seeds {claim.least_seeds}"
        return made("inconclusive", reason, **numbers)
    if not claim.allowed.holds(value):
        return made("fail", f"measured {value:.4g}, allowed {claim.allowed}", **numbers)
    outside = [seed for seed, one in per_seed.items() if not (math.isfinite(one) and claim.allowed.holds(one))]
    note = f"the {claim.reduce} keeps the bound; instances {', '.join(map(str, outside))} do not" if outside else ""
    return made("pass", note, **numbers)


def _measured(claim: Claim, evidence: Evidence) -> tuple[float | None, str]:
    """The number of one seed, None where its runs are not there; and what went wrong with the check itself."""
    try:
        return float(claim.measure(evidence)), ""
    except NotThere:
        return None, ""
    except Exception as error:  # noqa: BLE001 - whatever a check raises must not take the other verdicts with it
        return None, f"{type(error).__name__}: {error}"


def _under(claim: Claim, evidence: Evidence, seeds: Sequence[int], wrong: Mutant, troubles: list[str]) -> float:
    """The number under a null or a mutant; NaN where it cannot be made, and then why among the troubles."""
    try:
        values = [float(claim.measure(wrong.change(evidence.of_seed(seed)))) for seed in seeds]
    except Exception as error:  # noqa: BLE001 - as above
        troubles.append(f"{wrong.what!r} could not be tried ({type(error).__name__}: {error})")
        return math.nan
    return _reduced(claim, values)[0]


def _reduced(claim: Claim, values: list[float]) -> tuple[float, float, float]:
    middle, low, high = over_seeds(values)
    if any(math.isnan(value) for value in values):
        middle = math.nan
    return {"median": middle, "max": high, "min": low}[claim.reduce], low, high


def _bad(per_seed: dict[int, float]) -> str:
    return "seed " + ", ".join(str(seed) for seed, value in per_seed.items() if not math.isfinite(value))
