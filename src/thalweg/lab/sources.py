"""What a study rests on, by its name."""

from thalweg.lab.plan import Plan
from thalweg.studies.cited import keys_of_study


def study_keys(name: str) -> list[str]:
    """The keys of the sources of a study, of its claims, and of every part of its runs; each once.

    Examples:
        >>> study_keys("schatten")[0]
        'arora2019implicit'
    """
    plan = Plan(name, quick=True)
    study, parameters, _ = plan.resolved()
    return keys_of_study(study, parameters, plan.root)
