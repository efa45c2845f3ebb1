"""`thalweg explore`."""

import os
import sys
import threading
import webbrowser
from importlib.util import find_spec
from typing import Annotated

import typer

from thalweg.cli.common import INTERRUPTED, explained


def explore(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any that is free.")] = 8765,
    host: Annotated[str, typer.Option(help="Where to listen; beyond this machine a token is asked of readers.")] = "127.0.0.1",
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
) -> None:
    """Open the page on which one turns knobs and watches paths, on this machine; Ctrl-C ends it."""
    with explained():
        # Before anything is begun: the server compiles from its first moment on, which an error could not call back.
        if any(find_spec(name) is None for name in ("starlette", "uvicorn")):
            raise ValueError("to explore install the extra live: pip install 'thalweg[live]'")

        from thalweg.explorer.serve import serve

        def opened(address: str) -> None:
            print(f"explorer: {address} (Ctrl-C ends it)", flush=True)
            if browser:
                threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()  # some do not return

        def ended() -> None:
            print("\nended", file=sys.stderr)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(INTERRUPTED)  # threads that compile cannot be told to stop, and an orderly end would wait for them

        serve(host, port, opened, ended)
