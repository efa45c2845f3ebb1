"""Records of studies that were carried out, written for other tools."""

import re
from collections.abc import Sequence
from pathlib import Path

from thalweg.lab.finished import StudyRun
from thalweg.studies.evidence import Result
from thalweg.trajectory.tensorboard import check_folder, record_writer, write_events

_LONGEST = 200
_UNSAFE = re.compile(r"[^\w.=+-]+")


def to_tensorboard(runs: Sequence[StudyRun], folder: str | Path) -> list[Path]:
    """An event file for each run of studies: `FOLDER/study/mode/case/`, so that TensorBoard lists them by what they vary.

    Cases without a path, such as exact solutions, have no file. Nothing is written where a folder is refused.

    Arguments:
        runs: what `thalweg.lab.run` returned, or was recalled from the store.
        folder: made where it is not there; files of the same runs are replaced.

    Raises:
        ModuleNotFoundError: TensorBoard is not installed.
        ValueError: a folder of a case that holds event files of others.

    Examples:
        >>> from thalweg.lab.export import to_tensorboard
        >>> to_tensorboard([], "anywhere")
        []
    """
    record_writer()
    places: dict[Path, Result] = {}
    for run in runs:
        for result in run.evidence:
            place = Path(folder) / run.study.name / run.mode / _named(result)
            if place in places:
                place = place.with_name(f"{place.name},{len(places)}")
            check_folder(place)
            places[place] = result
    written = []
    for place, result in places.items():
        data = result.record()
        if data.sizes.get("record", 0) > 1:
            written.append(write_events(data, place))
    return written


def _named(result: Result) -> str:
    parts = [*(f"{name}={value}" for name, value in result.coordinates.items()), f"seed={result.seed}"]
    return _UNSAFE.sub("-", ",".join(parts))[:_LONGEST]
