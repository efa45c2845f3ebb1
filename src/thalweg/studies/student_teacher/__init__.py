"""How generalisation goes in time: a linear student learns from a noisy linear teacher (Advani, Saxe and Sompolinsky)."""
