"""Whatever is done to a file, reading it gives a volume or an InputError, soon and quietly."""

from pathlib import Path

import numpy as np
import pytest

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io import FORMATS, describe, read, write

N_DAMAGES = 200
WRITTEN = [suffix for suffix, form in FORMATS.items() if form.write]


def _damaged(sound: bytes, generator: np.random.Generator) -> bytes:
    """Cut a file short, or change up to eight bytes, mostly of its header."""
    if generator.random() < 0.25:
        return sound[: generator.integers(len(sound))]
    data = bytearray(sound)
    reach = len(data) if generator.random() < 0.3 else min(len(data), 360)
    for place in generator.integers(reach, size=generator.integers(1, 9)):
        data[place] = generator.choice(
            [0, 255, 45, 48, 57, data[place] ^ 1 << generator.integers(8)]
        )
    return bytes(data)


def _values(ndim: int) -> np.ndarray:
    values = np.random.default_rng(1).normal(size=(5, 6, 7)[:ndim])
    return (values * 40 + 100).astype(np.uint8 if ndim == 2 else np.float32)


@pytest.mark.parametrize("suffix", WRITTEN)
def test_damage_is_an_input_error_or_harmless(
    suffix: str, oblique: np.ndarray, tmp_path: Path
) -> None:
    generator = np.random.default_rng(7)
    write(Volume(_values(2 if suffix == ".png" else 3), oblique), tmp_path / f"a{suffix}")
    files = {path: path.read_bytes() for path in sorted(tmp_path.iterdir())}
    refused = 0
    for _ in range(N_DAMAGES):
        path = list(files)[generator.integers(len(files))]
        path.write_bytes(_damaged(files[path], generator))
        try:
            read(tmp_path / f"a{suffix}")
            describe(tmp_path / f"a{suffix}")
        except InputError:
            refused += 1
        path.write_bytes(files[path])
    assert refused > N_DAMAGES // 5


@pytest.mark.parametrize("suffix", WRITTEN)
def test_noise_is_an_input_error(suffix: str, tmp_path: Path) -> None:
    generator = np.random.default_rng(8)
    for length in (1, 4, 10, 400, 5000):
        (tmp_path / f"a{suffix}").write_bytes(generator.bytes(length))
        with pytest.raises(InputError):
            read(tmp_path / f"a{suffix}")
