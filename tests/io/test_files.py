"""What holds for every format in the table."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lumenfield.datatypes import Mesh, Volume, scaling
from lumenfield.errors import InputError
from lumenfield.io import FORMATS, has_geometry, read, write, write_mesh

WRITTEN = [suffix for suffix, form in FORMATS.items() if form.write]
BARE = (".npy", ".png", ".tif", ".tiff")
PLACED = [suffix for suffix in WRITTEN if suffix not in (*BARE, ".hdf5")]  # .h5 is the same
DTYPES = ["uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]


def test_the_table_holds_the_formats_we_promise() -> None:
    assert {".npy", ".nii", ".nii.gz", ".mha", ".mhd", ".nrrd", ".nhdr", ".png"} <= set(FORMATS)


@pytest.mark.parametrize("suffix", PLACED)
@pytest.mark.parametrize("shape", [(2, 3, 4), (3, 4)])
def test_any_orientation_comes_back(
    suffix: str, shape: tuple[int, ...], all_affines: list[NDArray[np.float64]], tmp_path: Path
) -> None:
    values = np.arange(np.prod(shape), dtype=np.int16).reshape(shape)
    for affine in all_affines:
        write(Volume(values, affine), tmp_path / f"a{suffix}")
        back = read(tmp_path / f"a{suffix}")
        np.testing.assert_array_equal(back.values, values)
        np.testing.assert_allclose(back.affine, affine, rtol=0, atol=1e-6)


@pytest.mark.parametrize("suffix", PLACED)
def test_a_shear_is_kept(suffix: str, volume: Volume, tmp_path: Path) -> None:
    sheared = volume.affine.copy()
    sheared[:3, 1] += 0.3 * sheared[:3, 0]
    write(Volume(volume.values, sheared), tmp_path / f"a{suffix}")
    np.testing.assert_allclose(read(tmp_path / f"a{suffix}").affine, sheared, rtol=0, atol=1e-6)


@pytest.mark.parametrize("suffix", PLACED)
def test_a_rewritten_file_has_exactly_the_geometry_it_came_with(
    suffix: str, volume: Volume, tmp_path: Path
) -> None:
    write(volume, tmp_path / f"a{suffix}")
    first = read(tmp_path / f"a{suffix}")
    write(first, tmp_path / f"b{suffix}")
    np.testing.assert_allclose(read(tmp_path / f"b{suffix}").affine, first.affine, rtol=1e-14)


@pytest.mark.parametrize("dtype", [*DTYPES, "float32", "float64"])
@pytest.mark.parametrize("suffix", [".npy", *PLACED])
def test_the_type_and_its_extremes_come_back(suffix: str, dtype: str, tmp_path: Path) -> None:
    limits = np.iinfo(dtype) if dtype in DTYPES else np.finfo(dtype)
    values = np.array([[limits.min, limits.max, 1], [0, 2, 3]], dtype=dtype)
    write(Volume(values, np.eye(4)), tmp_path / f"a{suffix}")
    back = read(tmp_path / f"a{suffix}").values
    assert back.dtype == values.dtype
    np.testing.assert_array_equal(back, values)


@pytest.mark.parametrize("suffix", WRITTEN)
def test_bits_become_uint8(suffix: str, tmp_path: Path) -> None:
    mask = np.array([[True, False, True], [False, True, False]])
    write(Volume(mask, np.eye(4)), tmp_path / f"a{suffix}")
    back = read(tmp_path / f"a{suffix}").values
    assert back.dtype == np.uint8
    np.testing.assert_array_equal(back, mask)


@pytest.mark.parametrize("suffix", PLACED)
def test_half_precision_and_strange_memory_are_written_without_loss(
    suffix: str, tmp_path: Path
) -> None:
    values = np.arange(60, dtype=">f2").reshape(5, 4, 3)[::-2, :, ::2].transpose(1, 2, 0)
    write(Volume(values, np.eye(4)), tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(read(tmp_path / f"a{suffix}").values, values)


@pytest.mark.parametrize("suffix", [".npy", *PLACED])
def test_not_a_number_is_not_the_readers_business(suffix: str, tmp_path: Path) -> None:
    write(Volume(np.array([[np.nan, np.inf], [0, 1]]), np.eye(4)), tmp_path / f"a{suffix}")
    back = read(tmp_path / f"a{suffix}").values
    assert np.isnan(back[0, 0])
    assert np.isinf(back[0, 1])


@pytest.mark.parametrize("suffix", WRITTEN)
def test_the_same_volume_gives_the_same_bytes(
    suffix: str, image: Volume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day, folder in enumerate(("a", "b")):
        monkeypatch.setattr("time.time", lambda day=day: 1e9 + 86400 * day)
        (tmp_path / folder).mkdir()
        write(image, tmp_path / folder / f"same{suffix}")
    names = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert names == sorted(p.name for p in (tmp_path / "b").iterdir())
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("suffix", WRITTEN)
def test_geometry_is_known_where_the_format_keeps_it(
    suffix: str, image: Volume, tmp_path: Path
) -> None:
    write(image, tmp_path / f"a{suffix}")
    assert has_geometry(tmp_path / f"a{suffix}") == (suffix not in BARE)


@pytest.mark.parametrize("suffix", WRITTEN)
def test_a_given_spacing_replaces_the_files_and_keeps_direction(
    suffix: str, image: Volume, tmp_path: Path
) -> None:
    write(image, tmp_path / f"a{suffix}")
    plain, given = read(tmp_path / f"a{suffix}"), read(tmp_path / f"a{suffix}", spacing=(0.2, 5.0))
    assert given.spacing == pytest.approx((0.2, 5.0))
    np.testing.assert_allclose(
        given.affine[:3, :2] / given.spacing, plain.affine[:3, :2] / plain.spacing, atol=1e-6
    )
    np.testing.assert_array_equal(given.affine[:, 2:], plain.affine[:, 2:])


@pytest.mark.parametrize(
    ("spacing", "message"),
    [
        ((1.0, 1.0, 1.0), "3 voxel sizes for .*; it has 2 axes: give one size in mm for each axis"),
        ((1.0, 0.0), "--spacing 1 0; every edge must be a positive length in mm"),
        ((1.0, -1.0), "--spacing 1 -1"),
        ((1.0, float("nan")), "--spacing 1 nan"),
    ],
)
def test_a_wrong_spacing_is_refused(
    spacing: tuple[float, ...], message: str, image: Volume, tmp_path: Path
) -> None:
    write(image, tmp_path / "a.nii")
    with pytest.raises(InputError, match=message):
        read(tmp_path / "a.nii", spacing=spacing)


@pytest.mark.parametrize("suffix", WRITTEN)
def test_files_that_are_no_files_are_named(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    with pytest.raises(InputError, match=r"a.* does not exist; a file to read is needed: check"):
        read(path)
    path.touch()
    with pytest.raises(InputError, match=r"a.* is empty; a file with data: copy or make it again"):
        read(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(InputError, match="is a folder; one file is needed: name a file in it"):
        read(path)


def test_a_closed_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.nii").write_bytes(b"data")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match=r"a\.nii: Permission denied; a file open to you"):
        read(tmp_path / "a.nii")


@pytest.mark.parametrize("suffix", WRITTEN)
def test_text_under_another_name_is_told_apart(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"a{suffix}").write_text("Dear reader,\nthis is a letter.\n" * 50)
    with pytest.raises(InputError, match="is damaged or not what its name says"):
        read(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("suffix", WRITTEN)
def test_a_fault_while_writing_leaves_nothing(
    suffix: str, image: Volume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InputError, match=r"was not written .No space left on device.; the disk"):
        write(image, tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", WRITTEN)
def test_what_a_format_cannot_hold_is_refused(suffix: str, tmp_path: Path) -> None:
    text = Volume(np.array([["a", "b"]]), np.eye(4))
    with pytest.raises(InputError, match="values of type"):
        write(text, tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_a_path_may_be_text(tmp_path: Path) -> None:
    write(Volume(np.ones((2, 3)), scaling((1.0, 2.0))), str(tmp_path / "A.NII.GZ"))
    assert read(str(tmp_path / "A.NII.GZ")).spacing == (1.0, 2.0)


def test_a_mesh_needs_a_mesh_suffix(tmp_path: Path) -> None:
    mesh = Mesh(np.eye(3), np.array([[0, 1, 2]]))
    with pytest.raises(InputError, match=r"the suffix \.obj; known are \.stl"):
        write_mesh(mesh, tmp_path / "a.obj")
