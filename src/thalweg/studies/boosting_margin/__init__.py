"""Which margin boosting finds, by its step sizes (l1 margins of coordinate descent)."""
