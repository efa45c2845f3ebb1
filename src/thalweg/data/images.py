"""Two pictures to paint gaps of: coins from Pompeii in grey, an astronaut in colour; as scikit-image distributes them."""

import io
from typing import Any

import numpy as np

from thalweg.data.source import Archive, kept_download, named_folder, read, verify

TERMS = (
    "The pictures are distributed with scikit-image. The coins are from the Brooklyn Museum Collection, with no known "
    "copyright restrictions; the portrait of Eileen Collins is NASA's, of 1993, in the public domain."
)
ADDRESS = "https://raw.githubusercontent.com/scikit-image/scikit-image/v0.24.0/skimage/data"
FILES = {
    "coins": ("coins.png", "83d5e6ca6fb2724cdb5cf64cf891f7a8", (303, 384)),
    "astronaut": ("astronaut.png", "97066e0a8baf4cd0be9859f9825aa3a2", (512, 512, 3)),
}
"""File, MD5 and shape by name."""


def load(name: str = "coins", *, folder: Any = None, download: bool = True) -> np.ndarray:
    """A picture, from `folder`, else `$THALWEG_DATA/images`, else the cache, else scikit-image's repository.

    A file is used only if it is, byte for byte, what was published. Importing this module opens no connection.

    Arguments:
        name: `coins` (303, 384), grey, or `astronaut` (512, 512, 3), red, green and blue.
        folder: the folder that holds the PNG files.
        download: whether the repository may be asked; the terms are then logged as a warning.

    Returns:
        float64 from 0 (black) to 1, in steps of 1/255.

    Raises:
        ValueError: an unknown name.
        DataMissing: the picture is in no place; says what to set and on which terms it comes.
        ChecksumMismatch: a file is not what was published.

    Examples:
        >>> load("cat")
        Traceback (most recent call last):
        ValueError: name must be 'coins' or 'astronaut', got 'cat'

    Reference:
        vanderwalt2014scikit.
    """
    if name not in FILES:
        raise ValueError(f"name must be 'coins' or 'astronaut', got {name!r}")
    file, md5, _ = FILES[name]
    archive = Archive("images", f"{ADDRESS}/{file}", md5, TERMS, "vanderwalt2014scikit")
    place = named_folder(archive, folder, file) or kept_download(archive, download, file).parent
    content = read(place, file, archive)
    verify(content, md5, str(place / file))
    return decoded(content)


def decoded(content: bytes) -> np.ndarray:
    """The grey values, or red, green and blue, of a PNG file of eight bits, from 0 to 1."""
    from matplotlib.image import imread

    return np.rint(np.asarray(imread(io.BytesIO(content), format="png"), dtype=np.float64) * 255.0) / 255.0
