"""Convergence of gradient descent on deep linear networks, and what fails without each hypothesis."""
