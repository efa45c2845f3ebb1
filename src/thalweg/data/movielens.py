"""MovieLens 100K: 100,000 ratings of 1682 films by 943 users."""

import io
import zipfile
from dataclasses import dataclass
from typing import Any, Self, overload

import numpy as np

from thalweg._whole import whole
from thalweg.data.source import Archive, ChecksumMismatch, kept_download, named_folder, read, verify

ARCHIVE = Archive(
    name="ml-100k",
    url="https://files.grouplens.org/datasets/movielens/ml-100k.zip",
    md5="0e33842e24a9c977be4e0107933c0723",
    terms=(
        "MovieLens 100K is published by GroupLens, University of Minnesota, for research. Acknowledge its use in "
        "publications; imply no endorsement by the University or the group; do not redistribute the data without "
        "separate permission; ask the group's faculty before any commercial use."
    ),
    reference="harper2015movielens",
)
TABLE_MD5 = "6e47046882bad158b0efbb84cd5cb987"
"""Of the publisher's `u.data`, unpacked."""
SHAPE = (1682, 943)
"""Items and users, of which each is numbered from 1 in the files and from 0 here."""
SPLITS = ("u1", "u2", "u3", "u4", "u5", "ua", "ub")


@dataclass(frozen=True, eq=False)
class Ratings:
    r"""Ratings as a list: user `users[k]` gave item `items[k]` the rating `ratings[k]` at `timestamps[k]`.

    As a matrix $R \in \mathbb{R}^{1682 \times 943}$ rows are items and columns are users, as in the published figures.

    Arguments:
        users, items: whole numbers from 0.
        ratings: 1.0 to 5.0.
        timestamps: seconds since 1970-01-01 UTC.
        shape: items and users in all.

    Examples:
        >>> import numpy as np
        >>> some = Ratings(np.array([0, 1]), np.array([2, 0]), np.array([4.0, 5.0]), np.array([0, 9]), shape=(3, 2))
        >>> some.matrix()
        array([[nan,  5.],
               [nan, nan],
               [ 4., nan]])

    Reference:
        harper2015movielens.
    """

    users: np.ndarray
    items: np.ndarray
    ratings: np.ndarray
    timestamps: np.ndarray
    shape: tuple[int, int] = SHAPE

    def __len__(self) -> int:
        return len(self.ratings)

    def __repr__(self) -> str:
        return f"<Ratings: {len(self)} of {self.shape[0]} items by {self.shape[1]} users>"

    def matrix(self) -> np.ndarray:
        """The matrix of the shape items by users, NaN where no rating was given, as `tw.MatrixCompletion` takes it.

        Some users and items may have no rating in a part of the data: pass `allow_empty=True` along with it.

        Examples:
            >>> import numpy as np
            >>> one = np.array([0])
            >>> Ratings(one, one, np.array([3.0]), one, shape=(1, 1)).matrix()
            array([[3.]])
        """
        matrix = np.full(self.shape, np.nan)
        matrix[self.items, self.users] = self.ratings
        return matrix

    def part(self, first: int) -> tuple[Self, Self]:
        """The first ratings in the order of the file, and the others; `u.data` is in random order as published.

        Examples:
            >>> import numpy as np
            >>> some = Ratings(np.arange(3), np.arange(3), np.ones(3), np.zeros(3, int), shape=(3, 3))
            >>> some.part(2)
            (<Ratings: 2 of 3 items by 3 users>, <Ratings: 1 of 3 items by 3 users>)
        """
        if whole(first, "first") >= len(self):
            raise ValueError(f"first must be less than the {len(self)} ratings that there are, got {first}")
        return self._at(slice(None, first)), self._at(slice(first, None))

    def _at(self, chosen: slice) -> Self:
        columns = (self.users, self.items, self.ratings, self.timestamps)
        return type(self)(*(column[chosen] for column in columns), shape=self.shape)


@overload
def movielens_100k(split: None = None, *, folder: Any = None, download: bool = True) -> Ratings: ...


@overload
def movielens_100k(split: str, *, folder: Any = None, download: bool = True) -> tuple[Ratings, Ratings]: ...


def movielens_100k(split: str | None = None, *, folder: Any = None, download: bool = True) -> Ratings | tuple[Ratings, Ratings]:
    """MovieLens 100K, from `folder`, else `$THALWEG_DATA/ml-100k`, else the cache, else its publisher.

    The publisher's own files are read, packed by gzip or not. `u.data` is read only if it is, byte for byte, what was
    published; a split only if its two parts together are `u.data`. A folder that is there must hold what is asked for:
    the next place is tried only where a folder is not there at all. Importing this module opens no connection.

    Arguments:
        split: None for all ratings in the published (random) order, or an official split: `u1` to `u5` (five folds of
            80 and 20 percent), `ua` or `ub` (ten ratings of each user to test).
        folder: the folder that holds `u.data` or `u.data.gz`.
        download: whether the publisher may be asked. The archive is kept in `thalweg` under XDG_CACHE_HOME or
            `~/.cache`, and the terms are logged as a warning.

    Returns:
        All ratings, or for a split the pair of base and test.

    Raises:
        ValueError: an unknown split, or a malformed row, by file and line.
        DataMissing: the data are in no place; says what to set and on which terms they come.
        ChecksumMismatch: a file is not what was published.

    Examples:
        >>> movielens_100k("u6")
        Traceback (most recent call last):
        ValueError: split must be None or one of 'u1', 'u2', 'u3', 'u4', 'u5', 'ua', 'ub'; got 'u6'

    Reference:
        harper2015movielens.
    """
    if split is not None and split not in SPLITS:
        raise ValueError(f"split must be None or one of {', '.join(map(repr, SPLITS))}; got {split!r}")
    names = ["u.data"] if split is None else ["u.data", f"{split}.base", f"{split}.test"]
    contents = _contents(names, folder, download)
    verify(contents["u.data"], TABLE_MD5, "u.data")
    table = parsed(contents["u.data"], "u.data")
    if split is None:
        return table
    base, test = (parsed(contents[name], name) for name in names[1:])
    _check_tiling(table, base, test, split)
    return base, test


def parsed(content: bytes, name: str) -> Ratings:
    """The ratings in a file of the publisher: lines of user, item, rating and timestamp, separated by tabs.

    Examples:
        >>> float(parsed(b"196\\t242\\t3\\t881250949\\n", "u.data").ratings[0])
        3.0
    """
    rows = []
    for number, line in enumerate(content.decode("latin-1").splitlines(), start=1):
        try:
            user, item, rating, timestamp = map(int, line.split("\t"))
        except ValueError:
            wanted = "four whole numbers separated by tabs: user, item, rating, timestamp"
            raise ValueError(f"{name}, line {number}: {line[:80]!r} is not {wanted}") from None
        if not (1 <= user <= SHAPE[1] and 1 <= item <= SHAPE[0] and 1 <= rating <= 5 and timestamp >= 0):
            wanted = f"a user in 1..{SHAPE[1]}, an item in 1..{SHAPE[0]}, a rating in 1..5 and a time"
            raise ValueError(f"{name}, line {number}: {line[:80]!r} is not {wanted}")
        rows.append((user - 1, item - 1, rating, timestamp))
    if not rows:
        raise ValueError(f"{name} holds no ratings")
    users, items, ratings, timestamps = np.array(rows, dtype=np.int64).T.copy()
    return Ratings(users, items, ratings.astype(np.float64), timestamps)


def _contents(names: list[str], folder: Any, download: bool) -> dict[str, bytes]:
    """The bytes of the files from the first place that there is."""
    place = named_folder(ARCHIVE, folder, "u.data")
    if place is not None:
        return {name: read(place, name, ARCHIVE) for name in names}
    cached = kept_download(ARCHIVE, download, ARCHIVE.name)
    packed = cached.read_bytes()
    verify(packed, ARCHIVE.md5, str(cached))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(f"{ARCHIVE.name}/{name}") for name in names}


def _check_tiling(table: Ratings, base: Ratings, test: Ratings, split: str) -> None:
    """Refuse a split whose parts together are not the table: a rating changed, lost, or in both."""
    whole_table, parts = _sorted(table), _sorted(base, test)
    if whole_table.shape != parts.shape or not np.array_equal(whole_table, parts):
        raise ChecksumMismatch(
            f"{split}.base and {split}.test together are not the ratings of u.data ({len(base)} and {len(test)} of "
            f"{len(table)}): one of the two is not what was published; get them from the publisher again"
        )


def _sorted(*parts: Ratings) -> np.ndarray:
    columns = [(part.users, part.items, part.ratings.astype(np.int64), part.timestamps) for part in parts]
    rows = np.concatenate([np.stack(four) for four in columns], axis=1)
    return rows[:, np.lexsort(rows[::-1])]
