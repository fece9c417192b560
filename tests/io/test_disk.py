"""A disk that fills, a path that is closed, a file that unpacks without end, and memory."""

import gzip
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io import FORMATS, read, write

WRITTEN = [suffix for suffix, form in FORMATS.items() if form.write]


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Let no file grow beyond 4 kB, as a full disk would."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    quiet = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, former[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, former)
    signal.signal(signal.SIGXFSZ, quiet)


@pytest.mark.usefixtures("small_disk")
@pytest.mark.parametrize("suffix", WRITTEN)
def test_a_disk_that_fills_is_told_and_nothing_is_left(suffix: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (90, 90)).astype(np.uint8)
    with pytest.raises(InputError, match=r"a\S+ was not written .*; the disk must take all of it"):
        write(Volume(noise, np.eye(4)), tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
@pytest.mark.parametrize("suffix", WRITTEN)
def test_a_closed_file_is_told(suffix: str, tmp_path: Path) -> None:
    write(Volume(np.ones((3, 4), np.uint8), np.eye(4)), tmp_path / f"a{suffix}")
    (tmp_path / f"a{suffix}").chmod(0)
    with pytest.raises(InputError, match="Permission denied; a file open to you is needed: check"):
        read(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("suffix", [s for s in FORMATS if s != "/"])
def test_a_refusal_to_open_is_told(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / f"a{suffix}").write_bytes(b"data")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match="Permission denied; a file open to you is needed: check"):
        read(tmp_path / f"a{suffix}")


def _peak(code: str) -> float:
    """Give the growth of memory at its peak, in MB, while a process runs some code."""
    text = (
        "import resource, numpy as np, nibabel, nrrd, h5py; from lumenfield.io import read\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        f"start = peak()\n{code}\nprint(peak() - start)"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    return float(done.stdout)


def test_what_unpacks_beyond_its_header_is_left_packed(tmp_path: Path) -> None:
    write(Volume(np.ones((9, 9, 9), np.float32), np.eye(4)), tmp_path / "a.nii")
    bomb = (tmp_path / "a.nii").read_bytes() + bytes(2**27)
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(bomb, 1))
    assert _peak(f"read({str(tmp_path / 'a.nii.gz')!r})") < 50


def test_reading_takes_little_more_than_the_array(tmp_path: Path) -> None:
    values = np.zeros((160, 160, 160), np.float32)
    code = ""
    for suffix in (".nii", ".nii.gz", ".mha", ".nrrd", ".vtk", ".vti", ".npy", ".npz", ".h5"):
        write(Volume(values, np.diag([1.0, 2, 3, 1])), tmp_path / f"a{suffix}")
        code += f"read({str(tmp_path / f'a{suffix}')!r})\n"
    write(Volume(values.astype(np.int16), np.eye(4)), tmp_path / "b.nii.gz")
    code += f"assert read({str(tmp_path / 'b.nii.gz')!r}).values.dtype == np.int16"
    assert _peak(code) < 1.5 * values.nbytes / 2**20 + 20
