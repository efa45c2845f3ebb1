"""Completion by the least nuclear norm that agrees with what was seen, with a certified gap."""

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from thalweg._whole import whole
from thalweg.estimators.completion import AbstractCompletion, Learnt, checked_real
from thalweg.estimators.entries import Entries
from thalweg.exact import least_nuclear_norm
from thalweg.exact.nuclear_norm import LEAST_GAP

MOST_CELLS = 4_000_000
"""Rows times columns beyond which the whole singular value decompositions of the method are out of reach."""


class NuclearNormCompletion(AbstractCompletion):
    r"""Matrix completion by $\min \|W\|_*$ subject to $|W_{ij} - x_{ij}| \le s$ at every seen entry, certified.

    $W$ is what the centring $\mu + b_i + c_j$ leaves, and $s$ the slack; at 0 the model agrees with every seen entry. It
    is the convex program that recovers a matrix of low rank from few exact entries; entries with noise want a slack of
    the size of the noise, or `SoftImpute`. The matrix is laid out whole: for up to four million cells.

    Arguments:
        slack: how far $s$ the model may be from a seen entry, in the units of X; 0 for none.
        gap: the relative gap between the value and what its dual proves, to stop at.
        max_iterations: singular value decompositions at most; a ConvergenceWarning says when they ran out.
        centring: `none`, `global` ($\mu$), `rows` ($\mu + b$), `columns` ($\mu + c$) or `both`.
        shrinkage: the ridge on the offsets $b$ and $c$, a number or a pair (rows, columns).
        row_ridge: the ridge for new rows in `transform`; None for the noise that was measured.
        random_state: of nothing here; there so that completions can be exchanged.

    Attributes:
        left_, singular_values_, right_: $W$, decomposed.
        value_: its nuclear norm; dual_value_: no matrix that agrees has a smaller one; gap_: the certified relative gap.
        n_iterations_: singular value decompositions spent.
        centring_, noise_, n_features_in_, feature_names_in_: see `AbstractCompletion`.

    Raises:
        ValueError: on `fit`, a parameter out of its range, or a matrix with too many cells.

    Examples:
        >>> import numpy as np
        >>> from thalweg.estimators import NuclearNormCompletion
        >>> model = NuclearNormCompletion(centring="none", gap=1e-8).fit([[2.0, 1.0], [1.0, np.nan]])
        >>> model.transform([[2.0, 1.0], [1.0, np.nan]]).round(3).tolist(), model.gap_ <= 1e-8
        ([[2.0, 1.0], [1.0, 0.5]], True)

    Reference:
        candes2009exact, section 1; fazel2002matrix, chapter 5.
    """

    def __init__(
        self,
        *,
        slack: float = 0.0,
        gap: float = 1e-4,
        max_iterations: int = 5000,
        centring: str = "both",
        shrinkage: Any = 5.0,
        row_ridge: float | None = None,
        random_state: Any = None,
    ):
        self.slack = slack
        self.gap = gap
        self.max_iterations = max_iterations
        self.centring = centring
        self.shrinkage = shrinkage
        self.row_ridge = row_ridge
        self.random_state = random_state

    def _learn(self, entries: Entries) -> Learnt:
        checked_real(self.slack, "slack", least=0.0)
        checked_real(self.gap, "gap", least=LEAST_GAP, below=1.0)
        whole(self.max_iterations, "max_iterations")
        if self.row_ridge is not None:
            checked_real(self.row_ridge, "row_ridge", least=0.0)
        cells = entries.shape[0] * entries.shape[1]
        if cells > MOST_CELLS:
            raise ValueError(
                f"X has {entries.shape[0]} x {entries.shape[1]} cells, and the least nuclear norm needs whole matrices of at "
                f"most {MOST_CELLS} of them; SoftImpute works on the seen entries alone"
            )
        centring, rest = self._centred(entries)
        matrix = np.full(entries.shape, np.nan)
        matrix[rest.rows, rest.columns] = rest.values
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # said below, in the words of scikit-learn
            solution = least_nuclear_norm(matrix, gap=self.gap, max_iterations=self.max_iterations, slack=self.slack)
        if not solution.certified:
            warnings.warn(str(solution), ConvergenceWarning, stacklevel=3)
        left, singular, right = np.linalg.svd(solution.predictor, full_matrices=False)
        kept = singular > 1e-13 * singular.max(initial=0.0)
        return Learnt(
            centring=centring,
            left=left[:, kept] * singular[kept],
            right=right[kept].T,
            noise=float(np.mean((rest.values - solution.predictor[rest.rows, rest.columns]) ** 2)),
            more={
                "value_": solution.value,
                "dual_value_": solution.dual_value,
                "gap_": solution.gap,
                "n_iterations_": solution.iterations,
            },
        )
