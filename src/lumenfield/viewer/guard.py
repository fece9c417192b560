"""Who may ask, and what an answer may do in a browser; separate so that no route can forget it.

- The `Host` must be a name of this machine: a page that points its own name here is refused.
- Every request carries the server's token: in the printed address once, then in a cookie, or as
  `Authorization: Bearer`. Other users of the machine do not have it.
- What changes something needs the header `X-Lumenfield` beside the cookie, which no other site's
  page can send; there is no CORS.
- The browser is told to load nothing from elsewhere.
"""

import hmac
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lumenfield.errors import InputError
from lumenfield.viewer.answers import refusal

__all__ = ["CSRF_HEADER", "PAGE_POLICY", "Guard", "Lock"]

CSRF_HEADER = "x-lumenfield"

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self' data: blob:; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


@dataclass(frozen=True)
class Lock:
    """What a request must show.

    Args:
        token: the secret in the printed address.
        names: host names under which the server may be asked, besides addresses and localhost.
    """

    token: str
    names: frozenset[str] = frozenset()

    def knows_host(self, host: str) -> bool:
        """Tell whether a `Host` header names this machine; an address cannot be rebound."""
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        name = name.strip("[]").rstrip(".").lower()
        return name == "localhost" or name in self.names or _is_address(name)

    def opens_to(self, given: str | None) -> bool:
        """Compare with the token, in constant time."""
        return given is not None and hmac.compare_digest(given.encode(), self.token.encode())


class Guard:
    """Wrap an application so that only requests with the token reach it."""

    def __init__(self, app: ASGIApp, lock: Lock) -> None:
        self.app = app
        self.lock = lock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "http":
            answer = self._verdict(HTTPConnection(scope), scope["method"])
            await (answer or self.app)(scope, receive, _with_headers(send))
        elif scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _verdict(self, asked: HTTPConnection, method: str) -> Response | None:
        """Give the refusal or redirection that a request gets; none if it may pass."""
        if not self.lock.knows_host(asked.headers.get("host", "")):
            return refusal(421, _UNKNOWN_HOST)
        safe = method in ("GET", "HEAD")
        if safe and self.lock.opens_to(asked.query_params.get("token")):
            return self._enter(asked)
        if self.lock.opens_to(_bearer(asked)):
            return None
        if not self.lock.opens_to(asked.cookies.get(self._cookie(asked))):
            return refusal(401, _NO_TOKEN)
        if not safe and CSRF_HEADER not in asked.headers:
            return refusal(403, _NOT_FROM_HERE)
        return None

    def _enter(self, asked: HTTPConnection) -> Response:
        """Move the token from the address, where it would be seen, into a cookie."""
        rest = [(k, v) for k, v in asked.query_params.multi_items() if k != "token"]
        # One slash only: two would name another host.
        place = "/" + asked.url.path.lstrip("/\\") + (f"?{urlencode(rest)}" if rest else "")
        answer = RedirectResponse(place, status_code=303)
        answer.set_cookie(self._cookie(asked), self.lock.token, httponly=True, samesite="strict")
        return answer

    def _cookie(self, asked: HTTPConnection) -> str:
        # Browsers share cookies among all ports of a host.
        return f"lumenfield-{asked.url.port or 80}"


_UNKNOWN_HOST = InputError(
    "a request under a host name that is not this machine's",
    "localhost, an address, or the name given with --host",
    "open the address that the command printed",
)
_NO_TOKEN = InputError(
    "a request without this server's token",
    "the token shows that you started the server, or were given its address",
    "open the whole address that the command printed",
)
_NOT_FROM_HERE = InputError(
    "a change asked for by another page",
    f"the header {CSRF_HEADER} comes with every change",
    "use the page itself, or send `Authorization: Bearer TOKEN`",
)


def _bearer(asked: HTTPConnection) -> str | None:
    kind, _, token = asked.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in {**_HEADERS, "content-security-policy": PAGE_POLICY}.items():
                headers.setdefault(name, value)
        await send(message)

    return sent
