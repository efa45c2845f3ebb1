"""Inputs with their labels, as the loaders of pictures return them."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from thalweg._whole import whole


@dataclass(frozen=True, eq=False)
class Labelled:
    r"""Examples of classes: row `inputs[k]` belongs to the class `labels[k]`.

    Arguments:
        inputs: float64, (n, d), one example a row; `tw.LinearRegression` and `tw.Classification` take its transpose.
        labels: whole numbers from 0, (n,).

    Raises:
        ValueError: the two do not belong together.

    Examples:
        >>> import numpy as np
        >>> some = Labelled(np.array([[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]), np.array([1, 0, 1]))
        >>> some
        <Labelled: 3 examples of 2 numbers in 2 classes>
        >>> some.onehot().tolist()
        [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    """

    inputs: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        if self.inputs.ndim != 2 or self.labels.shape != (len(self.inputs),):
            raise ValueError(f"inputs must be (n, d) and labels (n,), got {self.inputs.shape} and {self.labels.shape}")

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"<Labelled: {len(self)} examples of {self.inputs.shape[1]} numbers in {self.classes} classes>"

    @property
    def classes(self) -> int:
        """How many classes there are, if the greatest label is among the labels."""
        return int(self.labels.max()) + 1

    def onehot(self) -> np.ndarray:
        """The labels as unit vectors, float64, (n, classes)."""
        return np.eye(self.classes)[self.labels]

    def part(self, first: int) -> tuple[Self, Self]:
        """The first examples in the order that they are in, and the others.

        Examples:
            >>> import numpy as np
            >>> Labelled(np.eye(3), np.arange(3)).part(2)[0]
            <Labelled: 2 examples of 3 numbers in 2 classes>
        """
        if whole(first, "first") >= len(self):
            raise ValueError(f"first must be less than the {len(self)} examples that there are, got {first}")
        return self.at(np.arange(first)), self.at(np.arange(first, len(self)))

    def at(self, chosen: np.ndarray) -> Self:
        """The examples at these places, in this order: a permutation shuffles, a mask or a list of places selects.

        Examples:
            >>> import numpy as np
            >>> some = Labelled(np.eye(3), np.arange(3))
            >>> some.at(some.labels != 1).labels.tolist()
            [0, 2]
        """
        return type(self)(self.inputs[chosen], self.labels[chosen])
