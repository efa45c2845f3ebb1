"""What is well here and what is not: versions, devices, precision, data, store."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from thalweg.lab.entry import configure
from thalweg.lab.store import Store, StoreError, default_store
from thalweg.lab.workers import cores


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `well` is False where a user should do something about it."""

    what: str
    found: str
    well: bool = True


def examine(store: Path | None, variables: Mapping[str, str]) -> list[Finding]:
    """Looks at everything that a run depends on.

    Arguments:
        store: the folder of runs to look at.
        variables: the environment variables.
    """
    configure()
    import jax.numpy as jnp

    from thalweg.trajectory.provenance import environment

    here = environment()
    found = [Finding(f"{name} version", version) for name, version in here["versions"].items()]
    found += [Finding("python", here["python"]), Finding("processor", here["processor"]), Finding("device", here["device"])]
    found.append(Finding("cores for workers", str(cores())))
    found.append(_precision(float(jnp.finfo(jnp.zeros(()).dtype).eps)))
    found.append(_data(variables.get("THALWEG_DATA")))
    found.append(_store(store if store is not None else default_store()))
    return found


def _precision(eps: float) -> Finding:
    return Finding("precision of commands", f"rounding {eps:.2g}", eps < 1e-15)


def _data(folder: str | None) -> Finding:
    if folder is None:
        return Finding("data", "THALWEG_DATA is not set: real data are downloaded from their publishers when needed")
    held = sorted(path.name for path in Path(folder).iterdir()) if Path(folder).is_dir() else []
    return Finding("data", f"{folder}: {', '.join(held) if held else 'not a folder, or empty'}", bool(held))


def _store(path: Path) -> Finding:
    if not path.exists():
        return Finding("store", f"{path}: none yet, a run makes it")
    try:
        with Store(path, "r") as opened:
            states: dict[str, int] = {}
            for record in opened.query():
                states[record.state] = states.get(record.state, 0) + 1
    except StoreError as error:
        return Finding("store", str(error), False)
    counts = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "empty"
    return Finding("store", f"{path}: {counts}")
