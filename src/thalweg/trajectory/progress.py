"""A progress bar for one run: rate, loss and expected end."""

import math
from types import TracebackType
from typing import Any, Self

from thalweg.trajectory.follow import Progress
from thalweg.trajectory.stop import AbstractStop, AnyOf, Gradients, LossBelow, Steps, Time


class ProgressBar:
    """A bar for the terminal: pass its `report` to `follow`.

    The share done comes from the stopping rule: steps, gradients or time as they are, a loss by its logarithm between the
    first one seen and the threshold; of several rules the nearest to its end counts.

    Examples:
        >>> import thalweg as tw
        >>> problem = tw.MatrixCompletion.random(shape=(5, 5), rank=1, observed=20, key=0)
        >>> until = tw.Steps(500)
        >>> with tw.ProgressBar(until) as bar:
        ...     run = tw.follow(problem, tw.DeepLinear(depth=2, shape=(5, 5)), tw.Gaussian(0.1), tw.GradientDescent(0.1),
        ...                     until=until, key=0, report=bar.report)
        >>> bar.share
        1.0
    """

    def __init__(self, until: AbstractStop):
        from rich.console import Console
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        self.until = until
        self.share = 0.0
        self._first: float | None = None
        columns = (
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
        )
        self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task("starting", total=1.0)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bar.stop()

    def report(self, progress: Progress) -> None:
        """Draws where the run is."""
        if self._first is None:
            self._first = progress.loss
        self.share = max(self.share, min(1.0, share(self.until, progress, self._first)))
        rate = progress.steps / progress.seconds if progress.seconds > 0 else 0.0
        text = f"step {progress.steps:,}, {rate:,.0f} steps/s, loss {progress.loss:.3g}"
        self._bar.update(self._task, completed=self.share, description=text)


def share(until: AbstractStop, progress: Any, first_loss: float) -> float:
    """The share of a run that is done, by its stopping rule; 0 where the rule does not tell."""
    if isinstance(until, AnyOf):
        return max(share(rule, progress, first_loss) for rule in until.rules)
    if isinstance(until, Steps):
        return progress.steps / int(until.count)
    if isinstance(until, Gradients):
        return progress.gradients / int(until.count)
    if isinstance(until, Time):
        return progress.time / float(until.end)
    if isinstance(until, LossBelow) and 0 < progress.loss < math.inf and float(until.threshold) < first_loss:
        whole_way = math.log(first_loss / float(until.threshold))
        return max(0.0, math.log(first_loss / progress.loss) / whole_way)
    return 0.0
