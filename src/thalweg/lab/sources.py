"""What a study rests on."""

from thalweg.data.source import DataMissing
from thalweg.lab.plan import Plan
from thalweg.trajectory.cited import cited
from thalweg.trajectory.provenance import describe


def study_keys(name: str) -> list[str]:
    """The keys of the sources of a study, of its claims, and of every part of its runs; each once.

    Examples:
        >>> study_keys("schatten")[0]
        'arora2019implicit'
    """
    plan = Plan(name, quick=True)
    study, parameters, seeds = plan.resolved()
    keys = [source.key for source in study.sources]
    keys += [claim.source.key for claim in study.claims(parameters)]
    seen = set()
    for case in study.cases(parameters, seeds[:1]):
        try:
            described = describe(study.build(parameters, case, plan.root))
        except DataMissing:
            continue  # their publisher's terms are told where they are loaded
        if str(described) not in seen:
            seen.add(str(described))
            keys += cited(described)
    return list(dict.fromkeys(keys))
