"""What every answer carries, and who is answered at all."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
LOCAL = ("127.0.0.1", "localhost", "[::1]")
LONGEST = 8000
"""Characters of an address."""


class Guard:
    """In front of the application: who asks, from where, and for how much.

    Without a token only names of this machine are taken as a host, so that no page from elsewhere can reach the server under
    a name of its own. With a token the first visit carries it in its address, and a cookie from then on.

    Arguments:
        app: what is guarded. token: that a reader must have; None for this machine alone. leave: ends what
            is going on, when the server goes.
    """

    def __init__(self, app: Any, token: str | None = None, leave: Callable[[], None] = lambda: None):
        self.app, self.token, self.leave = app, token, leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}

        async def dressed(message: Any) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                extra = [(n.encode(), v.encode()) for n, v in HEADERS.items() if n.encode() not in given]
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        if self._brought(scope):
            await _welcome(dressed, self.token or "")
            return
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            status, sentence = refusal
            await _answer(dressed, status, sentence)
            return
        await self.app(scope, receive, dressed)

    def _brought(self, scope: Scope) -> bool:
        """Whether this is the visit that brings the token in its address."""
        if self.token is None or scope["path"] != "/" or len(scope["query_string"]) > LONGEST:
            return False
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        return hmac.compare_digest(given.encode(), self.token.encode())

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> tuple[int, str] | None:
        if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST:
            return 414, f"addresses are of at most {LONGEST} characters"
        host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
        if self.token is None and host not in LOCAL:
            return 421, "this server answers to the names of its own machine alone"
        if scope["method"] not in ("GET", "HEAD") and headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return 403, "only the page itself may change anything"
        if self.token is not None and not self._known(scope, headers):
            return 401, "open the address that the server printed when it was started: it holds the token"
        return None

    def _known(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        assert self.token is not None
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get("thalweg")
        except CookieError:
            return False
        return morsel is not None and hmac.compare_digest(morsel.value.encode(), self.token.encode())


async def _welcome(send: Send, token: str) -> None:
    """On to the page without the token in its address, which might be copied or kept."""
    cookie = f"thalweg={token}; HttpOnly; SameSite=Strict; Path=/"
    headers = [(b"location", b"/"), (b"set-cookie", cookie.encode()), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _answer(send: Send, status: int, sentence: str) -> None:
    body = f"{sentence}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
