"""Losses of a predictor, with what is known of their solutions."""
