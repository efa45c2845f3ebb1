"""What a run brings back."""

import dataclasses
import html
from typing import Any

import numpy as np
import xarray as xr

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
        return f"<p>{html.escape(str(self))}</p>{self.data._repr_html_()}"

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

    def plot(self, *names: str, ax: Any = None, against: str = "time", **look: Any) -> Any:
        """Draws what was recorded, a curve for each number, and returns the matplotlib axes.

        Arguments:
            names: what to draw, by the names in `data`; the loss unless given.
            ax: where to draw; matplotlib's current axes unless given.
            against: what lies along the horizontal axis: `time`, `steps`, `gradients` or any other number of a record.
            look: passed on to matplotlib, for example `color`.

        Raises:
            ValueError: a name that was not recorded; lists those that were.

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

        return draw(self.data, names, ax, against, look)

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
