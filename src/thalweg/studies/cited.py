"""What a study rests on."""

from typing import TYPE_CHECKING, Any

from thalweg.data.source import DataMissing
from thalweg.trajectory.cited import cited
from thalweg.trajectory.provenance import describe

if TYPE_CHECKING:
    from thalweg.studies.study import Study


def keys_of_study(study: "Study", parameters: Any, root: int = 0) -> list[str]:
    """The keys of the sources of a study, of its claims, and of every part of its runs; each once.

    Arguments:
        study: as it is defined.
        parameters: of its full form, its quick one, or changed ones.
        root: the root seed, of which no key depends.

    Examples:
        >>> from thalweg.studies.registry import study
        >>> keys_of_study(study("schatten"), study("schatten").quick)[0]
        'arora2019implicit'
    """
    keys = [source.key for source in study.sources]
    keys += [claim.source.key for claim in study.claims(parameters)]
    seen = set()
    for case in study.cases(parameters, [0]):
        try:
            described = describe(study.build(parameters, case, root))
        except DataMissing:
            continue  # their publisher's terms are told where they are loaded
        if str(described) not in seen:
            seen.add(str(described))
            keys += cited(described)
    return list(dict.fromkeys(keys))
