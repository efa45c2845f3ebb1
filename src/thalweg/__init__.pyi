# Made by tools/make_docs.py from the table in _names.py; do not edit.

from thalweg import algorithms as algorithms
from thalweg import initializations as initializations
from thalweg import lab as lab
from thalweg import observables as observables
from thalweg import parametrizations as parametrizations
from thalweg import problems as problems
from thalweg import trajectory as trajectory
from thalweg.algorithms.gradient_descent import GradientDescent as GradientDescent
from thalweg.algorithms.gradient_flow import GradientFlow as GradientFlow
from thalweg.algorithms.group_rmsprop import GroupRMSprop as GroupRMSprop
from thalweg.algorithms.optax_algorithm import Optax as Optax
from thalweg.initializations.balanced import Balanced as Balanced
from thalweg.initializations.gaussian import Gaussian as Gaussian
from thalweg.initializations.given import Given as Given
from thalweg.initializations.identity import Identity as Identity
from thalweg.initializations.orthogonal import Orthogonal as Orthogonal
from thalweg.observables.alignment import Alignment as Alignment
from thalweg.observables.imbalance import Imbalance as Imbalance
from thalweg.observables.loss import Loss as Loss
from thalweg.observables.norms import EffectiveRank as EffectiveRank
from thalweg.observables.norms import FrobeniusNorm as FrobeniusNorm
from thalweg.observables.norms import NuclearNorm as NuclearNorm
from thalweg.observables.norms import SchattenNorm as SchattenNorm
from thalweg.observables.reconstruction_error import HeldOutError as HeldOutError
from thalweg.observables.reconstruction_error import ReconstructionError as ReconstructionError
from thalweg.observables.spectrum import LeftSingularVectors as LeftSingularVectors
from thalweg.observables.spectrum import RightSingularVectors as RightSingularVectors
from thalweg.observables.spectrum import SingularValues as SingularValues
from thalweg.observables.velocity import MeasuredVelocity as MeasuredVelocity
from thalweg.observables.velocity import PredictedVelocity as PredictedVelocity
from thalweg.parametrizations.base import Objective as Objective
from thalweg.parametrizations.deep_linear import DeepLinear as DeepLinear
from thalweg.problems.matrix_completion import MatrixCompletion as MatrixCompletion
from thalweg.problems.matrix_sensing import MatrixSensing as MatrixSensing
from thalweg.trajectory.follow import follow as follow
from thalweg.trajectory.outcome import Outcome as Outcome
from thalweg.trajectory.schedule import AtTimes as AtTimes
from thalweg.trajectory.schedule import EverySteps as EverySteps
from thalweg.trajectory.schedule import EveryTime as EveryTime
from thalweg.trajectory.schedule import LogSteps as LogSteps
from thalweg.trajectory.schedule import LogTimes as LogTimes
from thalweg.trajectory.stop import AnyOf as AnyOf
from thalweg.trajectory.stop import Gradients as Gradients
from thalweg.trajectory.stop import LossBelow as LossBelow
from thalweg.trajectory.stop import RelativeChange as RelativeChange
from thalweg.trajectory.stop import Steady as Steady
from thalweg.trajectory.stop import Steps as Steps
from thalweg.trajectory.stop import Time as Time
from thalweg.trajectory.track import track as track
from thalweg.trajectory.trajectory import Trajectory as Trajectory

__version__: str
__all__: list[str]
