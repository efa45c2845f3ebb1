"""`thalweg export`."""

from pathlib import Path
from typing import Annotated

import typer

from thalweg.cli.common import MaybeStudies, StoreFolder, explained


def export(
    studies: MaybeStudies = None,
    tensorboard: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Event files of TensorBoard, a run a folder.")
    ] = None,
    store: StoreFolder = None,
) -> None:
    """Write the records of what was run for other tools; run it first."""
    from thalweg.lab.export import to_tensorboard
    from thalweg.lab.recall import recall

    with explained():
        if tensorboard is None:
            raise ValueError("name what to write: --tensorboard FOLDER")
        runs = recall(store, studies or ())
        if not runs:
            raise LookupError("the store holds no study yet; run one first: thalweg run matrix-completion --quick")
        try:
            written = to_tensorboard(runs, tensorboard)
        except ModuleNotFoundError as error:
            raise ValueError(str(error)) from None
        if not written:
            raise LookupError("none of these studies recorded a path: there is nothing for TensorBoard")
        print(f"event files: {len(written)}, in {tensorboard.resolve()}; look at them: tensorboard --logdir {tensorboard}")
