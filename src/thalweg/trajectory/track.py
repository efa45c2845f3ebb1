"""Continuous branches of singular values and vectors, through crossings."""

import numpy as np
import xarray as xr
from scipy.optimize import linear_sum_assignment


def track(data: xr.Dataset) -> xr.Dataset:
    r"""Reorders recorded singular values and vectors into continuous branches.

    At each record the branches of the one before are matched to the new triplets by $|u^\top u'|\,|v^\top v'|$ (an
    optimal assignment), and the signs of $u$ and $v$ are fixed as a pair. Where two singular values cross, sorted
    values have kinks and their vectors jump; the branches do not.

    Arguments:
        data: a record with `singular_values`, `left_singular_vectors` and `right_singular_vectors`.

    Returns:
        The dataset with the three variables reordered along `rank`, and `overlap`, the product of overlaps with the
        record before: well below 1 it says that records are too far apart to follow a branch.

    Raises:
        ValueError: one of the three was not recorded, or of different counts.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.MatrixCompletion(np.diag([1.0, 3.0]))
        >>> run = tw.follow(problem, tw.DeepLinear(depth=1, shape=(2, 2)), tw.Given([np.diag([0.5, 0.1])]),
        ...                 tw.GradientFlow(), until=tw.Time(2.0), key=0,
        ...                 record=[tw.SingularValues(2), tw.LeftSingularVectors(2), tw.RightSingularVectors(2)])
        >>> bool((tw.track(run.data).singular_values[-1].diff("rank") > 0).all())  # the branches have crossed
        True

    Reference:
        arora2019implicit, lemma 1 (analytic singular value decompositions).
    """
    names = ("singular_values", "left_singular_vectors", "right_singular_vectors")
    missing = [name for name in names if name not in data]
    if missing:
        raise ValueError(f"track needs {', '.join(missing)} in the record; record all three with one count")
    values, left, right = (data[name].values.copy() for name in names)
    if not values.shape[1] == left.shape[2] == right.shape[2]:
        counts = f"{values.shape[1]}, {left.shape[2]} and {right.shape[2]}"
        raise ValueError(f"track needs one count of singular values, left and right vectors; recorded were {counts}")
    overlap = np.ones_like(values)
    for now in range(1, len(values)):
        on_left, on_right = left[now - 1].T @ left[now], right[now - 1].T @ right[now]
        agreement = np.abs(on_left * on_right)
        _, order = linear_sum_assignment(-agreement)
        overlap[now] = agreement[np.arange(len(order)), order]
        signs = np.where(on_left[np.arange(len(order)), order] < 0, -1.0, 1.0)
        values[now] = values[now][order]
        left[now], right[now] = left[now][:, order] * signs, right[now][:, order] * signs
    arrays = zip(names, (values, left, right), strict=True)
    tracked = data.assign({name: (data[name].dims, array) for name, array in arrays})
    return tracked.assign(overlap=(("record", "rank"), overlap))
