import numpy as np
import pytest

from lumenfield.data import find_pairs, open_dataset, read_case
from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io import write


def _write(folder, part, kind, name, values):
    path = folder / part / kind
    path.mkdir(parents=True, exist_ok=True)
    np.save(path / f"{name}.npy", values)
    return path / f"{name}.npy"


@pytest.fixture
def folder(tmp_path):
    generator = np.random.default_rng(0)
    for part, name, shape in (
        ("train", "a", (6, 5, 4)),
        ("train", "b.1", (7, 7, 7)),
        ("val", "c", (5, 5, 5)),
    ):
        scan = generator.random(shape, dtype=np.float32)
        _write(tmp_path, part, "magn", name, scan)
        _write(tmp_path, part, "mask", name, (scan > 0.7).astype(np.uint8))
    return tmp_path


def test_partners_are_found_by_name_whatever_the_sizes(folder):
    data = open_dataset(folder)
    assert [pair.name for pair in data.train] == ["a", "b.1"]
    assert [pair.name for pair in data.val] == ["c"]
    case = read_case(data.train[1])
    assert case.magnitude.shape == case.mask.shape == (7, 7, 7)
    assert case.distance is None


def test_distances_are_found_where_there_are_any(folder):
    _write(folder, "val", "distance", "c", np.full((5, 5, 5), 2.0, np.float32))
    case = read_case(find_pairs(folder / "val")[0])
    assert case.distance.values.max() == 2
    assert not case.voxel_known


@pytest.mark.parametrize("levels", [(0, 255), (False, True), (0.0, 1.0), (0, 0)])
def test_any_two_levels_with_zero_make_a_mask(folder, levels):
    mask = np.full((5, 5, 5), levels[0])
    mask[2, 2, 2] = levels[1]
    _write(folder, "val", "mask", "c", mask)
    assert len(open_dataset(folder).val) == 1


SCAN = np.random.default_rng(1).random((5, 5, 5), dtype=np.float32)
HOLED = np.where(SCAN > 0.5, np.nan, SCAN)

FAULTS = {
    "no mask": (lambda f: (f / "val/mask/c.npy").unlink(), r"val/magn/c\.npy has no mask"),
    "no scan": (lambda f: _write(f, "val", "mask", "d", SCAN > 0.5), r"d\.npy has no scan in magn"),
    "empty": (lambda f: (f / "val/mask/c.npy").write_bytes(b""), r"val/mask/c\.npy is empty"),
    "damaged": (lambda f: (f / "train/magn/a.npy").write_bytes(b"what"), r"train/magn/a\.npy"),
    "nan": (lambda f: _write(f, "val", "magn", "c", HOLED), r"c\.npy has \d+ values that are not"),
    "grey": (
        lambda f: _write(f, "val", "mask", "c", SCAN),
        r"mask/c\.npy has 125 values, a mask has 0",
    ),
    "three levels": (
        lambda f: _write(f, "val", "mask", "c", SCAN.round(1)),
        "a mask has 0 and one",
    ),
    "one and two": (
        lambda f: _write(f, "val", "mask", "c", 1 + (SCAN > 0.5)),
        "has 2 values, a mask",
    ),
    "shape": (
        lambda f: _write(f, "val", "mask", "c", SCAN[1:] > 0.5),
        r"c\.npy is 4×5×5, its scan 5×5×5",
    ),
    "no distance": (
        lambda f: _write(f, "train", "distance", "a", np.zeros((6, 5, 4))),
        r"b\.1\.npy has no distance, others have",
    ),
    "distance shape": (
        lambda f: _write(f, "val", "distance", "c", SCAN[:, 1:]),
        r"distance/c\.npy is 5×4×5, its scan",
    ),
    "nothing": (lambda f: (f / "val/magn").rename(f / "val/scans"), "val/magn holds no scans"),
    "twice": (lambda f: (f / "val/magn/c.mha").write_bytes(b"x"), "has 2 files named c"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_named_before_training(folder, fault):
    spoil, match = FAULTS[fault]
    spoil(folder)
    with pytest.raises(InputError, match=match):
        open_dataset(folder)


def test_a_scan_in_both_parts_is_named_whatever_its_file_is_called(folder):
    scan = np.load(folder / "train/magn/a.npy")
    _write(folder, "val", "magn", "other", scan.astype(np.float64))
    _write(folder, "val", "mask", "other", scan > 0.5)
    with pytest.raises(InputError, match=r"other\.npy holds a scan that is in train too"):
        open_dataset(folder)


def test_a_mask_that_lies_elsewhere_in_the_world_is_named(folder):
    for kind, shift in (("magn", 0.0), ("mask", 5.0)):
        affine = np.eye(4)
        affine[0, 3] = shift
        write(Volume(SCAN.round(), affine), folder / "val" / kind / "moved.nii.gz")
    with pytest.raises(InputError, match=r"mask/moved\.nii\.gz lies elsewhere in the world"):
        open_dataset(folder)


def test_a_file_in_place_of_the_folder_is_named(folder):
    with pytest.raises(InputError, match=r"c\.npy is a file; pairs lie in a folder"):
        open_dataset(folder / "val/magn/c.npy")


def test_a_case_of_another_number_of_axes_is_named(folder):
    _write(folder, "val", "magn", "flat", SCAN[0])
    _write(folder, "val", "mask", "flat", SCAN[0] > 0.5)
    with pytest.raises(InputError, match=r"flat\.npy is 2-D, .*train/magn/a\.npy 3-D"):
        open_dataset(folder)


def test_all_faults_are_named_at_once_up_to_a_dozen(folder):
    for number in range(20):
        _write(folder, "train", "magn", f"lonely{number}", SCAN + number)
    with pytest.raises(InputError, match=r"has 20 fault\(s\): .*lonely0.*; and 8 more"):
        open_dataset(folder)
