"""Does the flow minimise the nuclear norm? Searches on small instances, and a counter-example."""
