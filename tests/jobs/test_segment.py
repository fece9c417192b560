"""`segment` and `refine` on files: what the design promises is there, on the scan's own grid."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lumenfield import io
from lumenfield.datatypes import Volume
from lumenfield.jobs.segment import case_name
from lumenfield.prior import read_pack

Program = Callable[..., int]
FILES = {
    "centreline.csv",
    "centreline.vtp",
    "mask.nii.gz",
    "probability.nii.gz",
    "distance.nii.gz",
    "spread.nii.gz",
    "wall.stl",
    "prior.npz",
    "report.html",
    "run.json",
}


def test_segment_writes_all_files_on_the_scans_grid(on_disk: Path, program: Program) -> None:
    assert program("segment", on_disk / "scan.nii.gz", "-o", on_disk / "out") == 0
    folder = on_disk / "out" / "scan"
    assert {path.name for path in folder.iterdir()} == FILES
    scan = io.read(on_disk / "scan.nii.gz")
    for name in ("mask", "probability", "distance", "spread"):
        assert io.read(folder / f"{name}.nii.gz").same_grid(scan, tolerance=1e-6)
    assert io.read(folder / "mask.nii.gz").values.dtype == np.uint8
    assert io.read(folder / "distance.nii.gz").values.dtype == np.float32


def test_the_record_can_be_acted_on(on_disk: Path, program: Program) -> None:
    program("segment", on_disk / "scan.nii.gz", "-o", on_disk / "out", "--set", "predict.tile=64")
    record = json.loads((on_disk / "out" / "scan" / "run.json").read_text())
    assert record["options"]["predict"]["tile"] == 64
    assert record["models"][0]["name"] == "vessel3d"
    assert len(record["models"][0]["sha256"]) == 64
    assert record["spacing_mm"] == [0.8, 0.8, 1.0]
    assert record["snr"] > 3
    assert {"network", "refinement", "write"} <= set(record["stages_s"])


def test_the_prior_pack_holds_the_same_wall_in_metres(on_disk: Path, program: Program) -> None:
    program("segment", on_disk / "scan.nii.gz", "-o", on_disk / "out")
    folder = on_disk / "out" / "scan"
    found = io.read(folder / "distance.nii.gz").values
    prior = read_pack(folder / "prior.npz")
    moved = (prior.distance.values - found)[np.abs(found) < 0.4]
    assert np.sqrt((moved**2).mean()) < 0.01
    assert np.abs(moved).max() < 0.1
    with np.load(folder / "prior.npz") as pack:
        assert np.abs(pack["phi_bar"]).max() < 0.1
    assert len(prior.caps) == 2


def test_no_refine_keeps_the_networks_wall(on_disk: Path, program: Program) -> None:
    program("segment", on_disk / "scan.nii.gz", "-o", on_disk / "out", "--no-refine")
    record = json.loads((on_disk / "out" / "scan" / "run.json").read_text())
    assert record["iterations"] == 0
    assert record["chi2"] is None


def test_a_bad_scan_is_named_and_the_rest_go_on(
    on_disk: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    (on_disk / "broken.nii.gz").write_text("not a scan")
    scans = [on_disk / "broken.nii.gz", on_disk / "scan.nii.gz"]
    assert program("segment", *scans, "-o", on_disk / "out", "--no-refine") == 2
    assert (on_disk / "out" / "scan" / "mask.nii.gz").is_file()
    assert not (on_disk / "out" / "broken").exists()
    captured = capsys.readouterr()
    assert "broken" in captured.err
    assert "1 of 2 scans done; failed: broken" in captured.out


def test_two_scans_of_one_name_are_refused(
    on_disk: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    scan = on_disk / "scan.nii.gz"
    assert program("segment", scan, scan, "-o", on_disk / "out") == 2
    assert "scans named twice: scan" in capsys.readouterr().err


def test_npy_without_spacing_is_told(on_disk: Path, program: Program) -> None:
    np.save(on_disk / "bare.npy", io.read(on_disk / "scan.nii.gz").values)
    program("segment", on_disk / "bare.npy", "-o", on_disk / "out", "--no-refine")
    record = json.loads((on_disk / "out" / "bare" / "run.json").read_text())
    assert any("records no voxel size" in warning for warning in record["warnings"])
    program(
        "segment", on_disk / "bare.npy", "-o", on_disk / "out", "--no-refine",
        "--spacing", 0.8, 0.8, 1.0,
    )  # fmt: skip
    record = json.loads((on_disk / "out" / "bare" / "run.json").read_text())
    assert not any("records no voxel size" in warning for warning in record["warnings"])


def test_refine_takes_a_mask(on_disk: Path, program: Program) -> None:
    words = ("refine", on_disk / "scan.nii.gz", "--from", on_disk / "mask.nii.gz", "-o")
    assert program(*words, on_disk / "out") == 0
    truth = io.read(on_disk / "truth.nii.gz").values
    found = io.read(on_disk / "out" / "scan" / "distance.nii.gz").values
    wall = np.abs(found) < 0.4
    assert np.sqrt(((truth - found)[wall] ** 2).mean()) < 0.12


@pytest.mark.parametrize(
    ("path", "name"),
    [("a/scan.nii.gz", "scan"), ("b.mha", "b"), ("odd name (1).nii", "odd_name_1_"), ("x", "x")],
)
def test_case_names(path: str, name: str) -> None:
    assert case_name(Path(path)) == name


def test_what_no_run_wrote_is_never_replaced(
    on_disk: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    precious = on_disk / "out" / "scan" / "notes.txt"
    precious.parent.mkdir(parents=True)
    precious.write_text("keep me")
    assert program("segment", on_disk / "scan.nii.gz", "-o", on_disk / "out") == 2
    assert "files that no run wrote" in capsys.readouterr().err
    assert precious.read_text() == "keep me"


def test_a_case_replaces_its_earlier_run_but_never_its_input(
    on_disk: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("segment", on_disk / "scan.nii.gz", "-o", on_disk / "out", "--no-refine")
    assert program(*words) == 0
    assert program(*words) == 0
    inside = on_disk / "out" / "scan" / "scan.nii.gz"
    (on_disk / "scan.nii.gz").rename(inside)
    assert program("segment", inside, "-o", on_disk / "out") == 2
    assert inside.is_file()
    assert "holds scan.nii.gz" in capsys.readouterr().err


def test_an_output_that_is_a_file_is_refused_first(
    on_disk: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program("segment", on_disk / "scan.nii.gz", "-o", on_disk / "mask.nii.gz") == 2
    assert "mask.nii.gz is a file; outputs go to a folder" in capsys.readouterr().err


def test_a_fault_of_ours_on_one_scan_lets_the_rest_go_on(
    on_disk: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lumenfield.jobs import segment

    def broken(scan: object, *rest: object) -> object:
        raise MemoryError("planted")

    monkeypatch.setattr(segment, "run", broken)
    assert program("segment", on_disk / "scan.nii.gz", "-o", on_disk / "out") == 1


def test_a_two_dimensional_scan_has_its_files_and_its_area(
    on_disk: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    scan, mask = (io.read(on_disk / f"{name}.nii.gz") for name in ("scan", "mask"))
    for name, volume in (("flat", scan), ("wall", mask)):
        io.write(Volume(volume.values[:, 14, :], volume.affine), on_disk / f"{name}.nii.gz")
    words = ("refine", on_disk / "flat.nii.gz", "--from", on_disk / "wall.nii.gz", "-o")
    assert program(*words, on_disk / "out") == 0
    assert {p.name for p in (on_disk / "out" / "flat").iterdir()} == FILES - {"wall.stl"}
    record = json.loads((on_disk / "out" / "flat" / "run.json").read_text())
    assert record["lumen_cm2"] == pytest.approx(22.4 * 0.8 * 7.63 / 100, rel=0.03)
    assert "lumen_ml" not in record
    shown = capsys.readouterr().out
    assert f"flat: lumen {record['lumen_cm2']:.2f} cm²" in shown


def test_a_start_without_geometry_takes_the_scans(on_disk: Path, program: Program) -> None:
    np.save(on_disk / "bare.npy", io.read(on_disk / "mask.nii.gz").values)
    words = ("refine", on_disk / "scan.nii.gz", "--from", on_disk / "bare.npy", "-o")
    assert program(*words, on_disk / "out") == 0


def test_a_scan_that_does_not_say_how_it_lies_is_shown_without_letters(
    on_disk: Path, program: Program
) -> None:
    scan = io.read(on_disk / "scan.nii.gz")
    np.save(on_disk / "bare.npy", scan.values)
    names = ("scan.nii.gz", "bare.npy")
    words = [on_disk / name for name in names]
    assert program("segment", *words, "-o", on_disk / "out", "--no-refine") == 0
    pages = [(on_disk / "out" / n / "report.html").read_text() for n in ("scan", "bare")]
    assert ["array axes i → " in page for page in pages] == [True, False]
    assert ["which way they lie in the body" in page for page in pages] == [False, True]
