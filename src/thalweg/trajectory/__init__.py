"""The one loop: schedule, record, stop, resume."""
