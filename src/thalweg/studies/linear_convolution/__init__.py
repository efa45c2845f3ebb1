"""Linear convolutional networks: the directions that they reach, sparse in frequencies."""
