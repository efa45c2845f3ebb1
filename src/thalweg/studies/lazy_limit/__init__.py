"""The kernel regime as the limit of large starts (of homogeneous models, and of outputs multiplied by a large number)."""
