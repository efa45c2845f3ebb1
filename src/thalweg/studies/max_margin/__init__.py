"""Which largest margin each algorithm finds on separable data, and how fast."""
