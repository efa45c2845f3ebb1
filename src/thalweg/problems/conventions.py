"""The conventions by which papers turn residuals into a loss: they differ by factors of two and of the sample count."""

CONVENTIONS: dict[str, str] = {
    "mean of squares": r"$\frac{1}{m}\sum_i r_i^2$, as published for deep matrix factorization",
    "half mean of squares": r"$\frac{1}{2m}\sum_i r_i^2$",
    "sum of squares": r"$\sum_i r_i^2$",
    "half sum of squares": r"$\frac{1}{2}\sum_i r_i^2$, as in most statements of theory",
}


def checked(convention: str) -> str:
    """The convention itself, or an error that lists those there are."""
    if convention not in CONVENTIONS:
        raise ValueError(f"loss must be one of {', '.join(map(repr, CONVENTIONS))}; got {convention!r}")
    return convention


def weight(convention: str, count: int) -> float:
    """The factor before the sum of squared residuals."""
    return (0.5 if "half" in convention else 1.0) / (count if "mean" in convention else 1)
