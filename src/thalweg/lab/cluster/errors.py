"""What can be wrong with a cluster."""


class ClusterError(OSError):
    """A cluster that cannot be used, and why."""


class ClusterLost(ClusterError):
    """A cluster that was there and is no longer; what was done is kept."""
