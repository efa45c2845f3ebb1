"""Explicit and implicit regularization of a diagonal network (section 4 of the paper on kernel and rich regimes)."""
