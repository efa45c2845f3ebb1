"""What carries studies out: expansion, seeds, the store, workers and verdicts. It knows no particular paper."""
