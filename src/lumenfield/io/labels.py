"""Label maps given for scans; separate because these fail late and oddly."""

from pathlib import Path

import numpy as np

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError

__all__ = ["refuse_labels"]

_MOST_LABELS = 8
_LOOKED_AT = 2**16


def refuse_labels(path: Path, scan: Volume) -> None:
    """Refuse a volume of two to eight whole numbers: a mask or a label map.

    A scan has hundreds of grey levels; one level alone is left to the checks of contrast.

    Raises:
        InputError: it is clearly a label map.
    """
    flat = scan.values.reshape(-1)
    if len(np.unique(flat[:: max(1, flat.size // _LOOKED_AT)])) > _MOST_LABELS:
        return
    levels = np.unique(flat)
    if not 2 <= len(levels) <= _MOST_LABELS or not (levels == np.floor(levels)).all():
        return
    told = ", ".join(f"{level:g}" for level in levels)
    raise InputError(
        f"{path} holds nothing but {told}",
        "a scan has many grey levels, this is a label map",
        "give the scan itself; a mask goes to `refine SCAN --from MASK`",
    )
