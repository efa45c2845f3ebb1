"""Reference solutions, each with a proof of how exact it is."""

from thalweg.exact.certificate import Certificate, certify
from thalweg.exact.hard_margin import hard_margin, proved_margin
from thalweg.exact.least_dft_l1 import least_dft_l1
from thalweg.exact.least_norm import least_l1, least_l2
from thalweg.exact.least_potential import Solutions, least_potential, least_potentials
from thalweg.exact.margin_kkt import MarginKKT, margin_kkt
from thalweg.exact.nuclear_norm import NuclearNormSolution, least_nuclear_norm, nuclear_norm
from thalweg.exact.slack_nuclear_norm import slack_nuclear_norm
from thalweg.exact.soft_impute import SoftImputeSolution, largest_penalty, soft_impute, soft_impute_path
from thalweg.exact.solution import Solution
from thalweg.exact.spline_cost import penalized_spline, representation_cost, spline_cost, spline_network

__all__ = [
    "Certificate",
    "MarginKKT",
    "NuclearNormSolution",
    "SoftImputeSolution",
    "Solution",
    "Solutions",
    "certify",
    "hard_margin",
    "largest_penalty",
    "least_dft_l1",
    "least_l1",
    "least_l2",
    "least_nuclear_norm",
    "least_potential",
    "least_potentials",
    "margin_kkt",
    "nuclear_norm",
    "penalized_spline",
    "proved_margin",
    "representation_cost",
    "slack_nuclear_norm",
    "soft_impute",
    "soft_impute_path",
    "spline_cost",
    "spline_network",
]
