"""Reference solutions, each with a proof of how exact it is."""

from thalweg.exact.certificate import Certificate, certify
from thalweg.exact.nuclear_norm import NuclearNormSolution, least_nuclear_norm, nuclear_norm
from thalweg.exact.slack_nuclear_norm import slack_nuclear_norm
from thalweg.exact.solution import Solution

__all__ = [
    "Certificate",
    "NuclearNormSolution",
    "Solution",
    "certify",
    "least_nuclear_norm",
    "nuclear_norm",
    "slack_nuclear_norm",
]
