"""What a study's runs brought back, as claims, figures and tables read it."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from thalweg._shown import shown


class NotThere(LookupError):
    """There is no result where one was wanted: the run was not asked for, has failed, or its data are not at hand.

    Examples:
        >>> issubclass(NotThere, LookupError)
        True
    """


@shown
@dataclasses.dataclass(frozen=True)
class Result:
    """One case with its final numbers, and the way to its record."""

    coordinates: Mapping[str, Any]
    seed: int
    finals: Mapping[str, Any]
    record: Callable[[], xr.Dataset]

    def _told(self) -> dict[str, Any]:
        return {**self.coordinates, "seed": self.seed, "finals": self.finals}


@shown
@dataclasses.dataclass(frozen=True)
class Evidence:
    """The results of a study's cases, found by their coordinates.

    Examples:
        >>> from thalweg.studies.evidence import Evidence, Result
        >>> results = [Result({"depth": n}, 0, {"error": 1.0 / n}, lambda: None) for n in (1, 2)]
        >>> Evidence(results).final("error", depth=2)
        0.5
    """

    results: Sequence[Result]

    def _told(self) -> dict[str, Any]:
        names = {name: None for result in self.results for name in result.coordinates}
        finals = {name: None for result in self.results for name in result.finals}
        return {"results": len(self.results), "seeds": self.seeds(), "over": list(names), "finals": list(finals)}

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results)

    def select(self, **coordinates: Any) -> list[Result]:
        """The results whose coordinates have these values."""
        return [r for r in self.results if all(r.coordinates.get(k) == v for k, v in coordinates.items())]

    def one(self, **coordinates: Any) -> Result:
        """The one result with these coordinates.

        Raises:
            NotThere: there is none.
            LookupError: there is more than one.
        """
        found = self.select(**coordinates)
        if not found:
            raise NotThere(f"no result with {coordinates}")
        if len(found) > 1:
            raise LookupError(f"{len(found)} results with {coordinates}, one was wanted; name more of their coordinates")
        return found[0]

    def final(self, name: str, **coordinates: Any) -> float:
        """A final number of the one result with these coordinates."""
        return float(self.one(**coordinates).finals[name])

    def record(self, **coordinates: Any) -> xr.Dataset:
        """The record of the one result with these coordinates."""
        return self.one(**coordinates).record()

    def seeds(self) -> list[int]:
        """The seeds that there are results for."""
        return sorted({result.seed for result in self.results})

    def of_seed(self, seed: int) -> "Evidence":
        """The results of one seed."""
        return Evidence([result for result in self.results if result.seed == seed])

    def replaced(self, change: Callable[[Result], Mapping[str, Any] | None], **coordinates: Any) -> "Evidence":
        """A copy in which the final numbers of some results are changed: what nulls and mutants are made of."""

        def changed(result: Result) -> Result:
            if not all(result.coordinates.get(k) == v for k, v in coordinates.items()):
                return result
            return dataclasses.replace(result, finals={**result.finals, **(change(result) or {})})

        return Evidence([changed(result) for result in self.results])

    def rerecorded(self, change: Callable[[xr.Dataset], xr.Dataset], **coordinates: Any) -> "Evidence":
        """A copy in which the records of some results are changed."""

        def changed(result: Result) -> Result:
            if not all(result.coordinates.get(k) == v for k, v in coordinates.items()):
                return result
            return dataclasses.replace(result, record=lambda: change(result.record()))

        return Evidence([changed(result) for result in self.results])


def over_seeds(values: Sequence[float]) -> tuple[float, float, float]:
    """The median over seeds with the least and the largest value.

    For five independent instances the interval from least to largest holds the median of their law with probability
    15/16, whatever the law; for n instances with probability 1 - 2 ** (1 - n).
    """
    array = np.asarray(values, dtype=float)
    return float(np.median(array)), float(np.min(array)), float(np.max(array))
