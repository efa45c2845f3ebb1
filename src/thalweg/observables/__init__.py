"""What can be measured at an instant of a path."""
