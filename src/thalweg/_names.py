"""Which module each public name lives in; `thalweg.__getattr__` reads it, so that importing thalweg imports no JAX."""

PUBLIC: dict[str, str] = {
}

SUBPACKAGES: tuple[str, ...] = (
    "problems", "parametrizations", "initializations", "algorithms", "observables", "trajectory", "exact",
    "theory", "studies", "lab", "report", "data", "cli",
)
