"""The end-to-end rule: how a product of balanced factors moves, and the algorithms that move one matrix so."""
