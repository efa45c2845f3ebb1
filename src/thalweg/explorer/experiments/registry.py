"""The experiments of the page, in the order of their tabs."""

from collections.abc import Mapping

from thalweg.explorer.experiments.base import AbstractExperiment
from thalweg.explorer.experiments.completion import Completion
from thalweg.explorer.experiments.kernel_or_rich import KernelOrRich
from thalweg.explorer.experiments.margins import Margins

EXPERIMENTS: Mapping[str, AbstractExperiment] = {one.name: one for one in (Completion(), KernelOrRich(), Margins())}
