"""How singular values evolve along the path (theorem 3 and figure 3)."""
