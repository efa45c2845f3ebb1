"""What entry points set, and a library import never does: float64, and a compilation cache."""


def configure(cache: str | None = None) -> None:
    """Switches float64 on and, given a folder, keeps compiled programs there for the next process."""
    import jax

    jax.config.update("jax_enable_x64", True)
    if cache is not None:
        jax.config.update("jax_compilation_cache_dir", cache)
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)
