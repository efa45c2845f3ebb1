"""How a run ended, in a word and in a sentence."""

import dataclasses

from thalweg._shown import shown


@shown
@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Arguments:
        kind: `reached` (its stopping rule was met), `diverged` (the loss stopped being finite), `stalled` (the step of
            the flow fell below what the precision resolves) or `at rest` (the gradient is exactly zero).
        sentence: the same for a reader.
        steps, time, gradients, loss: where it ended. For a diverged run `steps` is the step at which it happened.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.MatrixCompletion(np.array([[1.0]]))
        >>> run = tw.follow(problem, tw.DeepLinear(depth=2, shape=(1, 1)), tw.Identity(0.5),
        ...                 tw.GradientDescent(50.0), until=tw.Steps(100), key=0)
        >>> run.outcome.kind, run.outcome.steps < 10
        ('diverged', True)
    """

    kind: str
    sentence: str
    steps: int
    time: float
    gradients: int
    loss: float

    @property
    def reached(self) -> bool:
        """Whether the stopping rule of the run was met."""
        return self.kind == "reached"

    def __str__(self) -> str:
        return self.sentence
