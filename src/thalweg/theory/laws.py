"""The laws that `overlay` tries, in the order in which they are shown."""

from thalweg.theory.commuting_sensing import CommutingSensing
from thalweg.theory.descent import ConvergenceBound, DescentLemma
from thalweg.theory.end_to_end import EndToEndDynamics
from thalweg.theory.imbalance import Conservation, ImbalanceDrift
from thalweg.theory.landscape import LossDecrease
from thalweg.theory.linear_student import FrozenSubspace
from thalweg.theory.mode_times import ModeTimes
from thalweg.theory.norms_diverge import NormsDiverge
from thalweg.theory.prediction import AbstractPrediction
from thalweg.theory.single_measurement import SingleMeasurement
from thalweg.theory.single_output import MomentumForm, SingleOutputRule
from thalweg.theory.singular_dynamics import SingularValueVelocity, SingularVectorVelocity
from thalweg.theory.two_layer_modes import TwoLayerDescent, TwoLayerModes

LAWS: tuple[AbstractPrediction, ...] = (
    Conservation(),
    FrozenSubspace(),
    LossDecrease(),
    DescentLemma(),
    ConvergenceBound(),
    CommutingSensing(),
    NormsDiverge(),
    SingleMeasurement(),
    EndToEndDynamics(),
    ImbalanceDrift(),
    MomentumForm(),
    SingleOutputRule(),
    SingularValueVelocity(),
    SingularVectorVelocity(),
    ModeTimes(),
    TwoLayerDescent(),
    TwoLayerModes(),
)
