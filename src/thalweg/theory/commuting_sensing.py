"""Depth and nuclear norm where measurements commute: the path in closed form, at every depth and every size of the start."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from thalweg._references import Source
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.problems.conventions import weight
from thalweg.problems.matrix_sensing import MatrixSensing
from thalweg.theory.joint_eigenbasis import JointEigenbasis, joint_eigenbasis
from thalweg.theory.points import Points
from thalweg.theory.prediction import AbstractPrediction, Assumption, DoesNotApply, Laid
from thalweg.theory.sensing_limit import SensingLimit, checked_sensing, from_dual, from_slack, independent_rows, sensing_limit


def sensing_velocity(eigenvalues: Any, spectra: Any, values: Any, depth: float) -> np.ndarray:
    r"""$\dot\lambda_k = -N\lambda_k^{2-2/N}\bigl(A^\top(A\lambda - y)\bigr)_k$: gradient flow of half the sum of squares.

    Arguments:
        eigenvalues: $\lambda$ of the product in the joint eigenbasis, positive, `(d,)`.
        spectra: $A$, `(m, d)`; values: $y$, `(m,)`; depth: $N$.

    Examples:
        >>> from thalweg.theory import sensing_velocity
        >>> sensing_velocity([1.0, 4.0], [[1.0, 1.0]], [3.0], 2).tolist()
        [-4.0, -16.0]

    Reference:
        arora2019implicit, proof of theorem 2; gunasekar2017implicit, equation (3).
    """
    eigenvalues, spectra = np.asarray(eigenvalues, float), np.asarray(spectra, float)
    return -depth * eigenvalues ** (2 - 2 / depth) * ((spectra @ eigenvalues - np.asarray(values, float)) @ spectra)


def multiplier_rate(scale: float, depth: float) -> float:
    r"""$c$ of $\dot\nu = -c\,(A\lambda - y)$ under the same flow: $(N-2)\alpha^{N-2}$, and 2 at depth 2.

    Examples:
        >>> from thalweg.theory import multiplier_rate
        >>> multiplier_rate(0.5, 2), multiplier_rate(0.5, 4)
        (2.0, 0.5)
    """
    return 2.0 if depth == 2 else (depth - 2) * scale ** (depth - 2)


def sensing_eigenvalues(multipliers: Any, spectra: Any, scale: float, depth: float) -> np.ndarray:
    r"""The eigenvalues on the path from $\alpha I$ factors, as a function of the integral of the residuals alone.

    $$\lambda_k = \alpha^N\bigl(1 - (A^\top\nu)_k\bigr)^{-N/(N-2)}\ (N > 2),\qquad \alpha^2e^{(A^\top\nu)_k}\ (N = 2),$$
    with $\dot\nu = -(N-2)\alpha^{N-2}(A\lambda - y)$, and $-2(A\lambda - y)$ at depth 2.

    Arguments:
        multipliers: $\nu$, `(..., m)`; spectra: $A$, `(m, d)`; scale: $\alpha$ of each factor; depth: $N \ge 2$.

    Raises:
        ValueError: multipliers that no path reaches: $(A^\top\nu)_k \ge 1$ at a depth above 2.

    Examples:
        >>> from thalweg.theory import sensing_eigenvalues
        >>> sensing_eigenvalues([0.5], [[1.0, 0.0]], 0.1, 3).round(12).tolist()
        [0.008, 0.001]

    Reference:
        arora2019implicit, proof of theorem 2; gunasekar2017implicit, proof of theorem 1 (depth 2).
    """
    spectra = np.asarray(spectra, float)
    inside = np.asarray(multipliers, float) @ spectra
    if depth > 2 and inside.max() >= 1:
        raise ValueError(f"the largest A^T nu must be below 1 at depth {depth:g}, got {inside.max():.6g}: no path gets there")
    return from_slack(-inside if depth == 2 else 1 - inside, scale, depth)


class CommutingSensing(AbstractPrediction):
    r"""From factors $\alpha I$, with symmetric measurements that commute, the flow stays on a known surface at every depth.

    At each instant $\lambda(t)$ is the member of the closed-form family that has its measurements $A\lambda(t)$, which is
    one point; the residual is the distance to it, and of what lies off the diagonal, relative to the largest eigenvalue so
    far. `limit` is the member that fits the data: where the path ends.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.MatrixSensing(np.stack([np.diag([1.0, 2.0, 0.5])]), [2.0])
        >>> run = tw.follow(problem, tw.DeepLinear(depth=3, shape=(3, 3)), tw.Identity(1e-2), tw.GradientFlow(1e-9),
        ...                 until=tw.Time(20.0), record=[tw.Factors()], key=0)
        >>> tw.theory.compare(tw.theory.CommutingSensing(), run).holds
        True

    Reference:
        arora2019implicit, theorem 2; gunasekar2017implicit, theorem 1.
    """

    name = "commuting measurements"
    sentence = "From multiples of the identity the eigenvalues stay on the surface that the integral of residuals spans."
    source = Source("arora2019implicit", "theorem 2, its proof")

    def assumptions(self, path: Points) -> Sequence[Assumption]:
        basis = _basis(path)
        return [
            Assumption("commutator of the measurements", basis.commutator, 1e-9),
            Assumption("antisymmetric part of the measurements", basis.asymmetry, 1e-9),
            Assumption("start, distance from a multiple of the identity", _off_identity(path), 1e-9),
        ]

    def lay(self, path: Points) -> Laid:
        if not isinstance(path.run.algorithm, GradientFlow):
            raise DoesNotApply("it is a law of gradient flow, and this run moves in finite steps")
        if path.depth < 2:
            raise DoesNotApply("a single factor moves in the span of the measurements; the law is of depth 2 and more")
        basis = _basis(path)
        if len(independent_rows(basis.spectra)) == len(basis.basis):
            raise DoesNotApply("there are as many measurements as eigenvalues: they determine them, and the law says nothing")
        scale, depth = _scale(path), float(path.depth)
        measured = basis.diagonals(path.predictors)
        if measured.min() <= 0:
            raise DoesNotApply("an eigenvalue is not positive; from multiples of the identity all of them are")
        turned = np.einsum("ik,pij,jl->pkl", basis.basis, path.predictors, basis.basis)
        off = np.linalg.norm(turned - measured[:, :, None] * np.eye(len(basis.basis)), axis=(1, 2))
        predicted, multipliers = np.empty_like(measured), None
        for at, eigenvalues in enumerate(measured):
            found = from_dual(basis.spectra, basis.spectra @ eigenvalues, scale, depth, start=multipliers)
            predicted[at], multipliers = found.eigenvalues, found.multipliers
        apart = np.maximum(np.abs(measured - predicted).max(axis=1), off)
        residual = apart / np.maximum.accumulate(measured.max(axis=1))
        return Laid(predicted, measured, residual, 10 * path.depth * path.rtol, "eigenvalue")

    def limit(self, path: Points) -> SensingLimit:
        """Where the path ends, from the start and the measurements alone.

        Raises:
            ValueError: no positive eigenvalues meet the values.
        """
        problem = _sensing(path)
        spectra, values = checked_sensing(_basis(path).spectra, problem.values, _scale(path), path.depth)
        return sensing_limit(spectra, values, _scale(path), path.depth)

    def multipliers_speed(self, path: Points) -> np.ndarray:
        r"""$\dot\nu$ at each point from the residuals there, with the factor of the loss's convention, `(points, m)`."""
        problem = _sensing(path)
        measured = _basis(path).diagonals(path.predictors) @ _basis(path).spectra.T
        factor = 2 * weight(problem.convention, problem.count)
        return -factor * multiplier_rate(_scale(path), path.depth) * (measured - problem.values)


def _sensing(path: Points) -> MatrixSensing:
    problem = path.run.objective.problem
    if not isinstance(problem, MatrixSensing):
        raise DoesNotApply(f"it is a law of matrix sensing, not of {type(problem).__name__}")
    return problem


def _basis(path: Points) -> JointEigenbasis:
    problem = _sensing(path)
    if problem.shape[0] != problem.shape[1]:
        raise DoesNotApply(f"measurements of shape {problem.shape} are not square, and so have no eigenvalues")
    if problem.left is not None and problem.right is not None:
        return joint_eigenbasis(np.einsum("mi,mj->mij", problem.left, problem.right))
    return joint_eigenbasis(problem.dense)


def _scale(path: Points) -> float:
    """The multiple of the identity that the factors start at, in the mean over them and their diagonals."""
    diagonals = [np.mean(np.diagonal(factor)) for factor in path.factors[0]]
    scale = float(np.mean(diagonals))
    if scale <= 0:
        raise DoesNotApply("it is a law of starts at positive multiples of the identity")
    return scale


def _off_identity(path: Points) -> float:
    scale = _scale(path)
    return max(float(np.linalg.norm(f - scale * np.eye(*f.shape)) / (scale * np.sqrt(min(f.shape)))) for f in path.factors[0])
