"""Published figures, tables and theorems: what to run, and the claims."""
