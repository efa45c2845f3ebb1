"""Whether a study that was carried out came to what was expected."""

from thalweg.lab.finished import StudyRun


def expected(run: StudyRun) -> bool:
    """Whether every claim passed, leaving out those whose real data are not at hand; at least one must have passed.

    Data that cannot be had here are the one reason for which a claim may stand as not run without counting against the
    study; the verdict names what to do about it.
    """
    reasons = {missing.reason for missing in run.missing if missing.no_data}
    counted = [v for v in run.verdicts if not (v.verdict == "not run" and v.reason in reasons)]
    return bool(counted) and all(verdict.verdict == "pass" for verdict in counted)
