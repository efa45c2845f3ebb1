"""How long each mode of a deep linear network takes to learn, at every depth."""
