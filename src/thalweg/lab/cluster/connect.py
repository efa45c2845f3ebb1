"""The way to a cluster: from an address or a client to workers that were found fit."""

import asyncio
import contextlib
import logging
import os
import threading
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from thalweg.lab.cluster.address import checked, listened_to
from thalweg.lab.cluster.errors import ClusterError
from thalweg.lab.plan import Plan

SECONDS = 5.0
"""To wait for a scheduler that does not answer."""
MISSING = "Dask distributed is not installed here: pip install 'thalweg[cluster]'"


@contextlib.contextmanager
def connected(client: Any, plans: Sequence[Plan], shared: Path | str | None = None) -> Iterator[Any]:
    """A cluster whose workers were looked at and found fit for the plans.

    Arguments:
        client: a `distributed.Client`, or the address of a scheduler, or the JSON file that a scheduler wrote.
        plans: what is to be done.
        shared: a folder that this machine and all workers see.

    Raises:
        ValueError, LookupError, TypeError: what is no address and no open client; a shared folder that is not there.
        ClusterError: nothing listens there, or no Dask scheduler; no workers; a worker that cannot take part.
    """
    folder = _folder(shared)
    address = checked(str(client)) if isinstance(client, str | os.PathLike) else None
    try:
        import distributed
    except ImportError as error:
        raise ClusterError(MISSING) from error
    from thalweg.lab.cluster.cluster import Cluster

    with contextlib.ExitStack() as stack:
        if address is not None:
            stack.enter_context(_quiet())
            listened_to(address, SECONDS)
            client = stack.enter_context(_opened(address))
        if not isinstance(client, distributed.Client):
            raise TypeError(f"client must be a distributed.Client or the address of a scheduler, got {client!r:.80}")
        if client.asynchronous:
            raise ValueError("client is asynchronous; open one with asynchronous=False")
        if client.status != "running":
            raise ValueError(f"client is {client.status}: open one, or give the address of its scheduler")
        cluster = Cluster(client, plans, folder)
        try:
            cluster.look()
            yield cluster
        finally:
            cluster.close()


@contextlib.contextmanager
def _opened(address: str) -> Iterator[Any]:
    import distributed

    _introduced(address)
    client = None
    try:
        try:
            client = distributed.Client(address, timeout=SECONDS, set_as_default=False, name="thalweg")
        except OSError as error:
            raise ClusterError(f"the scheduler at {address} takes no clients ({_short(error)})") from None
        yield client
    finally:
        if client is not None:
            client.close(timeout=SECONDS)


def _introduced(address: str) -> None:
    """Asks what listens there who it is; a client would wait without end for one that says nothing.

    Raises:
        ClusterError: it is no Dask scheduler.
    """
    import distributed
    from distributed.security import Security

    async def ask() -> Any:
        async with distributed.rpc(address, connection_args=Security().get_connection_args("client")) as there:
            return await there.identity()

    answers: list[Any] = []

    def call() -> None:
        try:
            answers.append(asyncio.run(asyncio.wait_for(ask(), SECONDS)))
        except Exception as error:  # noqa: BLE001 - what anything says that is no scheduler
            answers.append(error)

    thread = threading.Thread(target=call, daemon=True)  # of its own: a notebook has a loop of events in this one
    thread.start()
    thread.join(2 * SECONDS)
    said = answers[0] if answers else TimeoutError()
    if isinstance(said, dict) and said.get("type") == "Scheduler":
        return
    if isinstance(said, dict) and "type" in said:
        raise ClusterError(f"what listens at {address} is a Dask {said['type'].lower()}; give the address of its scheduler")
    raise ClusterError(f"what listens at {address} does not answer as a Dask scheduler: check the address")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Dask tells of lost connections in tracebacks of its own; here they become one line."""
    logger = logging.getLogger("distributed")
    before, logger.level = logger.level, logging.CRITICAL + 1
    names = [name for name in logging.root.manager.loggerDict if name.startswith("distributed.")]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="distributed")
            yield
    finally:
        logger.level = before
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:80] or type(error).__name__


def _folder(shared: Path | str | None) -> Path | None:
    if shared is None:
        return None
    folder = Path(shared).absolute()
    if not folder.is_dir():
        raise ValueError(f"there is no shared folder {folder}: make it first, where all machines see it under this name")
    if not os.access(folder, os.W_OK):
        raise ValueError(f"the shared folder {folder} does not take writes")
    return folder
