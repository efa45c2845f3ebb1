"""How far a run is from the kernel regime."""

import dataclasses
from typing import Any

import jax
import numpy as np

from thalweg._arrays import reals
from thalweg._shown import shown
from thalweg.algorithms.base import AbstractAlgorithm
from thalweg.observables.kernel import tangent_kernel
from thalweg.parametrizations.linearized import Linearized
from thalweg.parametrizations.model import Model
from thalweg.trajectory.linearized_twin import linearized_twin
from thalweg.trajectory.stop import AbstractStop
from thalweg.trajectory.trajectory import Trajectory

KERNEL, RICH = 0.1, 0.5
"""Scores up to which, and from which on, the sentence names a regime: a kernel that moved by a fifth, or grew threefold."""


@shown
@dataclasses.dataclass(frozen=True)
class Regime:
    r"""Where a run stands between the kernel regime and the rich one: what `regime` measured.

    Arguments:
        score: $\|K_T - K_0\|_F/(\|K_T\|_F + \|K_0\|_F)$, in $[0, 1]$.
        kernel_drift: $\|K_T - K_0\|_F/\|K_0\|_F$.
        kernel_alignment: the cosine between $K_T$ and $K_0$: what of the drift is no change of scale.
        movement: of the parameters, $\|\theta_T - \theta_0\|/\|\theta_0\|$.
        function_distance: from the linearized twin, $\|f_T - \bar f\|/(\|f_T - f_0\| + \|\bar f - f_0\|)$, in $[0, 1]$; None
            where no twin was followed.
        loss, twin_loss: where the run and its twin ended.
        twin_reached: whether the twin came down to the loss of the run.

    Examples:
        >>> import thalweg as tw
        >>> print(tw.Regime(0.01, 0.02, 0.9999, 0.005, 0.003, 1e-9, 1e-9, True))
        score 0.01, the kernel regime: the tangent kernel moved by 2% of itself (cosine 0.9999), ...
    """

    score: float
    kernel_drift: float
    kernel_alignment: float
    movement: float
    function_distance: float | None
    loss: float
    twin_loss: float | None
    twin_reached: bool | None

    def to_dataframe(self) -> Any:
        """The pieces as a pandas data frame of one row: put those of several runs together with `pandas.concat`.

        Examples:
            >>> import thalweg as tw
            >>> frame = tw.Regime(0.01, 0.02, 0.9999, 0.005, 0.003, 1e-9, 1e-9, True).to_dataframe()
            >>> frame.score.tolist()
            [0.01]
        """
        import pandas as pd

        return pd.DataFrame([dataclasses.asdict(self)])

    def __str__(self) -> str:
        between = f"between the kernel regime and the rich one, which begin at {KERNEL:g} and {RICH:g}"
        name = "the kernel regime" if self.score <= KERNEL else "the rich regime" if self.score >= RICH else between
        told = (
            f"score {self.score:.2g}, {name}: the tangent kernel moved by {_percent(self.kernel_drift)} of itself (cosine "
            f"{self.kernel_alignment:.4f}), the parameters by {_percent(self.movement)}"
        )
        if self.function_distance is None:
            return told
        told += f"; the linearized twin, fitted to the same data, is {_percent(self.function_distance)} away in its outputs"
        if not self.twin_reached:
            told += f" (it ended at loss {self.twin_loss:.2g}, the run at {self.loss:.2g})"
        return told


def regime_score(first: Any, last: Any) -> float:
    r"""The distance of two kernels as a share of their sizes, $\|K_T - K_0\|_F/(\|K_T\|_F + \|K_0\|_F)$.

    Arguments:
        first, last: $K_0$ and $K_T$, of one shape.

    Raises:
        ValueError: kernels of different shapes, not finite, or both zero.

    Examples:
        >>> import thalweg as tw
        >>> tw.regime_score([[1.0]], [[3.0]])
        0.5

    Reference:
        chizat2019lazy, section 1; woodworth2020kernel, section 2.
    """
    one, other = reals(first, "first"), reals(last, "last")
    if one.shape != other.shape:
        raise ValueError(f"the kernels have shapes {one.shape} and {other.shape}")
    sizes = float(np.linalg.norm(one) + np.linalg.norm(other))
    if not np.isfinite(sizes) or sizes == 0:
        raise ValueError("the kernels are not finite, or both zero: nothing moves at either end")
    return float(np.linalg.norm(other - one)) / sizes


def regime(
    run: Trajectory,
    *,
    inputs: Any = None,
    twin: Trajectory | bool = True,
    until: AbstractStop | None = None,
    algorithm: AbstractAlgorithm | None = None,
) -> Regime:
    r"""How far a run is from the kernel regime, in one number, with the pieces that it comes from.

    The score is $\|K_T - K_0\|_F/(\|K_T\|_F + \|K_0\|_F)$ with the tangent kernels at both ends. It is 0 where the kernel
    has not moved, so that the run was a kernel method with $K_0$, and tends to 1 where nothing of the kernel at the end was
    there at the start. It does not change when outputs are given another unit or an orthogonal basis, nor under an orthogonal
    change of the parameters or a change of their unit. From a start $\alpha\theta_0$ of a model homogeneous of degree $D$
    it falls as $\alpha^{-D}$ at large $\alpha$, and as $\alpha^{-2D}$ where antisymmetric copies cancel the first order.
    On one coefficient $\beta = w_+^2 - w_-^2$ from $w_\pm = \alpha$ it is $(s - 1)/(s + 1)$ with
    $s = \sqrt{1 + \beta^2/4\alpha^4}$.

    Beside it stand the drift and the cosine of the kernels, the movement of the parameters, and the distance in outputs from
    the linearized twin, trained on the same problem down to the same loss. On data that both fit, their outputs agree; give
    held-out `inputs` to compare what they have learned.

    Arguments:
        run: any run, of any model.
        inputs: where kernels and outputs are compared, for a run of a `Model`; its own inputs unless given.
        twin: False to follow no twin; or a twin that was followed already.
        until, algorithm: of the twin, see `linearized_twin`.

    Raises:
        TypeError: inputs for a parametrization that is no `Model`.
        ValueError: a predictor with more entries than a kernel is made for; or a kernel that is zero at both ends.

    Examples:
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression(inputs=[[1.0], [0.5]], outputs=[[1.0]])
        >>> def score(scale):
        ...     run = tw.follow(problem, tw.Diagonal(size=2), tw.Constant(scale), tw.GradientDescent(1e-3),
        ...                     until=tw.LossBelow(1e-12), key=0)
        ...     return round(tw.regime(run, twin=False).score, 3)
        >>> score(10.0), score(1.0), score(0.1)
        (0.0, 0.028, 0.949)

    Reference:
        chizat2019lazy, sections 1 and 2; woodworth2020kernel, sections 2 and 3.
    """
    model = run.objective.parametrization
    if inputs is not None:
        if not isinstance(model, Model):
            raise TypeError(f"inputs are of a run of a tw.Model, not of {type(model).__name__}: its predictor is all there is")
        model = model.at(inputs)
    first, last = (np.asarray(tangent_kernel(model, params)) for params in (run.start, run.params))
    score = regime_score(first, last)
    sizes = [float(np.linalg.norm(kernel)) for kernel in (first, last)]
    distance = twin_loss = reached = None
    if twin is not False:
        followed = twin if isinstance(twin, Trajectory) else linearized_twin(run, until=until, algorithm=algorithm)
        origin, ended = (np.asarray(model.predictor(params)) for params in (run.start, run.params))
        other = np.asarray(Linearized(model, at=run.start).predictor(followed.params))
        ways = float(np.linalg.norm(ended - origin) + np.linalg.norm(other - origin))
        distance = float(np.linalg.norm(ended - other)) / ways if ways > 0 else 0.0
        twin_loss = float(followed.outcome.loss)
        reached = twin_loss <= max(float(run.outcome.loss) * 1.01, 1e-12 * float(run.objective.loss(run.start)))
    return Regime(
        score=score,
        kernel_drift=float(np.linalg.norm(last - first)) / sizes[0] if sizes[0] > 0 else np.inf,
        kernel_alignment=float(np.sum(first * last)) / (sizes[0] * sizes[1]) if min(sizes) > 0 else np.nan,
        movement=_size(run.params, run.start) / max(_size(run.start), float(np.finfo(np.float64).tiny)),
        function_distance=distance,
        loss=float(run.outcome.loss),
        twin_loss=twin_loss,
        twin_reached=reached,
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%" if share >= 0.1 else f"{100 * share:.2g}%"


def _size(params: Any, origin: Any = None) -> float:
    moved = params if origin is None else jax.tree.map(lambda leaf, start: np.asarray(leaf) - np.asarray(start), params, origin)
    return float(np.sqrt(sum(float(np.sum(np.asarray(leaf) ** 2)) for leaf in jax.tree.leaves(moved))))
