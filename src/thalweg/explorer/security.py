"""What every answer carries, and who is answered at all."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, unquote_to_bytes

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
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
    a name of its own. With a token the first visit carries it in its address, and a cookie from then on. Pages from elsewhere
    may link to the page, and nothing more: a run and a study begin by a GET, which any page can make a browser send.

    Arguments:
        app: what is guarded. token: that a reader must have; None for this machine alone. leave: ends what
            is going on, when the server goes.

    Raises:
        ValueError: a token of no characters, which everyone has.
    """

    def __init__(self, app: Any, token: str | None = None, leave: Callable[[], None] = lambda: None):
        if token == "":
            raise ValueError("a token must have characters; None serves this machine alone, without one")
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
            await _welcome(dressed, scope, self.token or "")
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
        if _from_elsewhere(scope, headers):
            return 403, "only the page itself may ask for this"
        if self.token is not None and not self._known(scope, headers):
            return 401, "open the address that the server printed when it was started: it holds the token"
        return None

    def _known(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        assert self.token is not None
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(_cookie(scope))
        except CookieError:
            return False
        return morsel is not None and hmac.compare_digest(morsel.value.encode(), self.token.encode())


def _from_elsewhere(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Whether a page of another origin made the browser ask; browsers say so in one of two ways, other programs in none."""
    if scope["path"] == "/" and scope["method"] in ("GET", "HEAD"):
        return False
    host, origin = headers.get("host", ""), headers.get("origin")
    if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
        return True
    return headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def _cookie(scope: Scope) -> str:
    """Its name: browsers keep cookies by host, and two servers may be at two ports of one."""
    return f"thalweg-{(scope.get('server') or ('', 0))[1]}"


async def _welcome(send: Send, scope: Scope, token: str) -> None:
    """On to the page without the token in its address, which might be copied or kept.

    The cookie is lax: a strict one is not sent where a link in a mail or a course page led to the address with the token.
    """
    cookie = f"{_cookie(scope)}={token}; HttpOnly; SameSite=Lax; Path=/"
    rest = b"&".join(part for part in scope["query_string"].split(b"&") if unquote_to_bytes(part.partition(b"=")[0]) != b"token")
    headers = [(b"location", b"/?" + rest if rest else b"/"), (b"set-cookie", cookie.encode()), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _answer(send: Send, status: int, sentence: str) -> None:
    body = f"{sentence}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
