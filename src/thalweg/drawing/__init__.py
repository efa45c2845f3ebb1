"""Pictures as data, and how they are drawn, for the screen and for paper."""
