"""No Schatten quasi-norm is minimised, not even locally (proposition 1)."""
