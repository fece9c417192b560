"""Arguments that cannot be understood: one line, as for every other mistake.

Separate because argparse would print the usage of the verb above its reason, and hide it so.
"""

import argparse
from typing import NoReturn

__all__ = ["Parser"]


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line that says where the words are explained."""

    def error(self, message: str) -> NoReturn:
        """Print the reason and stop with exit status 2."""
        self.exit(2, f"lumenfield: {message}; the words it takes: {self.prog} --help\n")
