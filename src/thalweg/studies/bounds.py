"""What is allowed: bounds on one number, each with the margin by which it is kept."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class AtMost:
    """At most `limit`; the margin is the unused share of it.

    Examples:
        >>> from thalweg.studies.bounds import AtMost
        >>> AtMost(2.0).holds(1.5), AtMost(2.0).margin(1.5)
        (True, 0.25)
    """

    limit: float

    def holds(self, value: float) -> bool:
        """Whether the value keeps the bound; a value that is not a number does not."""
        return value <= self.limit

    def margin(self, value: float) -> float:
        """Positive inside the bound, relative to its size."""
        return (self.limit - value) / (abs(self.limit) or 1.0)

    def __str__(self) -> str:
        return f"at most {self.limit:g}"


@dataclasses.dataclass(frozen=True)
class AtLeast:
    """At least `limit`; the margin is the excess relative to it.

    Examples:
        >>> from thalweg.studies.bounds import AtLeast
        >>> AtLeast(10.0).holds(float("nan"))
        False
    """

    limit: float

    def holds(self, value: float) -> bool:
        """Whether the value keeps the bound; a value that is not a number does not."""
        return value >= self.limit

    def margin(self, value: float) -> float:
        """Positive inside the bound, relative to its size."""
        return (value - self.limit) / (abs(self.limit) or 1.0)

    def __str__(self) -> str:
        return f"at least {self.limit:g}"


@dataclasses.dataclass(frozen=True)
class Between:
    """From `low` to `high`; the margin is the distance to the nearer end in widths of the interval.

    Examples:
        >>> from thalweg.studies.bounds import Between
        >>> Between(0.0, 4.0).margin(1.0)
        0.25
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"low must be below high, got {self.low!r} and {self.high!r}")

    def holds(self, value: float) -> bool:
        """Whether the value keeps the bound; a value that is not a number does not."""
        return self.low <= value <= self.high

    def margin(self, value: float) -> float:
        """Positive inside the bound, relative to its width."""
        width = self.high - self.low
        return math.nan if math.isnan(value) else min(value - self.low, self.high - value) / width

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"


Bound = AtMost | AtLeast | Between
