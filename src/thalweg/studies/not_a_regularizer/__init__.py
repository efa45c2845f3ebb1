"""Overparametrization as no regularizer: line integrals of the end-to-end field (theorem 2)."""
