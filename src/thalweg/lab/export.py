"""Records of studies that were carried out, written for other tools."""

import re
from collections.abc import Sequence
from pathlib import Path

from thalweg.lab.finished import StudyRun
from thalweg.trajectory.tensorboard import write_events

_LONGEST = 200
_UNSAFE = re.compile(r"[^\w.=+-]+")


def to_tensorboard(runs: Sequence[StudyRun], folder: str | Path) -> list[Path]:
    """An event file for each run of studies: `FOLDER/study/mode/case/`, so that TensorBoard lists them by what they vary.

    Arguments:
        runs: what `thalweg.lab.run` returned, or was recalled from the store.
        folder: made where it is not there; files of the same runs are replaced.

    Raises:
        ModuleNotFoundError: TensorBoard is not installed.

    Examples:
        >>> from thalweg.lab.export import to_tensorboard
        >>> to_tensorboard([], "anywhere")
        []
    """
    written: list[Path] = []
    taken: set[Path] = set()
    for run in runs:
        for result in run.evidence:
            data = result.record()
            if data.sizes.get("record"):
                parts = [*(f"{name}={value}" for name, value in result.coordinates.items()), f"seed={result.seed}"]
                case = _UNSAFE.sub("-", ",".join(parts))
                place = Path(folder) / run.study.name / run.mode / case[:_LONGEST]
                if place in taken:
                    place = place.with_name(f"{place.name},{len(written)}")
                taken.add(place)
                written.append(write_events(data, place))
    return written
