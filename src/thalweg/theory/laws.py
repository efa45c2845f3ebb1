"""The laws that `overlay` tries, in the order in which they are shown."""

from thalweg.theory.descent import ConvergenceBound, DescentLemma
from thalweg.theory.imbalance import Conservation
from thalweg.theory.landscape import LossDecrease
from thalweg.theory.prediction import AbstractPrediction
from thalweg.theory.student_teacher import FrozenSubspace

LAWS: tuple[AbstractPrediction, ...] = (Conservation(), FrozenSubspace(), LossDecrease(), DescentLemma(), ConvergenceBound())
