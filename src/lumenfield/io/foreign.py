"""Other people's parsers on bytes that may be damaged; separate because they raise anything."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lumenfield.errors import InputError
from lumenfield.io.blocks import damaged, opened

__all__ = ["guarded"]


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Take whatever a library raises for damage of the file, and silence what it warns of.

    The block under it calls that library on this file and does nothing else, so any error there
    comes from the file's bytes.

    Raises:
        InputError: in place of any other error; the file is missing, closed or empty.
    """
    with opened(path), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except (InputError, PermissionError):
            raise
        except MemoryError:
            raise damaged(path, "it asks for more memory than there is") from None
        except Exception as error:
            raise damaged(path, f"{type(error).__name__}: {error}"[:200]) from error
