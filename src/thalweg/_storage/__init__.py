"""Files that are whole or absent, and the errors of disks: what trajectories and the store of runs both write with."""
