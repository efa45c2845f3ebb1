"""What a run brings back."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from thalweg._shown import headed, table, words
from thalweg.algorithms.base import AbstractAlgorithm
from thalweg.parametrizations.base import Objective
from thalweg.trajectory.outcome import Outcome


@dataclasses.dataclass(frozen=True)
class Trajectory:
    """A path that was followed: what was recorded on it, where it started and ended, and how.

    Arguments:
        data: one `xarray.Dataset` over the dimension `record`: `time`, `steps`, `gradients` (evaluations so far) and
            each observable; its attribute `provenance` is a JSON text of parameters, versions, precision and hardware.
        start, params: the parameters at both ends; for a deep linear network the lists of factors, $W_1$ first.
        predictor: the final predictor.
        outcome: how the run ended, with a sentence.
        objective: the problem seen through the parametrization.
        algorithm: what moved the parameters.
        seconds: wall time, compilation included.

    Examples:
        >>> import thalweg as tw
        >>> problem = tw.MatrixCompletion.random(shape=(6, 6), rank=1, observed=25, key=0)
        >>> run = tw.follow(problem, tw.DeepLinear(depth=2, shape=(6, 6)), tw.Gaussian(1e-2), tw.GradientFlow(),
        ...                 record=[tw.SingularValues(2)], until=tw.LossBelow(1e-6), key=0)
        >>> run.data.singular_values.dims
        ('record', 'rank')
        >>> print(run)
        Trajectory: the loss ... is at most 1e-06 at time ..., after ... steps and ... gradients
    """

    data: xr.Dataset
    start: Any
    params: Any
    predictor: np.ndarray
    outcome: Outcome
    objective: Objective
    algorithm: AbstractAlgorithm
    seconds: float

    def __str__(self) -> str:
        end = self.outcome
        cost = f"{end.steps} steps and {end.gradients} gradients"
        return f"Trajectory: {end.sentence} at time {end.time:.6g}, after {cost}"

    def __repr__(self) -> str:
        return f"<{self}; {self.data.sizes['record']} records of {', '.join(map(str, self.data.data_vars))}>"

    def _repr_html_(self) -> str:
        last, plain = self.data.isel(record=-1), self.data.copy()
        plain.attrs = {}  # the provenance, which is a page of text
        first = [name for name in ("time", "loss", "steps", "gradients") if name in last]
        names = [*first, *(name for name in last.data_vars if name not in first and last[name].ndim == 0)]
        ends = [(str(name).replace("_", " "), f"{float(last[name]):.6g}") for name in names]
        parts = [("problem", words(self.objective.problem)), ("parametrization", words(self.objective.parametrization))]
        shown = table((), [*parts, ("algorithm", words(self.algorithm)), *ends])
        return headed("Trajectory", shown, plain._repr_html_(), sentence=str(self).removeprefix("Trajectory: "))

    def to_dataframe(self) -> Any:
        """What was recorded as a pandas data frame: a row for each record, a column for each number in it.

        An array in a record becomes columns such as `singular_values[0]`.

        Examples:
            >>> import thalweg as tw
            >>> problem = tw.MatrixCompletion.random(shape=(4, 4), rank=1, observed=12, key=0)
            >>> run = tw.follow(problem, tw.DeepLinear(depth=1, shape=(4, 4)), tw.Gaussian(0.1), tw.GradientDescent(0.1),
            ...                 record=[tw.SingularValues(2)], until=tw.Steps(3), key=0)
            >>> list(run.to_dataframe().columns)
            ['gradients', 'singular_values[0]', 'singular_values[1]', 'steps', 'time']
        """
        import pandas as pd

        columns: dict[str, np.ndarray] = {}
        for name, array in self.data.data_vars.items():
            values = array.values
            if values.ndim == 1:
                columns[str(name)] = values
            else:
                for place in np.ndindex(*values.shape[1:]):
                    columns[f"{name}[{', '.join(map(str, place))}]"] = values[(slice(None), *place)]
        return pd.DataFrame(columns).rename_axis("record")

    def to_latex(self, *names: Any, records: int | Sequence[int] = 6, caption: str | None = None, label: str = "tab:run") -> str:
        r"""What was recorded as a LaTeX table with booktabs rules: a row for each of a few records.

        Arguments:
            names: columns of `to_dataframe`, or what `plot` takes, an array being all its columns; the clock first. Time and
                loss unless given.
            records: how many, evenly spaced from first to last; or a list of which, from the end by negative numbers.
            caption, label: of the table; what the run was unless given.

        Raises:
            ValueError: a column or a record that is not there, or none at all.
            TypeError: records that are no whole numbers.

        Examples:
            >>> import thalweg as tw
            >>> problem = tw.LinearRegression.whitened([[1.0]])
            >>> run = tw.follow(problem, tw.DeepLinear(depth=1, shape=(1, 1)), tw.Identity(0.5), tw.GradientDescent(0.5),
            ...                 record=[tw.Loss()], until=tw.Steps(2), key=0)
            >>> print(run.to_latex("steps", "loss", records=[0, -1]).split("midrule")[1].split(r"\bottomrule")[0])
            <BLANKLINE>
                0 & 0.125 \\
                2 & 0.00781 \\
            <BLANKLINE>
        """
        from thalweg.drawing.latex import table_to_latex
        from thalweg.trajectory.picture import as_table

        table = as_table(self.data, self.to_dataframe(), names, records, caption or f"{self}.")
        return table_to_latex(table, label, intervals=False)

    def to_tensorboard(self, folder: Any) -> Any:
        """Writes what was recorded as an event file of TensorBoard, in a folder of its own, and returns its path.

        Each number has a tag, `singular_values/0` the first of several, and is kept in float32, which is all that TensorBoard
        reads; arrays of more than 64 numbers a record are left out. TensorBoard's axis STEP counts the run's steps, and
        RELATIVE is the run's own time. Needs the extra `tensorboard`.

        Arguments:
            folder: made where it is not there; TensorBoard shows it as one run.

        Raises:
            ModuleNotFoundError: TensorBoard is not installed.
            ValueError: a folder that holds event files of others, whose curves would be drawn into these.

        Examples:
            >>> import tempfile
            >>> import thalweg as tw
            >>> problem = tw.LinearRegression.whitened([[1.0]])
            >>> run = tw.follow(problem, tw.DeepLinear(depth=1, shape=(1, 1)), tw.Identity(0.5), tw.GradientDescent(0.5),
            ...                 record=[tw.Loss()], until=tw.Steps(2), key=0)
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     run.to_tensorboard(f"{folder}/first").name
            'events.out.tfevents.0000000000.thalweg'
        """
        from thalweg.trajectory.tensorboard import write_events

        return write_events(self.data, folder)

    def plot(
        self,
        *names: Any,
        ax: Any = None,
        against: Any = "time",
        log_x: bool | None = None,
        log_y: bool | None = None,
        theory: Any = None,
        **look: Any,
    ) -> Any:
        """Draws what was recorded, a curve for each number, and returns the matplotlib axes.

        Arguments:
            names: what to draw, by the names in `data` or those of the observables (`"SingularValues"`, or the class); the
                loss unless given.
            ax: where to draw, beside what is there; matplotlib's current axes unless given.
            against: what lies along the horizontal axis: `time`, `steps`, `gradients` or any other number of a record.
            log_x, log_y: whether an axis counts in powers; unless given, the vertical one does where positive numbers span
                two of them.
            theory: what laws say, drawn dashed beside it: what `tw.theory.compare` returned of the run, or a list of these;
                or what `tw.theory.overlay` returned, of which the laws of what is drawn are taken.
            look: passed on to matplotlib, for example `color`, or `label` for the legend.

        Raises:
            ValueError: a name that was not recorded; lists those that were. Laws along another axis than time; no law of
                what is drawn.
            TypeError: a theory that is no law laid over a run, axes that are none.

        Examples:
            >>> from matplotlib.figure import Figure
            >>> import thalweg as tw
            >>> problem = tw.MatrixCompletion.random(shape=(4, 4), rank=1, observed=12, key=0)
            >>> run = tw.follow(problem, tw.DeepLinear(depth=1, shape=(4, 4)), tw.Gaussian(0.1), tw.GradientDescent(0.1),
            ...                 record=[tw.SingularValues(2)], until=tw.Steps(3), key=0)
            >>> len(run.plot("singular_values", ax=Figure().subplots()).lines)
            2
        """
        from thalweg.trajectory.picture import draw

        return draw(self.data, names, ax, against, look, log_x=log_x, log_y=log_y, theory=theory)

    def save(self, path: Any) -> None:
        """Writes the recorded dataset as one NetCDF-4 file, beside its place first and then renamed.

        Examples:
            >>> import tempfile, pathlib
            >>> import thalweg as tw
            >>> problem = tw.MatrixCompletion.random(shape=(4, 4), rank=1, observed=12, key=0)
            >>> run = tw.follow(problem, tw.DeepLinear(depth=1, shape=(4, 4)), tw.Gaussian(0.1),
            ...                 tw.GradientDescent(0.1), until=tw.Steps(3), key=0)
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     run.save(pathlib.Path(folder) / "run.nc")
            ...     (pathlib.Path(folder) / "run.nc").exists()
            True
        """
        from thalweg._storage.files import write_dataset

        write_dataset(path, self.data)
