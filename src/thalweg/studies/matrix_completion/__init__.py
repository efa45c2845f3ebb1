"""Completion of a low-rank matrix: least nuclear norm against depth (tables and figures 1 and 2)."""
