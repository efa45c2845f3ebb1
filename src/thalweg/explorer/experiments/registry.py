"""The experiments of the page, in the order of their tabs."""

from collections.abc import Mapping

from thalweg.explorer.experiments.base import AbstractExperiment
from thalweg.explorer.experiments.completion import Completion

EXPERIMENTS: Mapping[str, AbstractExperiment] = {one.name: one for one in (Completion(),)}
