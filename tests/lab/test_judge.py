"""Verdicts: what passes, what fails, and every way in which a check may be unable to tell."""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from thalweg.lab.finished import Missing
from thalweg.lab.judge import judge
from thalweg.studies.bounds import AtLeast, AtMost
from thalweg.studies.claim import Claim, Mutant, Source, Verdict
from thalweg.studies.evidence import Evidence, NotThere, Result
from thalweg.studies.registry import study as find
from thalweg.studies.study import Case, Study


def error_of(kind: str) -> Callable[[Evidence], float]:
    return lambda evidence: evidence.final("error", kind=kind)


def put(value: float) -> Callable[[Evidence], Evidence]:
    return lambda evidence: evidence.replaced(lambda result: {"error": value})


def claim(name: str = "small", **changes: Any) -> Claim:
    given = {
        "name": name,
        "sentence": "The error is small.",
        "source": Source("arora2019implicit", "theorem 3"),
        "grade": "theorem",
        "measure": error_of("flow"),
        "allowed": AtMost(0.5),
        "null": Mutant("nothing learnt", put(1.0)),
        "mutants": [Mutant("the factor left out", put(2.0))],
        "published": "0.1",
    }
    return Claim(**{**given, **changes})


def evidence(errors: Sequence[float] = (0.1, 0.2, 0.3), kind: str = "flow") -> Evidence:
    def record() -> Any:
        raise AssertionError("no record is read")

    return Evidence([Result({"kind": kind}, seed, {"error": error}, record) for seed, error in enumerate(errors)])


def study_of(*claims: Claim) -> Study:
    return dataclasses.replace(find("singular-values"), name="fake", claims=lambda parameters: list(claims))


def verdict_on(one: Claim, given: Evidence | None = None, missing: Sequence[Missing] = ()) -> Verdict:
    return judge(study_of(one), None, "full", given if given is not None else evidence(), missing)[0]


def failed(kind: str = "flow", seed: int = 2) -> Missing:
    return Missing(Case({"kind": kind}, seed), "RuntimeError: no luck")


def test_a_kept_bound_passes_with_all_its_numbers():
    verdict = verdict_on(claim())
    assert (verdict.verdict, verdict.reason) == ("pass", "")
    assert (verdict.measured, verdict.low, verdict.high) == (0.2, 0.1, 0.3)
    assert verdict.margin == pytest.approx(0.6)
    assert verdict.null_margin == pytest.approx(-1.0)
    assert verdict.mutants == {"the factor left out": pytest.approx(-3.0)}
    assert verdict.seeds == (0, 1, 2)
    assert (verdict.study, verdict.claim, verdict.grade, verdict.mode) == ("fake", "small", "theorem", "full")
    assert (verdict.source, verdict.published, verdict.allowed) == ("arora2019implicit, theorem 3", "0.1", "at most 0.5")


def test_a_broken_bound_fails_and_says_by_how_much():
    verdict = verdict_on(claim(allowed=AtMost(0.15)))
    assert verdict.verdict == "fail"
    assert verdict.reason == "measured 0.2, allowed at most 0.15"
    assert verdict.margin == pytest.approx(-1 / 3)


@pytest.mark.parametrize(("reduce", "value"), [("median", 0.2), ("max", 0.3), ("min", 0.1)])
def test_seeds_are_put_together_as_the_claim_says(reduce: str, value: float):
    verdict = verdict_on(claim(reduce=reduce))
    assert (verdict.measured, verdict.low, verdict.high) == (value, 0.1, 0.3)
    assert verdict_on(claim(reduce=reduce, allowed=AtMost(0.25))).verdict == ("fail" if reduce == "max" else "pass")


def test_the_null_and_the_mutants_are_put_together_in_the_same_way():
    shrunk = Mutant("a tenth", lambda e: e.replaced(lambda r: {"error": r.finals["error"] / 0.5}))
    verdict = verdict_on(claim(reduce="max", allowed=AtMost(0.5), mutants=[shrunk]))
    assert verdict.mutants == {"a tenth": pytest.approx((0.5 - 0.6) / 0.5)}


def test_instances_outside_the_bound_are_told_where_the_median_keeps_it():
    verdict = verdict_on(claim(), evidence((0.1, 0.7, 0.2, 0.9, 0.3)))
    assert verdict.verdict == "pass"
    assert verdict.reason == "the median keeps the bound; instances 1, 3 do not"


def test_a_null_that_passes_makes_the_check_worthless():
    verdict = verdict_on(claim(null=Mutant("the zero matrix", put(0.4))))
    assert verdict.verdict == "inconclusive"
    assert verdict.reason == "the trivial run passes too (the zero matrix): the check cannot tell"
    assert verdict.null_margin == pytest.approx(0.2)


def test_a_mutant_that_passes_makes_the_check_worthless():
    mutants = [Mutant("caught", put(3.0)), Mutant("the halved exponent", put(0.5))]
    verdict = verdict_on(claim(mutants=mutants))
    assert verdict.verdict == "inconclusive"
    assert verdict.reason == "a wrong variant passes too (the halved exponent): the check cannot tell"
    assert set(verdict.mutants) == {"caught", "the halved exponent"}


def test_fewer_seeds_than_asked_for_are_inconclusive():
    verdict = verdict_on(claim(least_seeds=5))
    assert verdict.verdict == "inconclusive"
    assert verdict.reason == "3 of the 5 instances that it asks for; run with --seeds 5"
    assert verdict_on(claim(least_seeds=3)).verdict == "pass"


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("reduce", ["median", "max", "min"])
def test_a_number_that_is_none_never_passes_unnoticed(bad: float, reduce: str):
    verdict = verdict_on(claim(reduce=reduce), evidence((0.1, bad)))
    reduced = {"median": np.median, "max": np.max, "min": np.min}[reduce]([0.1, bad])
    assert verdict.verdict == ("pass" if np.isfinite(reduced) else "fail")
    assert verdict.reason
    if not np.isfinite(reduced):
        assert verdict.reason == "the number is not finite on seed 1"


def test_the_median_over_seeds_of_which_one_is_no_number_is_none():
    verdict = verdict_on(claim(), evidence((0.1, 0.2, math.nan)))
    assert verdict.verdict == "fail"
    assert verdict.measured is not None
    assert math.isnan(verdict.measured)


def test_one_infinity_of_three_leaves_a_finite_median_and_is_told():
    verdict = verdict_on(claim(), evidence((0.1, 0.2, math.inf)))
    assert (verdict.verdict, verdict.measured) == ("pass", 0.2)
    assert verdict.reason == "the median keeps the bound; instances 2 do not"


def test_missing_data_are_not_run_and_the_reason_is_theirs():
    missing = [Missing(Case({"kind": "flow"}, 0), "set THALWEG_DATA", no_data=True)]
    verdict = verdict_on(claim(needs={"kind": "flow"}), Evidence([]), missing)
    assert (verdict.verdict, verdict.reason) == ("not run", "set THALWEG_DATA")
    assert verdict.measured is verdict.margin is verdict.null_margin is None
    assert dict(verdict.mutants) == {}
    assert list(verdict.seeds) == []


def test_what_nothing_was_run_for_is_not_run():
    verdict = verdict_on(claim(), evidence(kind="other"))
    assert (verdict.verdict, verdict.reason) == ("not run", "none of the runs that it reads is there")


def test_a_failed_run_that_a_claim_needs_is_inconclusive():
    verdict = verdict_on(claim(needs={"kind": "flow"}), evidence((0.1, 0.2)), [failed(), failed("descent", 0)])
    assert verdict.verdict == "inconclusive"
    assert verdict.reason == "1 of its runs are missing: kind flow, seed 2: RuntimeError: no luck"
    assert verdict.measured == pytest.approx(0.15)


def test_a_failed_run_of_another_kind_leaves_a_claim_alone():
    assert verdict_on(claim(needs={"kind": "flow"}), None, [failed("descent")]).verdict == "pass"
    assert verdict_on(claim(), None, [failed("descent")]).verdict == "inconclusive"  # it does not say what it needs


def test_a_check_that_raises_is_inconclusive_and_takes_no_other_with_it():
    def broken(evidence: Evidence) -> float:
        return evidence.final("eror", kind="flow")

    verdicts = judge(study_of(claim("broken", measure=broken), claim("whole")), None, "full", evidence(), [])
    assert [verdict.verdict for verdict in verdicts] == ["inconclusive", "pass"]
    assert verdicts[0].reason == "its number could not be made on seed 0: KeyError: 'eror'"


def test_a_check_that_asks_for_too_little_is_a_defect_and_no_missing_run():
    two = Evidence([*evidence(), *evidence()])
    verdict = verdict_on(claim(), two)
    assert verdict.verdict == "inconclusive"
    assert "2 results with {'kind': 'flow'}, one was wanted" in verdict.reason


@pytest.mark.parametrize("error", [NotThere("no result with depth 3"), ZeroDivisionError("division by zero")])
@pytest.mark.parametrize("place", ["null", "mutants"])
def test_a_wrong_variant_that_cannot_be_tried_is_inconclusive(error: Exception, place: str):
    def change(evidence: Evidence) -> Evidence:
        raise error

    wrong = Mutant("depth 3 in its place", change)
    one = claim(null=wrong) if place == "null" else claim(mutants=[Mutant("caught", put(2.0)), wrong])
    verdict = verdict_on(one)
    assert verdict.verdict == "inconclusive"
    told = f"{type(error).__name__}: {error}"
    assert verdict.reason == f"'depth 3 in its place' could not be tried ({told}): the check cannot tell"
    assert verdict.measured == 0.2


def test_a_claim_may_read_the_first_seed_alone():
    only_first = evidence((0.1,), "films")
    verdict = verdict_on(claim(measure=error_of("films")), Evidence([*only_first, *evidence()]))
    assert (verdict.verdict, tuple(verdict.seeds), verdict.measured) == ("pass", (0,), 0.1)


def test_the_order_of_reasons_puts_what_is_worst_first():
    """A number that is none fails whatever else is wrong; a missing run comes before a check that cannot tell."""
    passing_null = Mutant("zero", put(0.0))
    assert verdict_on(claim(null=passing_null), evidence((math.nan,)), [failed()]).verdict == "fail"
    assert "missing" in verdict_on(claim(null=passing_null, least_seeds=9), None, [failed()]).reason
    assert "trivial" in verdict_on(claim(null=passing_null, least_seeds=9, allowed=AtMost(0.05))).reason
    assert "instances" in verdict_on(claim(least_seeds=9, allowed=AtMost(0.05))).reason


def test_a_bound_from_below_is_judged_the_same():
    at_least = claim(allowed=AtLeast(0.15), null=Mutant("zero", put(0.0)), mutants=[Mutant("less", put(0.1))])
    assert verdict_on(at_least).verdict == "pass"
    assert verdict_on(at_least, evidence((0.1, 0.05))).verdict == "fail"
