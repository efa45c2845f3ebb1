"""Sparse regression by diagonal networks, exactly: from the l2 to the l1 solution by the scale of the start."""
