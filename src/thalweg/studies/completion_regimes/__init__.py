"""Kernel and rich regimes of a factored matrix (figure 5 of Kernel and Rich Regimes)."""
