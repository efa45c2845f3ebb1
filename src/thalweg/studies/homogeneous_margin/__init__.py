"""How fast, and where to, homogeneous models grow their margins."""
