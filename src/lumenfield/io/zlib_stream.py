"""Bare zlib streams as files; separate because the standard library has none."""

import io
import zlib
from typing import Any

__all__ = ["Deflated", "Inflated"]


class Inflated(io.RawIOBase):
    """Read what a zlib or gzip stream decompresses to."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file = file
        self._engine = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill some of a buffer; 0 only at the end of the stream."""
        while not self._engine.eof:
            packed = self._engine.unconsumed_tail or self._file.read(2**16)
            plain = self._engine.decompress(packed, len(buffer))
            if plain:
                buffer[: len(plain)] = plain
                return len(plain)
            if not packed:
                raise EOFError("compressed data ends early")
        return 0


class Deflated(io.BufferedIOBase):
    """Compress what is written to it into a file, which stays open."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file = file
        self._engine = zlib.compressobj(level=1)

    def writable(self) -> bool:
        """Say yes."""
        return True

    def write(self, data: Any) -> int:
        """Take all of the data."""
        self._file.write(self._engine.compress(data))
        return len(data)

    def close(self) -> None:
        """End the stream."""
        if not self.closed:
            self._file.write(self._engine.flush())
        super().close()
