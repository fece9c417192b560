"""`export` on a case: every format is there and holds the same wall."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lumenfield import io
from lumenfield.config import to_mapping
from lumenfield.datatypes import MaternField, Prediction, Volume
from lumenfield.errors import InputError
from lumenfield.jobs.export import PACKS, WALLS, export_prior
from lumenfield.prior import boundary_prior, read_pack, write_pack

Program = Callable[..., int]


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, tube: tuple[Volume, Volume]) -> Path:
    """What `segment` leaves that `export` reads, of a wall with three posterior samples."""
    folder = tmp_path_factory.mktemp("case")
    distance = tube[1].like(tube[1].values.astype(np.float32))
    spread = distance.like(np.full(distance.shape, 0.1, np.float32))
    inside = distance.like((distance.values < 0).astype(np.float32))
    found = Prediction(inside, distance, spread, MaternField(0.4, 3.2))
    samples = np.stack([distance.values + shift for shift in (-0.1, 0.0, 0.1)])
    write_pack(boundary_prior(found, samples=samples), folder / "prior.npz")
    for name in ("distance", "spread", "probability"):
        io.write(getattr(found, name), folder / f"{name}.nii.gz")
    (folder / "run.json").write_text(json.dumps({"field": to_mapping(found.field)}))
    return folder


@pytest.mark.parametrize("to", [*PACKS, *WALLS])
def test_every_format_is_written(finished: Path, tmp_path: Path, program: Program, to: str) -> None:
    assert program("export", finished, "--to", to, "-o", tmp_path / f"out.{to}") == 0
    assert (tmp_path / f"out.{to}").stat().st_size > 1000


def test_a_pack_has_all_that_was_asked(finished: Path, tmp_path: Path, program: Program) -> None:
    asked = ("--samples", 3, "--eikonal", 1.5, "--cut", "auto:4")
    assert program("export", finished, "--to", "h5", "-o", tmp_path / "a.h5", *asked) == 0
    before, after = read_pack(finished / "prior.npz"), read_pack(tmp_path / "a.h5")
    np.testing.assert_allclose(after.distance.values, before.distance.values, rtol=1e-5)
    assert after.samples is not None
    assert len(after.samples) == 3
    assert after.meta.samples_from == "posterior"
    lengths = [np.ptp([c.centre[0] for c in prior.caps]) for prior in (before, after)]
    assert lengths[0] - lengths[1] == pytest.approx(8.0, abs=0.2)


def test_a_name_without_a_suffix_gets_the_formats(
    finished: Path, tmp_path: Path, program: Program
) -> None:
    assert program("export", finished, "--to", "h5", "-o", tmp_path / "a") == 0
    assert program("export", finished, "--to", "h5", "-o", tmp_path / "b.HDF5") == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.h5", "b.HDF5"]
    assert all((tmp_path / name).read_bytes()[1:4] == b"HDF" for name in ("a.h5", "b.HDF5"))


def test_a_pack_is_put_on_another_grid(finished: Path, tmp_path: Path, program: Program) -> None:
    words = ("export", finished / "prior.npz", "--to", "npz", "-o", tmp_path / "b.npz")
    assert program(*words, "--like", finished / "spread.nii.gz") == 0
    assert read_pack(tmp_path / "b.npz").distance.shape == (28, 32, 26)


def test_parts_are_kept_from_a_folder_only(
    finished: Path, tmp_path: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "c.npz"
    assert program("export", finished, "--to", "npz", "-o", out, "--keep", "all") == 0
    assert program("export", finished / "prior.npz", "--to", "npz", "-o", out, "--keep", 1) == 2
    assert "only a folder that segment wrote has all parts" in capsys.readouterr().err
    assert program("export", finished, "--to", "npz", "-o", out, "--keep", "none") == 2
    assert "at least one part is kept" in capsys.readouterr().err.replace(" of the lumen", "")


def test_other_parts_keep_the_warnings(finished: Path, tmp_path: Path, program: Program) -> None:
    case = Path(shutil.copytree(finished, tmp_path / "case"))
    prior = read_pack(case / "prior.npz")
    meta = dataclasses.replace(prior.meta, warnings=("look before you trust",))
    write_pack(dataclasses.replace(prior, meta=meta), case / "prior.npz")
    out = tmp_path / "all.npz"
    assert program("export", case, "--to", "npz", "-o", out, "--keep", "all") == 0
    assert read_pack(out).meta.warnings == meta.warnings


def test_a_case_without_a_vessel_says_so(
    finished: Path, tmp_path: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    case = Path(shutil.copytree(finished, tmp_path / "case"))
    (case / "prior.npz").unlink()
    assert program("export", case, "--to", "h5") == 2
    assert "no vessel was found in that scan" in capsys.readouterr().err


def test_a_wall_says_how_true_it_is(
    finished: Path, tmp_path: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("export", finished, "--to", "vtp", "-o", tmp_path / "w.vtp")
    assert program(*words, "--json") == 0
    wall = json.loads(capsys.readouterr().out)["wall"]
    assert wall["rms_voxels"] < 0.01
    assert abs(wall["change"]) < 0.02
    assert program(*words) == 0
    assert "voxel off φ = 0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "stl", "--samples", 2), "a mesh holds the wall alone"),
        (("--to", "stl", "--cut", "auto"), "a wall mesh goes on through it"),
        (("--to", "vtp", "--cut=0,0,0,0,0,1"), "a wall mesh goes on through it"),
        (("--to", "h5", "-o", "h.mat"), "--to h5 into h.mat; the name of such a file ends in .h5"),
        (("--to", "vti", "-o", "n.npz"), "--to vti into n.npz"),
        (("--to", "npz"), "is the pack read"),
        (("--to", "h5", "--cut", "1,2,3"), "a cut is X,Y,Z,NX,NY,NZ"),
        (("--to", "h5", "--cut", "auto:x"), "a cut is X,Y,Z,NX,NY,NZ"),
        (("--to", "h5", "--cut=0,0,900,0,0,1"), "does not meet the lumen"),
    ],
)
def test_what_cannot_be_is_one_line(
    finished: Path,
    program: Program,
    capsys: pytest.CaptureFixture[str],
    words: tuple[object, ...],
    said: str,
) -> None:
    assert program("export", finished, *words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_no_case_no_export(
    tmp_path: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program("export", tmp_path, "--to", "h5") == 2
    assert "a prior pack: check the path" in capsys.readouterr().err


def test_a_case_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none is not there; a folder that `lumenfield segment`"):
        export_prior(tmp_path / "none", "h5")
