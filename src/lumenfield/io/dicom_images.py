"""The images of DICOM files as plain records, whether one file holds one or a whole series.

Separate because classic and enhanced multi-frame files say the same things in different places.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lumenfield.io.blocks import damaged
from lumenfield.io.foreign import guarded

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["Image", "Kind", "read_images", "series_of"]

Kind = Literal["magnitude", "phase", "real", "imaginary", "velocity"]

_TAGS = (
    *("SOPInstanceUID", "SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "Modality"),
    *("ImageType", "ComplexImageComponent", "InstanceNumber", "NumberOfFrames"),
    *("Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "PixelRepresentation"),
    *("BitsAllocated", "PixelSpacing", "SliceThickness", "SpacingBetweenSlices"),
    *("ImagePositionPatient", "ImageOrientationPatient", "RescaleSlope", "RescaleIntercept"),
    *("EchoTime", "EchoNumbers", "TemporalPositionIdentifier", "TriggerTime"),
    *("AcquisitionNumber", "AcquisitionDate", "AcquisitionTime"),
    *("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"),
)
_GE_KIND = (0x0043, 0x102F)
_GE_KINDS: tuple[Kind, ...] = ("magnitude", "phase", "real", "imaginary")
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("P", "PHASE", "PHASE MAP"), "phase"),
    **dict.fromkeys(("R", "REAL"), "real"),
    **dict.fromkeys(("I", "IMAGINARY"), "imaginary"),
    **dict.fromkeys(("VELOCITY", "V", "VELOCITY MAP"), "velocity"),
}
_MOST_FRAMES = 2**16
_BITS = (8, 16, 32, 64)


@dataclass(frozen=True)
class Image:
    """One image of a series, without its values.

    Args:
        frame: its place in the file.
        position: of the first pixel's centre, LPS mm.
        orientation: the direction along a row, then that along a column, LPS.
        spacing: between rows, then between columns, mm.
        thickness: from slice to slice, or through the slice, mm.
        times: what may tell frames of a series in time apart, the best first.
        syntax: UID of how the values are packed.
    """

    path: Path
    frame: int
    uid: str
    series: str
    number: str
    description: str
    kind: Kind
    echo: float | None
    instance: int
    rows: int
    columns: int
    colour: str
    dtype: str
    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    spacing: tuple[float, ...] | None
    thickness: float | None
    slope: float
    intercept: float
    times: tuple[float | None, ...]
    syntax: str
    n_frames: int = 1


def read_images(path: Path) -> list[Image]:
    """Read the header of a file; one without an image gives none.

    Raises:
        InputError: damaged.
    """
    from pydicom import dcmread
    from pydicom.tag import Tag

    tags: list[Any] = [*_TAGS, Tag(*_GE_KIND)]
    with guarded(path):
        header = dcmread(path, stop_before_pixels=True, specific_tags=tags)
        if not header.get("Rows") or not header.get("Columns"):
            return []
        return list(_images(path, header))


def series_of(path: Path) -> str:
    """Read the UID of the series a file belongs to; nothing else of it is looked at.

    Raises:
        InputError: damaged.
    """
    from pydicom import dcmread

    with guarded(path):
        header = dcmread(path, stop_before_pixels=True, specific_tags=["SeriesInstanceUID"])
        return str(header.get("SeriesInstanceUID", ""))


def _images(path: Path, header: "Dataset") -> Iterator[Image]:
    frames = header.get("PerFrameFunctionalGroupsSequence")
    shared = (header.get("SharedFunctionalGroupsSequence") or [None])[0]
    n_frames = int(header.get("NumberOfFrames") or 1)
    if header.get("BitsAllocated", 16) not in _BITS:
        raise damaged(path, f"it allocates {header.get('BitsAllocated')} bits a pixel")
    if not 0 < n_frames <= _MOST_FRAMES or (frames and len(frames) != n_frames):
        raise damaged(path, f"it claims {n_frames} frames")
    for frame in range(n_frames):
        look = _Look(header, frames[frame] if frames else None, shared)
        yield _image(path, frame, n_frames, look)


@dataclass(frozen=True, eq=False)
class _Look:
    """Where a fact may stand: with the frame, with all frames, or with the file."""

    header: "Dataset"
    frame: "Dataset | None"
    shared: "Dataset | None"

    def first(self, group: str, *names: str) -> Any:
        """Give the first of some elements that has a value; `group` is where frames keep them."""
        for place in (self.frame, self.shared):
            sequence = None if place is None else place.get(group)
            for name in names:
                if sequence and (value := sequence[0].get(name)) not in (None, ""):
                    return value
        found = (self.header.get(name) for name in names)
        return next((value for value in found if value not in (None, "")), None)

    def number(self, group: str, *names: str) -> float | None:
        """Give the first as a number."""
        value = self.first(group, *names)
        if value is not None and not isinstance(value, str | int | float):
            value = value[0] if len(value) else None
        return None if value is None else float(value)

    def numbers(self, count: int, group: str, *names: str) -> tuple[float, ...] | None:
        """Give the first as so many numbers."""
        value = self.first(group, *names)
        if value is None or isinstance(value, str | int | float) or len(value) != count:
            return None
        return tuple(float(one) for one in value)


def _image(path: Path, frame: int, n_frames: int, look: _Look) -> Image:
    header = look.header
    colour = str(header.get("PhotometricInterpretation", "MONOCHROME2"))
    grey = int(header.get("SamplesPerPixel") or 1) == 1 and colour.startswith("MONOCHROME")
    signed = int(header.get("PixelRepresentation") or 0)
    measures, transform = "PixelMeasuresSequence", "PixelValueTransformationSequence"
    slope = look.number(transform, "RescaleSlope")
    return Image(
        path,
        frame,
        uid=str(header.get("SOPInstanceUID", path)),
        series=str(header.get("SeriesInstanceUID", "")),
        number=str(header.get("SeriesNumber") or ""),
        description=str(header.get("SeriesDescription") or "").strip(),
        kind=_kind(look),
        echo=look.number("MREchoSequence", "EffectiveEchoTime", "EchoTime", "EchoNumbers"),
        instance=int(header.get("InstanceNumber") or 0),
        rows=int(header.Rows),
        columns=int(header.Columns),
        colour="" if grey else colour,
        dtype=f"{'' if signed else 'u'}int{int(header.get('BitsAllocated', 16))}",
        position=look.numbers(3, "PlanePositionSequence", "ImagePositionPatient"),
        orientation=look.numbers(6, "PlaneOrientationSequence", "ImageOrientationPatient"),
        spacing=look.numbers(2, measures, "PixelSpacing"),
        thickness=look.number(measures, "SpacingBetweenSlices", "SliceThickness"),
        slope=1.0 if slope is None else slope,
        intercept=look.number(transform, "RescaleIntercept") or 0.0,
        times=_times(look),
        syntax=str(header.file_meta.get("TransferSyntaxUID", "")),
        n_frames=n_frames,
    )


def _kind(look: _Look) -> Kind:
    """Tell what an image shows, as the standard, Siemens, Philips and GE each say it."""
    component = look.first("MRImageFrameTypeSequence", "ComplexImageComponent")
    types = look.first("MRImageFrameTypeSequence", "FrameType", "ImageType") or ()
    types = (types,) if isinstance(types, str) else types
    for word in (component, *types[2:]):
        if (kind := _KINDS.get(str(word).upper())) is not None:
            return kind
    private = look.header.get(_GE_KIND)
    if private is not None and str(private.value) in ("0", "1", "2", "3"):
        return _GE_KINDS[int(private.value)]
    return "magnitude"


def _times(look: _Look) -> tuple[float | None, ...]:
    content, cardiac = "FrameContentSequence", "CardiacSynchronizationSequence"
    temporal = look.number(content, "TemporalPositionIndex", "TemporalPositionIdentifier")
    trigger = look.number(cardiac, "NominalCardiacTriggerDelayTime", "TriggerTime")
    acquisition = look.number(content, "FrameAcquisitionNumber", "AcquisitionNumber")
    day, clock = (look.header.get(f"Acquisition{name}") or "" for name in ("Date", "Time"))
    stamp = float(f"{day}{str(clock).partition('.')[0]:0>6}") if clock else None
    fraction = str(clock).partition(".")[2]
    if stamp is not None and fraction.isdecimal():
        stamp += float(f"0.{fraction}")
    return temporal, trigger, acquisition, stamp
