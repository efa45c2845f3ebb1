"""Balanced factors: conserved by the flow, left slowly by descent, approached from near zero."""
