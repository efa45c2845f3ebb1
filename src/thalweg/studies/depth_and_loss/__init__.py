"""Depth of diagonal networks under squared and exponential loss (section 5 of the paper on kernel and rich regimes)."""
