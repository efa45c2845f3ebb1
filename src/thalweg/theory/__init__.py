"""Published laws of paths as predictions: formula, assumptions, source, and how far a run is from them."""

from thalweg.theory.common_basis import CommonDecomposition, common_decomposition
from thalweg.theory.commuting_sensing import CommutingSensing, multiplier_rate, sensing_eigenvalues, sensing_velocity
from thalweg.theory.convergence import ConvergenceCertificate, convergence_certificate
from thalweg.theory.convergence_failures import (
    indefinite_floor,
    sufficient_spread,
    unbalanced_start,
)
from thalweg.theory.convergence_numbers import (
    convergence_rate,
    deficiency_margin,
    largest_imbalance,
    largest_learning_rate,
    residual_margin,
    single_output_deviation,
    single_output_learning_rate,
    single_output_steps,
)
from thalweg.theory.decoupling import off_diagonal, shared_vectors
from thalweg.theory.descent import ConvergenceBound, DescentLemma, descent_floor
from thalweg.theory.diagonal_flow import DiagonalPath, diagonal_flow, diagonal_limit, diagonal_weights
from thalweg.theory.end_to_end import EndToEndDynamics
from thalweg.theory.imbalance import Conservation, ImbalanceDrift, imbalances
from thalweg.theory.input_modes import InputModes
from thalweg.theory.joint_eigenbasis import JointEigenbasis, joint_eigenbasis
from thalweg.theory.landscape import (
    LossDecrease,
    hessian_at_zero,
    hessian_spectrum_at_zero,
    leading_change,
    least_decrease,
    least_singular_value,
)
from thalweg.theory.least_trace import LeastTrace, excess_coefficient, excess_exponent, least_trace
from thalweg.theory.line_integral import (
    KeyholeCurve,
    constant_gradient_integral,
    depth_two_curl,
    line_integral,
    linear_potential,
    plane_of,
    quadratic_potential,
    regularizer_integral,
    single_output_field,
)
from thalweg.theory.linear_student import FrozenSubspace, Generalisation
from thalweg.theory.mode_times import ModeTimes, enhancement, escape_time, mode_path, mode_time, sharpness
from thalweg.theory.norms_diverge import NormsDiverge, distance_to_rank_one_bound, unseen_entry_bound
from thalweg.theory.overlay import Overlay, overlay
from thalweg.theory.points import Points, points
from thalweg.theory.preconditioner import precondition
from thalweg.theory.prediction import AbstractPrediction, Assumption, Comparison, DoesNotApply, Laid, compare
from thalweg.theory.reduced_rank import prediction_gains, reduced_rank_regression
from thalweg.theory.schatten import (
    degenerate_instance,
    feasible_directions,
    least_along,
    schatten_derivatives,
    schatten_power,
    vertices,
)
from thalweg.theory.sensing_limit import SensingLimit, sensing_limit
from thalweg.theory.single_measurement import SingleMeasurement, related_singular_value, singular_value_cap
from thalweg.theory.single_output import MomentumForm, SingleOutputRule
from thalweg.theory.singular_dynamics import SingularValueVelocity, SingularVectorVelocity
from thalweg.theory.student_teacher import (
    best_stopping_time,
    best_stopping_time_of_mode,
    final_generalisation_error,
    generalisation_error,
    overtraining_growth,
    ridge_error,
    training_error,
)
from thalweg.theory.two_layer import one_layer_mode, phase_transition, two_layer_mode, two_layer_start, vanishing_start_limit
from thalweg.theory.two_layer_descent import (
    descent_bounds,
    descent_mode,
    descent_transition,
    published_descent_bounds,
    sequential_learning_rate,
)
from thalweg.theory.two_layer_modes import TwoLayerDescent, TwoLayerModes
from thalweg.theory.two_layer_perturbation import perturbation_bound, perturbation_rate
from thalweg.theory.unequal_modes import unequal_modes

__all__ = [
    "AbstractPrediction",
    "Assumption",
    "CommonDecomposition",
    "CommutingSensing",
    "Comparison",
    "Conservation",
    "ConvergenceBound",
    "ConvergenceCertificate",
    "DescentLemma",
    "DiagonalPath",
    "DoesNotApply",
    "EndToEndDynamics",
    "FrozenSubspace",
    "Generalisation",
    "ImbalanceDrift",
    "InputModes",
    "JointEigenbasis",
    "KeyholeCurve",
    "Laid",
    "LeastTrace",
    "LossDecrease",
    "ModeTimes",
    "MomentumForm",
    "NormsDiverge",
    "Overlay",
    "Points",
    "SensingLimit",
    "SingleMeasurement",
    "SingleOutputRule",
    "SingularValueVelocity",
    "SingularVectorVelocity",
    "TwoLayerDescent",
    "TwoLayerModes",
    "best_stopping_time",
    "best_stopping_time_of_mode",
    "common_decomposition",
    "compare",
    "constant_gradient_integral",
    "convergence_certificate",
    "convergence_rate",
    "deficiency_margin",
    "degenerate_instance",
    "depth_two_curl",
    "descent_bounds",
    "descent_floor",
    "descent_mode",
    "descent_transition",
    "diagonal_flow",
    "diagonal_limit",
    "diagonal_weights",
    "distance_to_rank_one_bound",
    "enhancement",
    "escape_time",
    "excess_coefficient",
    "excess_exponent",
    "feasible_directions",
    "final_generalisation_error",
    "generalisation_error",
    "hessian_at_zero",
    "hessian_spectrum_at_zero",
    "imbalances",
    "indefinite_floor",
    "joint_eigenbasis",
    "largest_imbalance",
    "largest_learning_rate",
    "leading_change",
    "least_along",
    "least_decrease",
    "least_singular_value",
    "least_trace",
    "line_integral",
    "linear_potential",
    "mode_path",
    "mode_time",
    "multiplier_rate",
    "off_diagonal",
    "one_layer_mode",
    "overlay",
    "overtraining_growth",
    "perturbation_bound",
    "perturbation_rate",
    "phase_transition",
    "plane_of",
    "points",
    "precondition",
    "prediction_gains",
    "published_descent_bounds",
    "quadratic_potential",
    "reduced_rank_regression",
    "regularizer_integral",
    "related_singular_value",
    "residual_margin",
    "ridge_error",
    "schatten_derivatives",
    "schatten_power",
    "sensing_eigenvalues",
    "sensing_limit",
    "sensing_velocity",
    "sequential_learning_rate",
    "shared_vectors",
    "sharpness",
    "single_output_deviation",
    "single_output_field",
    "single_output_learning_rate",
    "single_output_steps",
    "singular_value_cap",
    "sufficient_spread",
    "training_error",
    "two_layer_mode",
    "two_layer_start",
    "unbalanced_start",
    "unequal_modes",
    "unseen_entry_bound",
    "vanishing_start_limit",
    "vertices",
]
