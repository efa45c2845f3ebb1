"""The page served on this machine, until it is interrupted."""

import contextlib
import errno
import os
import secrets
import socket
import threading
from collections.abc import Callable
from typing import Any

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve(host: str, port: int, opened: Callable[[str], None], ended: Callable[[], None]) -> None:
    """Serves until Ctrl-C.

    Arguments:
        host: the address to listen at; anything but loopback is served with a token alone. port: 0 for any that is free.
        opened: called with the address of the page once it is served.
        ended: called when it has ended; threads may still compute what nobody wants any longer.

    Raises:
        OSError: nobody may listen there, or somebody does.
    """
    from thalweg.data.source import cache_folder
    from thalweg.explorer.experiments.registry import EXPERIMENTS
    from thalweg.explorer.jobs import PACE, Limits
    from thalweg.explorer.warm_up import WARM_UP
    from thalweg.lab.entry import configure

    listening = _listen(host, port)
    configure(str(cache_folder() / "compiled"))
    threading.Thread(target=WARM_UP.go, args=(EXPERIMENTS.values(), PACE), daemon=True).start()

    import uvicorn  # takes a part of a second, in which programs are being compiled

    from thalweg.explorer.server import application

    token = None if host in LOOPBACK else secrets.token_urlsafe(16)
    address = f"http://{_named(host)}:{listening.getsockname()[1]}/" + (f"?token={token}" if token else "")
    app = application(token, Limits(places=max(2, (os.cpu_count() or 2) // 2)))

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: Any = None) -> None:
            # Else uvicorn would wait for streams that have no end of their own. Not in the handler of the signal, which
            # may come while this thread holds a lock that leaving asks for.
            app.leave()
            await super().shutdown(sockets)

    settings = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1, server_header=False)
    server = Server(settings)
    opened(address)
    with contextlib.suppress(KeyboardInterrupt):
        server.run([listening])
    ended()


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            said = f"another program listens at {host} port {port}; name another with --port, or any that is free with --port 0"
            raise OSError(said) from error
        raise


def _named(host: str) -> str:
    """The host as others can reach it: an address of this machine, where it listens at all of them."""
    if host in ("", "0.0.0.0"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked, contextlib.suppress(OSError):
            asked.connect(("192.0.2.1", 9))  # sends nothing; it says which address would be used
            return asked.getsockname()[0]
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
