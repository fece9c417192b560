"""Files and folders that hold several scans: what is there, and which one is meant.

Separate so that named arrays and DICOM series are listed, chosen and refused in the same words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lumenfield.errors import InputError
from lumenfield.io.stored import Stored

__all__ = ["Catalogue", "Part"]

_MOST_NAMED = 12


@dataclass(frozen=True, eq=False)
class Part:
    """One of several scans.

    Args:
        name: what a user asks for.
        about: its size and kind, for people.
        open: reads its header and judges it; raises InputError.
        aliases: other names it answers to.
    """

    name: str
    about: str
    open: Callable[[], Stored]
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The scans of one file or folder.

    Args:
        kind: the option that chooses among them.
        preferred: names to take, the first that is there, when none is asked for.
    """

    kind: Literal["array", "series"]
    parts: tuple[Part, ...]
    preferred: tuple[str, ...] = ()

    def pick(self, path: Path, name: str | None) -> Stored:
        """Open the scan that is asked for, or the only one, or a preferred one.

        Raises:
            InputError: there is none, several and none is preferred, or none of that name.
        """
        part = self._named(path, name) if name is not None else self.usual()
        if part is not None:
            return part.open()
        if not self.parts:
            raise InputError(
                f"{path} holds no {self.kind} that could be a scan",
                "two to four axes of numbers, one number a voxel",
                "take another file",
            )
        listed = self._listed()
        raise InputError(
            f"{path} holds {len(self.parts)} {self._plural()}: {listed}",
            "one is a scan",
            f"choose it with --{self.kind} NAME",
        )

    def usual(self) -> Part | None:
        """Give the scan that is taken when none is asked for, if that is clear."""
        if len(self.parts) == 1:
            return self.parts[0]
        by_name = {part.name: part for part in self.parts}
        return next((by_name[name] for name in self.preferred if name in by_name), None)

    def _named(self, path: Path, name: str) -> Part:
        for found in (
            [part for part in self.parts if part.name == name],
            [part for part in self.parts if name in part.aliases],
        ):
            if len(found) == 1:
                return found[0]
        raise InputError(
            f"{path} holds no {self.kind} {name!r}",
            f"it has {self._listed()}" if self.parts else "it has none",
            f"choose one of them with --{self.kind} NAME",
        )

    def _plural(self) -> str:
        return "series" if self.kind == "series" else "arrays"

    def _listed(self) -> str:
        told = [f"{part.name} ({part.about})" for part in self.parts[:_MOST_NAMED]]
        more = len(self.parts) - len(told)
        return ", ".join(told) + (f" and {more} more" if more else "")
