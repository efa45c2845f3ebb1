"""Where a scheduler is: the address as it was given, checked, and whether anything listens there."""

import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

from thalweg.lab.cluster.errors import ClusterError

PROTOCOLS = ("tcp", "tls", "ws", "wss", "ucx")
EXAMPLE = "tcp://scheduler:8786"


def checked(address: str) -> str:
    """The address of a scheduler, from an address or from the JSON file that a scheduler wrote.

    Raises:
        ValueError: a text that is no address.
        LookupError: a file that is not there.

    Examples:
        >>> from thalweg.lab.cluster.address import checked
        >>> checked("10.0.0.1:8786")
        'tcp://10.0.0.1:8786'
    """
    given = address
    if address.endswith(".json"):
        address = _from_file(Path(address))
    if "://" not in address:
        address = f"tcp://{address}"
    trouble = _trouble(address)
    if trouble:
        raise ValueError(f"{given!r} is no address of a scheduler: {trouble}; write it as in {EXAMPLE}")
    return address


def listened_to(address: str, seconds: float) -> None:
    """Returns where anything takes connections there.

    Raises:
        ClusterError: nothing does within the time.
    """
    split = urlsplit(address)
    assert split.hostname is not None
    assert split.port is not None
    try:
        socket.create_connection((split.hostname, split.port), timeout=seconds).close()
    except OSError as error:
        why = "no answer" if isinstance(error, TimeoutError) else (error.strerror or str(error)).lower()
        raise ClusterError(
            f"nothing listens at {address} ({why}): check the address, or start a scheduler there with `dask scheduler`"
        ) from None


def _trouble(address: str) -> str:
    try:
        split = urlsplit(address)
        port = split.port
    except ValueError as error:
        return str(error).lower()
    if split.scheme not in PROTOCOLS:
        return f"{split.scheme}:// is none of {', '.join(f'{name}://' for name in PROTOCOLS)}"
    if not split.hostname or any(letter.isspace() for letter in address):
        return "it names no host"
    if not port:
        return "it names no port"
    if split.path not in ("", "/") or split.query or split.username:
        return "nothing follows the port"
    return ""


def _from_file(path: Path) -> str:
    if not path.is_file():
        raise LookupError(f"there is no file {str(path)!r}; a scheduler writes one with `dask scheduler --scheduler-file`")
    try:
        return str(json.loads(path.read_text())["address"])
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{str(path)!r} is not what `dask scheduler --scheduler-file` writes: it holds no address") from None
