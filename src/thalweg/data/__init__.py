"""Loaders of real data: where from, checksum, terms; never the data themselves."""
