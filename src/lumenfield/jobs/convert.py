"""From one format to another; every frame of a scan in time goes to a file of its own."""

from pathlib import Path

from lumenfield import io
from lumenfield.spacing import unit_meant

__all__ = ["assumed", "convert"]


def convert(source: Path, target: Path, options: io.ReadOptions) -> tuple[Path, ...]:
    """Read a scan and write it in the format of the target's suffix.

    Returns:
        The files written: the target, or with `time="all"` one a frame, NAME-t00 and so on.

    Raises:
        InputError: the scan cannot be read, or the format cannot hold it.
    """
    if options.time != "all":
        io.write(io.read(source, options), target)
        return (target,)
    frames = io.frames(source, options)
    stem = io.case_stem(target)
    suffix = target.name[len(stem) :]
    digits = max(2, len(str(len(frames) - 1)))
    written = []
    for number, frame in enumerate(frames):
        path = target.with_name(f"{stem}-t{number:0{digits}d}{suffix}")
        io.write(io.read(source, frame), path)
        written.append(path)
    return tuple(written)


def assumed(source: Path, options: io.ReadOptions) -> tuple[str, ...]:
    """Tell what had to be assumed of a scan, which the file written now says as if it were known.

    Raises:
        InputError: the header cannot be read.
    """
    if options.spacing is not None:
        return ()
    stored = io.peek(source, options)
    if not stored.placement.known:
        return (f"{source.name} records no voxel size; 1 mm was assumed: pass --spacing",)
    edges = tuple(stored.placement.spacing[: len(stored.grid)].tolist())
    unit = unit_meant(edges)
    return (f"voxels of {min(edges):g} mm look like {unit}: pass --spacing",) if unit else ()
