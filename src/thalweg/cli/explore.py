"""`thalweg explore`."""

import os
import sys
import threading
import webbrowser
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
        try:
            from thalweg.explorer.serve import serve
        except ImportError as error:
            raise ValueError("to explore install the extra live: pip install 'thalweg[live]'") from error

        def opened(address: str) -> None:
            print(f"explorer: {address} (Ctrl-C ends it)", flush=True)
            if browser:
                threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()  # some do not return

        def ended() -> None:
            print("\nended", file=sys.stderr)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(INTERRUPTED)  # threads that compile cannot be told to stop, and an orderly end would wait for them

        try:
            serve(host, port, opened, ended)
        except ModuleNotFoundError as error:
            raise ValueError("to explore install the extra live: pip install 'thalweg[live]'") from error
