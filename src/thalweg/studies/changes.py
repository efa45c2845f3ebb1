"""Where claims read a final number, and what their nulls and mutants put in its place."""

from collections.abc import Callable, Mapping
from typing import Any

from thalweg.studies.evidence import Evidence

Measure = Callable[[Evidence], float]
Change = Callable[[Evidence], Evidence]


def final(name: str, **at: Any) -> Measure:
    """A final number of the one result with these coordinates.

    Examples:
        >>> evidence = Evidence([Result({"family": "flow"}, 0, {"error": 0.5, "halved": 0.25}, lambda: None)])
        >>> final("error", family="flow")(evidence)
        0.5
    """
    return lambda evidence: evidence.final(name, **at)


def exchanged(names: Mapping[str, str], **at: Any) -> Change:
    """Some final numbers are those of a wrong variant, which the runs computed beside them: name and other name.

    Examples:
        >>> evidence = Evidence([Result({"family": "flow"}, 0, {"error": 0.5, "halved": 0.25}, lambda: None)])
        >>> exchanged({"error": "halved"}, family="flow")(evidence).final("error", family="flow")
        0.25
    """
    return lambda evidence: evidence.replaced(lambda result: {name: result.finals[other] for name, other in names.items()}, **at)


def put(values: Mapping[str, float], **at: Any) -> Change:
    """Some final numbers are these, which a formula gives without any run.

    Examples:
        >>> evidence = Evidence([Result({"family": "flow"}, 0, {"error": 0.5, "halved": 0.25}, lambda: None)])
        >>> put({"error": 2.0}, family="flow")(evidence).final("error", family="flow")
        2.0
    """
    return lambda evidence: evidence.replaced(lambda result: values, **at)
