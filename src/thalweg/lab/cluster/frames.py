"""Messages between two processes through pipes: a header in JSON, then bytes. Nothing is unpickled."""

import json
import struct
from typing import IO, Any

_LENGTH = struct.Struct(">Q")


def send(stream: IO[bytes], header: dict[str, Any], *parts: bytes) -> None:
    """Writes one message."""
    text = json.dumps({"header": header, "lengths": [len(part) for part in parts]}).encode()
    stream.write(_LENGTH.pack(len(text)) + text)
    for part in parts:
        stream.write(part)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], list[bytes]] | None:
    """The next message; None where the other side has gone, in the middle of one or before it.

    Examples:
        >>> import io
        >>> from thalweg.lab.cluster.frames import receive, send
        >>> pipe = io.BytesIO()
        >>> send(pipe, {"do": "run"}, b"state")
        >>> _ = pipe.seek(0)
        >>> receive(pipe), receive(pipe)
        (({'do': 'run'}, [b'state']), None)
    """
    length = stream.read(_LENGTH.size)
    if len(length) < _LENGTH.size:
        return None
    (count,) = _LENGTH.unpack(length)
    text = stream.read(count)
    if len(text) < count:
        return None
    said = json.loads(text)
    parts = [stream.read(count) for count in said["lengths"]]
    if [len(part) for part in parts] != said["lengths"]:
        return None
    return said["header"], parts
