from pathlib import Path

import numpy as np
import pytest

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io import refuse_labels
from lumenfield.io.labels import label_levels

PATH = Path("a.nii")
NOISE = np.random.default_rng(0).normal(100, 20, (20, 20, 20))


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_a_label_map_is_refused_and_told_where_it_belongs(dtype: type) -> None:
    labels = (NOISE > 130).astype(dtype) * 2 + (NOISE > 150)
    with pytest.raises(
        InputError, match=r"a\.nii holds nothing but 0, 2, 3; .* label map: .*refine SCAN --from"
    ):
        refuse_labels(PATH, Volume(labels.astype(dtype), np.eye(4)))


def test_scans_pass_however_coarse(oblique: np.ndarray) -> None:
    for values in (
        NOISE.astype(np.uint8),
        (NOISE / 10).astype(np.uint8),
        np.zeros((4, 4, 4)),
        np.where(NOISE > 130, 0.25, 0.75),
    ):
        assert label_levels(Volume(values, oblique)) == ()


def test_a_rare_grey_level_is_not_missed() -> None:
    values = np.zeros((100, 100, 100), np.int16)
    values[50, 50, :40] = np.arange(40)
    assert label_levels(Volume(values, np.eye(4))) == ()
