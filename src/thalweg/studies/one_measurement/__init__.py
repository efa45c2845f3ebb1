"""Relations between singular values with one measurement (section 3.2)."""
