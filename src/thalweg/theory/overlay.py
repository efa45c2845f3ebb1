"""Every law that applies, laid over one run."""

import dataclasses
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from thalweg._shown import headed, table
from thalweg.drawing.plot import Plot
from thalweg.theory.laws import LAWS
from thalweg.theory.points import points
from thalweg.theory.prediction import Comparison, DoesNotApply, compare
from thalweg.trajectory.trajectory import Trajectory


@dataclasses.dataclass(frozen=True)
class Overlay:
    """What the known laws say of one run.

    Arguments:
        comparisons: the laws whose assumptions hold, with their residuals.
        left_out: the others by name, each with a sentence that says why.

    Examples:
        >>> from thalweg.theory import Overlay
        >>> print(Overlay([], {"a law": "this run moves in finite steps"}))
        a law: left out, this run moves in finite steps
    """

    comparisons: Sequence[Comparison]
    left_out: dict[str, str]

    def _cited(self) -> list[str]:
        return [key for comparison in self.comparisons for key in comparison._cited()]

    def __repr__(self) -> str:
        count = len(self.comparisons)
        return f"<Overlay: {count} law{'s' if count != 1 else ''} laid over the run, {len(self.left_out)} left out>"

    def _repr_html_(self) -> str:
        laid = [
            (one.prediction.name, f"{one.worst:.1e}", f"{one.laid.allowed:.1e}", "kept" if one.holds else "not kept")
            for one in self.comparisons
        ]
        away = [(name, "", "", f"left out: {why}") for name, why in self.left_out.items()]
        return headed("Overlay", table(["law", "residual", "allowed", ""], [*laid, *away]))

    def to_dataframe(self) -> Any:
        """A pandas data frame: a row for each law, with its residual, what is allowed, and why it was left out if it was.

        Examples:
            >>> from thalweg.theory import Overlay
            >>> Overlay([], {"a law": "this run moves in finite steps"}).to_dataframe().left_out.to_dict()
            {'a law': 'this run moves in finite steps'}
        """
        import pandas as pd

        rows = [
            {"law": one.prediction.name, "residual": one.worst, "allowed": one.laid.allowed, "kept": one.holds, "left_out": ""}
            for one in self.comparisons
        ]
        rows += [
            {"law": name, "residual": None, "allowed": None, "kept": None, "left_out": why} for name, why in self.left_out.items()
        ]
        return pd.DataFrame(rows, columns=["law", "residual", "allowed", "kept", "left_out"]).set_index("law")

    def __str__(self) -> str:
        lines = [str(comparison) for comparison in self.comparisons]
        return "\n".join([*lines, *(f"{name}: left out, {why}" for name, why in self.left_out.items())])

    def plots(self) -> list[Plot]:
        """A picture for each law that was laid over the run."""
        return [comparison.plot() for comparison in self.comparisons]

    def draw(self, folder: str | PathLike[str]) -> list[Path]:
        """Writes the pictures into a folder as SVG and returns their paths.

        Examples:
            >>> import tempfile
            >>> import numpy as np
            >>> import thalweg as tw
            >>> run = tw.follow(tw.LinearRegression.whitened(np.eye(2)), tw.DeepLinear(depth=2, shape=(2, 2)),
            ...                 tw.Gaussian(0.5), tw.GradientFlow(1e-9), until=tw.Time(1.0), key=0)
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     "conservation-of-imbalance.svg" in [path.name for path in tw.theory.overlay(run).draw(folder)]
            True
        """
        from thalweg.drawing.matplotlib_figures import svg

        Path(folder).mkdir(parents=True, exist_ok=True)
        written = []
        for plot in self.plots():
            written.append(Path(folder) / f"{plot.name}.svg")
            written[-1].write_bytes(svg(plot))
        return written


def overlay(run: Trajectory, *, count: int = 60) -> Overlay:
    """Lays every law over a run whose assumptions hold there, and says of the others why not.

    Arguments:
        run: of a deep linear network.
        count: how many points of the path are looked at, at most.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> run = tw.follow(tw.LinearRegression.whitened(np.eye(2)), tw.DeepLinear(depth=2, shape=(2, 2)),
        ...                 tw.Gaussian(0.5), tw.GradientFlow(1e-9), until=tw.Time(1.0), key=0)
        >>> laid = tw.theory.overlay(run)
        >>> [one.prediction.name for one in laid.comparisons][0]
        'conservation of imbalance'
    """
    path = points(run, count=count)
    comparisons, left_out = [], {}
    for law in LAWS:
        try:
            comparison = compare(law, path)
        except DoesNotApply as reason:
            left_out[law.name] = str(reason)
            continue
        failing = [assumption for assumption in comparison.assumptions if not assumption.holds]
        if failing:
            left_out[law.name] = "; ".join(f"{a.name} {a.size:.1e} where the law needs {a.needs}" for a in failing)
        else:
            comparisons.append(comparison)
    return Overlay(comparisons, left_out)
