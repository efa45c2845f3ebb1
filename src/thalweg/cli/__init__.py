"""The command line: a file a command, each a few lines over a function that tests call directly.

Importing this package imports no JAX, so that a help page answers at once.
"""

from thalweg.cli.app import app, main

__all__ = ["app", "main"]
