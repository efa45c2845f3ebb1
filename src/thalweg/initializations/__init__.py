"""How parameters are drawn."""
