"""Run an application on a port until Ctrl-C; the only place that knows the web server."""

import contextlib
import ipaddress
import os
import secrets
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lumenfield.errors import InputError
from lumenfield.viewer.bundle import BUNDLED, VERSION, is_bundled

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

    from lumenfield.viewer.guard import Lock

__all__ = ["Address", "check_ready", "open_browser", "run"]


@dataclass(frozen=True)
class Address:
    """A bound socket, and the secret that opens it."""

    socket: socket.socket
    host: str
    token: str

    @property
    def port(self) -> int:
        """The port that was bound."""
        return int(self.socket.getsockname()[1])

    @property
    def url(self) -> str:
        """Where to point a browser, with the token."""
        host = self.host
        if host in ("", "0.0.0.0", "::"):
            host = socket.gethostname()
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{self.port}/?token={self.token}"

    @property
    def lock(self) -> "Lock":
        """What requests must show: the token, under a name of this machine."""
        from lumenfield.viewer.guard import Lock

        names = {self.host, socket.gethostname()}
        return Lock(self.token, frozenset(name.lower() for name in names if name))

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return ipaddress.ip_address(self.socket.getsockname()[0]).is_loopback


def check_ready() -> None:
    """Check that the page can be served at all.

    Raises:
        InputError: the extra `serve` or NiiVue is missing.
    """
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise InputError(
            f"{error.name} is not installed",
            "view and serve need the extra `serve`",
            "pip install 'lumenfield[serve]'",
        ) from None
    if not is_bundled():
        raise InputError(
            f"{BUNDLED.name} is not beside the page",
            f"the viewer draws with NiiVue {VERSION}, bundled when the package is built",
            "run `python -m lumenfield.viewer.bundle`",
        )


def bind(host: str, port: int) -> Address:
    """Bind a port, 0 for any that is free.

    Raises:
        InputError: it is in use or not ours to take, or the host is not of this machine.
    """
    try:
        if not 0 <= port < 2**16:
            raise OSError(0, "ports go from 0 to 65535")
        family, *_, place = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = _listening(family, place)
    except OSError as error:
        raise InputError(
            f"{host}:{port} cannot be used ({error.strerror})",
            "a free port of this machine",
            "pass another with --port, or --port 0 for any",
        ) from None
    return Address(bound, host, secrets.token_urlsafe(24))


def _listening(family: int, place: Any) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            # A port that was ours a moment ago is not in use.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(place)
        bound.listen(128)
    except OSError:
        bound.close()
        raise
    return bound


def run(
    make_app: "Callable[[Lock], ASGIApp]",
    *,
    host: str,
    port: int,
    ready: Callable[[Address], None],
) -> None:
    """Serve until Ctrl-C or a signal to end.

    Args:
        ready: called once the port answers.

    Raises:
        InputError: as `bind`.
    """
    import uvicorn

    address = bind(host, port)
    config = uvicorn.Config(
        make_app(address.lock),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    _end_in_order(server)
    with address.socket, contextlib.suppress(KeyboardInterrupt):
        # The socket listens already: whoever comes before the server is ready waits a moment.
        ready(address)
        server.run(sockets=[address.socket])


def _end_in_order(server: "uvicorn.Server") -> None:
    """Let every signal to end leave time to remove uploads; uvicorn would pass SIGTERM on."""
    if threading.current_thread() is not threading.main_thread():
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, server.handle_exit)


def open_browser(url: str) -> None:
    """Open a browser if there is a screen; without one the printed address is all."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and not any(map(os.environ.get, screens)):
        return
    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
