"""A page to drop scans on: each is segmented as `segment` would, in a process of its own."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lumenfield import io
from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.viewer.archive import unpack
from lumenfield.viewer.boxes import on_the_page
from lumenfield.viewer.queue import JobQueue, Tick
from lumenfield.viewer.serving import Address, check_ready, run
from lumenfield.viewer.uploads import Limits, Upload, Uploads

__all__ = ["read_upload", "segment_upload", "serve"]


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
    from lumenfield.pipeline import SegmentOptions
    from lumenfield.pipeline import run as segmented

    options = SegmentOptions(models=(upload.model,) if upload.model else ())
    scan, notes = read_upload(upload)
    outcome = segmented(scan, options, tick)
    tick("write", 0, 1)
    io.write(scan.like(scan.values.astype(np.float32)), upload.scan)
    write_case(outcome, upload.case, options, source=upload.source, notes=notes)
    upload.received.unlink()


def read_upload(upload: Upload) -> tuple[Volume, tuple[str, ...]]:
    """Read the scan that was sent, and say what had to be assumed of its geometry.

    Raises:
        InputError: as `read_scan` and `unpack`, of the file as its sender named it.
    """
    from lumenfield.jobs.segment import read_scan

    path = upload.received
    try:
        if upload.is_archive:
            unpack(upload.received, upload.series, most_bytes=upload.max_bytes)
            path = upload.series
        scan, notes = read_scan(path, upload.reading)
    except InputError as error:
        raise _without_paths(error, upload) from None
    finally:
        shutil.rmtree(upload.series, ignore_errors=True)
    return scan, tuple(on_the_page(note.replace(path.name, upload.source)) for note in notes)


def _without_paths(error: InputError, upload: Upload) -> InputError:
    """Name the file as its sender knows it, not where it lies here."""
    places = (str(upload.received), str(upload.series), upload.received.name)
    return InputError(*(_replaced(part, places, upload.source) for part in error.parts))


def _replaced(text: str, places: tuple[str, ...], name: str) -> str:
    for place in places:
        text = text.replace(place, name)
    return text


def _models() -> tuple[str, ...]:
    from lumenfield.networks.models import shipped_models

    return tuple(model.name for model in shipped_models())
