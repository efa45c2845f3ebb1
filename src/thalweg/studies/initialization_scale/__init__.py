"""How the scale of the start decides whether a deep network is trained (figure 2)."""
