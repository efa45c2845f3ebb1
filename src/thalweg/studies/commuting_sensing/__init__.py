"""Measurements that commute: the nuclear norm is minimised at every depth (theorem 2)."""
