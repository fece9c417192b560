"""A page to drop scans on: each is segmented as `segment` would, in a process of its own."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lumenfield import io
from lumenfield.errors import InputError
from lumenfield.viewer.queue import JobQueue, Tick
from lumenfield.viewer.serving import Address, check_ready, run
from lumenfield.viewer.uploads import Limits, Upload, Uploads

__all__ = ["segment_upload", "serve"]


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 8765,
    limits: Limits | None = None,
    ready: Callable[[Address], None],
) -> None:
    """Take scans from a page until Ctrl-C; then every upload is removed.

    Args:
        ready: called with the address once it answers.

    Raises:
        InputError: a port that cannot be used, or the viewer is not installed.
    """
    check_ready()
    from lumenfield.viewer.apps import serve_app

    # Only this user can enter a folder made so.
    with tempfile.TemporaryDirectory(prefix="lumenfield-") as folder:
        uploads = Uploads(Path(folder), JobQueue(segment_upload), _models(), limits or Limits())
        run(lambda lock: serve_app(uploads, lock), host=host, port=port, ready=ready)


def segment_upload(upload: Upload, tick: Tick) -> None:
    """Segment one upload into its case folder, and keep the scan for the viewer.

    Raises:
        InputError: as `segment`.
    """
    tick("load", 0, 1)
    from lumenfield.jobs.case import write_case
    from lumenfield.jobs.segment import read_scan
    from lumenfield.pipeline import SegmentOptions
    from lumenfield.pipeline import run as segmented

    options = SegmentOptions(models=(upload.model,) if upload.model else ())
    try:
        scan, notes = read_scan(upload.received, io.ReadOptions(spacing=upload.spacing))
    except InputError as error:
        raise _without_paths(error, upload) from None
    outcome = segmented(scan, options, tick)
    tick("write", 0, 1)
    io.write(scan.like(scan.values.astype(np.float32)), upload.scan)
    source = f"{upload.name}{upload.suffix}"
    told = tuple(note.replace(upload.received.name, source) for note in notes)
    write_case(outcome, upload.case, options, source=source, notes=told)
    upload.received.unlink()


def _without_paths(error: InputError, upload: Upload) -> InputError:
    """Name the file as its sender knows it, not where it lies here."""
    known = f"{upload.name}{upload.suffix}"
    return InputError(*(part.replace(str(upload.received), known) for part in error.parts))


def _models() -> tuple[str, ...]:
    from lumenfield.networks.models import shipped_models

    return tuple(model.name for model in shipped_models())
