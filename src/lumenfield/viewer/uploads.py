"""Scans that people drop on the page: where they lie, how many and how large, and when they go.

Separate from the routes because every promise about other people's scans is kept here. Each has a
folder of its own, named by chance, in a folder that only this user can enter; no name that was sent
is used as a path before `safe_name`.
"""

import re
import secrets
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lumenfield.errors import InputError
from lumenfield.io import FORMATS, ReadOptions
from lumenfield.viewer.archive import ARCHIVES
from lumenfield.viewer.case import Case, open_case
from lumenfield.viewer.queue import Job, JobQueue

__all__ = ["SUFFIXES", "Limits", "TooLarge", "TooMany", "Upload", "Uploads", "safe_name"]

SUFFIXES = (
    *(s for s in FORMATS if s.startswith(".") and s not in (".mhd", ".nhdr")),
    *ARCHIVES,
)
"""Of formats that are one file, and of archives of a DICOM series; a header alone is no scan."""


class TooLarge(InputError):
    """An upload above the limit."""


class TooMany(InputError):
    """More scans than the server keeps."""


@dataclass(frozen=True)
class Limits:
    """What the server takes.

    Args:
        max_bytes: of one upload. max_scans: kept at a time, waiting and finished.
        keep_s: seconds that a finished scan is kept.
    """

    max_bytes: int = 1024 * 2**20
    max_scans: int = 8
    keep_s: float = 3600.0


_LIMITS = Limits()


@dataclass(frozen=True)
class Upload:
    """One scan to segment.

    Args:
        folder: its own, named by chance.
        name: a plain word, safe as a folder's name. suffix: of a known format.
        model: a name among those offered; empty for the shipped network of its dimension.
        spacing: voxel edges in mm, if the sender gave them.
        part: name of the series or array that is meant, where it holds several.
        time: frame of a scan in time, or the mean of all.
        max_bytes: that an archive may hold, unpacked.
    """

    folder: Path
    name: str
    suffix: str
    model: str = ""
    spacing: tuple[float, ...] | None = None
    part: str = ""
    time: int | Literal["mean"] | None = None
    max_bytes: int = Limits.max_bytes

    @property
    def key(self) -> str:
        """What it is called in addresses."""
        return self.folder.name

    @property
    def received(self) -> Path:
        """The file as it came."""
        return self.folder / f"scan{self.suffix}"

    @property
    def source(self) -> str:
        """What its sender called it, cleaned."""
        return f"{self.name}{self.suffix}"

    @property
    def is_archive(self) -> bool:
        """Whether it is a DICOM series in one file."""
        return self.suffix in ARCHIVES

    @property
    def reading(self) -> ReadOptions:
        """What of the file is meant; of DICOM the part is a series, of all else an array."""
        kind = "series" if self.is_archive or self.suffix in (".dcm", ".ima") else "array"
        part = {kind: self.part} if self.part else {}
        return ReadOptions(spacing=self.spacing, time=self.time, **part)

    @property
    def series(self) -> Path:
        """The folder an archive is unpacked into."""
        return self.folder / "series"

    @property
    def scan(self) -> Path:
        """The scan for the viewer."""
        return self.folder / "view.nii"

    @property
    def case(self) -> Path:
        """The case folder."""
        return self.folder / "case" / self.name


class Uploads:
    """All scans of a server, in the private folder `root`.

    It changes: scans come and go with the jobs of its queue, and opened cases are kept.
    """

    def __init__(
        self, root: Path, queue: JobQueue, models: tuple[str, ...] = (), limits: Limits = _LIMITS
    ) -> None:
        self.root = root
        self.queue = queue
        self.models = models
        self.limits = limits
        self._cases: dict[str, Case] = {}

    def admit(
        self, file_name: str, model: str = "", spacing: str = "", part: str = "", time: str = ""
    ) -> Upload:
        """Check what is said of an upload, each as text, and keep a place for it.

        Raises:
            InputError: an unknown suffix, model, spacing or time.
            TooMany: no place is left.
        """
        upload = Upload(
            self.root / secrets.token_hex(8),
            safe_name(file_name),
            _suffix(file_name),
            self._model(model),
            _spacing(spacing),
            part.strip(),
            _time(time),
            self.limits.max_bytes,
        )
        if len(self.queue.jobs()) >= self.limits.max_scans:
            raise TooMany(
                f"{self.limits.max_scans} scans are here already",
                "the server keeps no more at a time",
                "remove one, or wait until one is",
            )
        self.queue.put(Job(upload.key, upload, state="uploading"))
        return upload

    async def receive(self, upload: Upload, chunks: AsyncIterator[bytes]) -> None:
        """Write what is sent, then queue it unless it was removed; on any fault nothing is left.

        Raises:
            TooLarge: more bytes than the limit. InputError: no bytes at all.
        """
        size = 0
        try:
            upload.folder.mkdir(mode=0o700)
            with upload.received.open("xb") as file:
                async for chunk in chunks:
                    size += len(chunk)
                    self.check_size(size)
                    file.write(chunk)
            if size == 0:
                raise InputError("the scan is empty", "a file with a scan", "send another")
        except BaseException:
            self.remove(upload.key)
            raise
        # Its sender, or another page, may have removed it meanwhile.
        if self.queue.find(upload.key) is not None:
            self.queue.put(Job(upload.key, upload))

    def check_size(self, size: int) -> None:
        """Refuse an upload of so many bytes.

        Raises:
            TooLarge: it is above the limit.
        """
        if size > self.limits.max_bytes:
            raise TooLarge(
                f"the scan has more than {self.limits.max_bytes / 2**20:g} MB",
                "this server takes no more",
                "crop it, or start the server with a larger --max-upload",
            )

    def case(self, key: str) -> Case | None:
        """Open the finished case of an upload."""
        job = self.queue.find(key)
        if job is None or job.state != "done":
            return None
        if key not in self._cases:
            upload: Upload = job.task
            self._cases[key] = open_case(upload.case, scan=upload.scan)
        return self._cases[key]

    def remove(self, key: str) -> bool:
        """End a job and delete all its files; tell whether there was one."""
        job = self.queue.find(key)
        if job is None:
            return False
        self.queue.remove(key)
        self._cases.pop(key, None)
        shutil.rmtree(job.task.folder, ignore_errors=True)
        return True

    def sweep(self) -> None:
        """Remove what ended longer ago than the limit."""
        oldest = time.monotonic() - self.limits.keep_s
        for job in self.queue.jobs():
            if job.ended and job.ended < oldest:
                self.remove(job.key)

    def _model(self, name: str) -> str:
        if name and name not in self.models:
            # Never a path: only the command line may name files.
            known = ", ".join(self.models) or "none"
            raise InputError(f"model {name[:80]}", f"offered are {known}", "name one, or leave out")
        return name


def safe_name(file_name: str) -> str:
    """Make a plain word of a file's name: letters, digits, `_`, `-`, `+` and inner dots."""
    stem = re.split(r"[/\\]", file_name)[-1].replace("\0", "")
    suffix = max((s for s in SUFFIXES if stem.lower().endswith(s)), key=len, default="")
    stem = stem[: len(stem) - len(suffix)]
    return re.sub(r"[^A-Za-z0-9_+.-]+", "_", stem).strip("._-")[:64] or "scan"


def _suffix(file_name: str) -> str:
    found = [suffix for suffix in SUFFIXES if file_name.lower().endswith(suffix)]
    if not found:
        raise InputError(
            f"{file_name[-80:] or 'a file without a name'} is of no known format",
            f"one file ending in {', '.join(SUFFIXES)}",
            "convert it first, for instance with `lumenfield convert`",
        )
    return max(found, key=len)


def _spacing(text: str) -> tuple[float, ...] | None:
    words = re.split(r"[\s,;×x]+", text.strip()) if text.strip() else []
    if not words:
        return None
    try:
        edges = tuple(float(word) for word in words)
    except ValueError:
        edges = ()
    if len(edges) not in (2, 3) or not all(1e-3 <= edge <= 1e3 for edge in edges):
        raise InputError(
            f"a spacing of {text[:80]}", "two or three edges in mm, such as 0.8 0.8 1", "mend it"
        )
    return edges


def _time(text: str) -> int | Literal["mean"] | None:
    word = text.strip().lower()
    if word in ("", "mean"):
        return "mean" if word else None
    if not (word.isascii() and word.isdecimal() and len(word) < 7):
        raise InputError(f"frame {text[:80]}", "mean, or a frame counted from 0", "mend it")
    return int(word)
