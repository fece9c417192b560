"""Label maps given for scans; separate because these fail late and oddly."""

from pathlib import Path

import numpy as np

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError

__all__ = ["label_levels", "refuse_labels"]

_MOST_LABELS = 8
_LOOKED_AT = 2**16


def refuse_labels(path: Path, scan: Volume) -> None:
    """Refuse a mask or a label map where a scan is asked for.

    Raises:
        InputError: it has `label_levels`.
    """
    if levels := label_levels(scan):
        raise InputError(
            f"{path} holds nothing but {', '.join(f'{level:g}' for level in levels)}",
            "a scan has many grey levels, this is a label map",
            "give the scan itself; a mask goes to `refine SCAN --from MASK`",
        )


def label_levels(volume: Volume) -> tuple[float, ...]:
    """List the levels of a label map, two to eight whole numbers; nothing for any other volume.

    A scan has hundreds of grey levels; one level alone is left to the checks of contrast.
    """
    flat = volume.values.reshape(-1)
    if len(np.unique(flat[:: max(1, flat.size // _LOOKED_AT)])) > _MOST_LABELS:
        return ()
    levels = np.unique(flat)
    if not 2 <= len(levels) <= _MOST_LABELS or not (levels == np.floor(levels)).all():
        return ()
    return tuple(float(level) for level in levels)
