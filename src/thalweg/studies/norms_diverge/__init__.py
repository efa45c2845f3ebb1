"""Completion that drives every norm to infinity while the rank goes down (theorem 1 of Razin and Cohen)."""
