"""What `view` and `serve` share: where to listen, and how the address is told."""

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from lumenfield.cli.verb import Arguments, print_json

if TYPE_CHECKING:
    from lumenfield.viewer.serving import Address

__all__ = ["add_web_arguments", "show_address"]


def add_web_arguments(parser: argparse.ArgumentParser, *, port: int) -> None:
    """Add --host, --port and --no-browser."""
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on; by default this machine alone"
    )
    shown = "any that is free" if port == 0 else str(port)
    parser.add_argument("--port", type=int, default=port, help=f"by default {shown}")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")


def show_address(arguments: Arguments, what: str) -> "Callable[[Address], None]":
    """Make what tells the address once the server answers, and opens a browser on it."""

    def show(address: "Address") -> None:
        from lumenfield.viewer.serving import open_browser

        if arguments.json:
            print_json({"url": address.url, "port": address.port, "token": address.token})
        else:
            print(f"{what}: {address.url}\nCtrl-C ends it")
            if not address.is_loopback:
                print("others can reach this address; whoever has the token can see the scans")
        # Whoever reads through a pipe waits for the address, and the command does not end.
        sys.stdout.flush()
        if not arguments.no_browser:
            open_browser(address.url)

    return show
