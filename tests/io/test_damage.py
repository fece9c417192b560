"""Whatever is done to a file, reading it gives a volume or an InputError, soon and in little room.

The normal run damages each sample a few times; `pytest -m nightly` a thousand times.
"""

import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from lumenfield.errors import InputError
from lumenfield.io import FORMATS, describe, read

sys.path.insert(0, str(Path(__file__).parent))
from samples import SAMPLES, suffix_of

SECONDS = 20
MEGABYTES = 300
LENGTHS = (1, 4, 10, 400, 5000)


def _cut(sound: bytes, generator: np.random.Generator) -> bytes:
    return sound[: generator.integers(len(sound))]


def _flipped(sound: bytes, generator: np.random.Generator) -> bytes:
    """Change up to eight bytes, mostly of the header."""
    data = bytearray(sound)
    reach = len(data) if generator.random() < 0.4 else min(len(data), 360)
    for place in generator.integers(reach, size=generator.integers(1, 9)):
        data[place] = generator.choice(
            [0, 255, 45, 48, 57, data[place] ^ 1 << generator.integers(8)]
        )
    return bytes(data)


def _spliced(sound: bytes, generator: np.random.Generator) -> bytes:
    """Put a piece of the file in another place, over what is there or between."""
    start, to = generator.integers(len(sound), size=2)
    piece = sound[start : start + generator.integers(1, 64)]
    return sound[:to] + piece + sound[to + len(piece) * generator.integers(2) :]


@contextmanager
def _soon() -> Iterator[None]:
    def late(*_: object) -> None:
        raise TimeoutError(f"more than {SECONDS} s for one file")

    former = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, former)


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_every_format_has_a_sample() -> None:
    assert set(FORMATS) <= set(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_sound(name: str, tmp_path: Path) -> None:
    path = SAMPLES[name](tmp_path)
    assert read(path).values.size > 20
    assert describe(path).shape == read(path).shape


@pytest.mark.parametrize("count", [25, pytest.param(1000, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("name", SAMPLES)
def test_damage_is_an_input_error_or_harmless(name: str, count: int, tmp_path: Path) -> None:
    generator = np.random.default_rng(count)
    target = SAMPLES[name](tmp_path)
    files = {path: path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file()}
    refused, before = 0, _peak_megabytes()
    for _ in range(count):
        path = list(files)[generator.integers(len(files))]
        damage = (_cut, _flipped, _flipped, _spliced)[generator.integers(4)]
        path.write_bytes(damage(files[path], generator))
        try:
            with _soon():
                describe(target)
                read(target)
        except InputError:
            refused += 1
        path.write_bytes(files[path])
    assert refused >= count // 25
    assert _peak_megabytes() - before < MEGABYTES


@pytest.mark.parametrize("suffix", [suffix for suffix in FORMATS if suffix != "/"])
def test_noise_is_an_input_error(suffix: str, tmp_path: Path) -> None:
    generator = np.random.default_rng(8)
    for length in LENGTHS:
        (tmp_path / f"a{suffix}").write_bytes(generator.bytes(length))
        with pytest.raises(InputError):
            read(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("name", SAMPLES)
def test_one_format_under_the_name_of_another_is_an_input_error(name: str, tmp_path: Path) -> None:
    sound = SAMPLES[name](tmp_path)
    if sound.is_dir():
        pytest.skip("a folder has no suffix")
    data, own = sound.read_bytes(), FORMATS[suffix_of(name)].name
    for suffix, form in FORMATS.items():
        other = tmp_path / f"other{suffix}"
        if form.name == own or suffix == "/" or "VTK structured" in form.name + own:
            continue
        other.write_bytes(data)
        try:
            read(other)
        except InputError:
            continue
        # Version 7.3 of MATLAB is HDF5.
        assert {form.name, own} == {"HDF5", "MATLAB"}
