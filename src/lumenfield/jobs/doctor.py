"""Whether this machine is ready, each finding with its fix; separate because it judges no scan."""

import importlib.util
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import torch

from lumenfield.devices import best_precision, resolve_device
from lumenfield.inference import free_memory_gb
from lumenfield.jobs.models import verify_models

__all__ = ["CHECKS", "Finding", "examine"]

Verdict = Literal["good", "note", "bad"]

_PACKAGES = ("lumenfield", "torch", "numpy", "scipy", "nibabel", "safetensors")
_EXTRAS = {
    "cluster": ("distributed", "--workers dask:ADDRESS"),
    "dicom": ("gdcm", "DICOM packed as JPEG, JPEG-LS or JPEG 2000"),
    "serve": ("starlette", "lumenfield serve"),
    "itk": ("SimpleITK", "ITK's level sets as rivals"),
    "tensorboard": ("tensorboard", "curves of training"),
}
_LEAST_MEMORY_GB = 4.0
_LEAST_DISK_GB = 2.0
_GFLOPS_SLOW = 20.0


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Args:
        verdict: `bad` must be mended before work; a `note` costs time or a feature.
        fix: what to do; empty if nothing.
    """

    name: str
    verdict: Verdict
    found: str
    fix: str = ""


def examine() -> Iterator[Finding]:
    """Look at everything, one finding after another; takes a few seconds."""
    for check in CHECKS:
        yield from check()


def _versions() -> Iterator[Finding]:
    python = platform.python_version()
    old = sys.version_info < (3, 11)
    fix = "install 3.11 or newer" if old else ""
    yield Finding("python", "bad" if old else "good", python, fix)
    for package in _PACKAGES:
        try:
            yield Finding(package, "good", version(package))
        except PackageNotFoundError:
            yield Finding(package, "bad", "missing", f"pip install {package}")


def _processor() -> Iterator[Finding]:
    features: dict[str, object] = getattr(torch.cpu, "get_capabilities", lambda: {})()
    fast = [name for name in ("amx_bf16", "avx512_bf16", "avx512_f", "avx2") if features.get(name)]
    lower = best_precision(torch.device("cpu")) == torch.bfloat16
    yield Finding(
        "processor",
        "good" if lower else "note",
        f"{os.cpu_count()} cores; {', '.join(fast) or 'no wide instructions'}; computes in "
        + ("bfloat16" if lower else "float32"),
        "" if lower else "one with AVX-512 BF16 or AMX is two to three times as fast",
    )


def _threads() -> Iterator[Finding]:
    count, cores = torch.get_num_threads(), os.cpu_count() or 1
    yield Finding(
        "threads",
        "good" if count <= cores else "note",
        f"{count} of {cores} cores",
        "" if count <= cores else "unset OMP_NUM_THREADS, or set it to the number of cores",
    )
    policy = os.environ.get("OMP_WAIT_POLICY", "")
    passive = policy.lower() == "passive"
    yield Finding(
        "waiting threads",
        "good" if passive else "note",
        "sleep" if passive else "spin (OMP_WAIT_POLICY is not passive)",
        "" if passive else "export OMP_WAIT_POLICY=passive where other programs use the cores too",
    )


def _memory() -> Iterator[Finding]:
    free = free_memory_gb()
    small = free < _LEAST_MEMORY_GB
    yield Finding(
        "memory",
        "note" if small else "good",
        f"{free:.1f} GB free",
        "close other programs; scans over 256³ may be slow" if small else "",
    )


def _device() -> Iterator[Finding]:
    if not torch.cuda.is_available():
        yield Finding("GPU", "good", "none; the processor does all work")
        return
    device = resolve_device("cuda")
    total = torch.cuda.get_device_properties(device).total_memory / 1e9
    kind = str(best_precision(device)).removeprefix("torch.")
    yield Finding("GPU", "good", f"{torch.cuda.get_device_name(device)}, {total:.0f} GB, {kind}")


def _disk() -> Iterator[Finding]:
    places = (("disk here", Path.cwd()), ("temporary files", Path(tempfile.gettempdir())))
    for name, place in places:
        free = shutil.disk_usage(place).free / 1e9
        short = free < _LEAST_DISK_GB
        closed = not _writable(place)
        fix = f"free some of {place}" if short else ""
        if closed:
            fix = f"open {place} to writing" + (", or set TMPDIR" if "temp" in name else "")
        bad = closed and "temp" in name
        verdict: Verdict = "bad" if bad else "note" if short or closed else "good"
        found = f"{place}: {free:.1f} GB free" + (", closed to writing" if closed else "")
        yield Finding(name, verdict, found, fix)


def _writable(place: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=place):
            return True
    except OSError:
        return False


def _models() -> Iterator[Finding]:
    found = verify_models()
    if not any(one["shipped"] for one in found):
        yield Finding("models", "bad", "none is shipped with this package", "install it again")
    for one in found:
        name = f"model {one['name']}"
        if one["error"] is None:
            yield Finding(name, "good", f"sha256 {str(one['sha256'])[:12]}…")
            continue
        remove = f"lumenfield models remove {one['name']}"
        fix = "install the package again" if one["shipped"] else remove
        yield Finding(name, "bad", str(one["error"]), fix)


def _extras() -> Iterator[Finding]:
    for extra, (module, use) in _EXTRAS.items():
        there = importlib.util.find_spec(module) is not None
        yield Finding(
            f"extra {extra}",
            "good" if there else "note",
            f"{module} {'is there' if there else 'is missing'}, for {use}",
            "" if there else f"pip install 'lumenfield[{extra}]'",
        )


def _speed() -> Iterator[Finding]:
    """Time a convolution as the networks have it, for two seconds at most."""
    device = resolve_device("auto")
    kind = best_precision(device)
    layer = torch.nn.Conv3d(32, 32, 3, padding=1).to(device, kind)
    layer = layer.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    image = torch.randn(1, 32, 32, 32, 32, device=device, dtype=kind)
    image = image.to(memory_format=torch.channels_last_3d)
    work = 2 * 27 * 32 * 32 * 32**3 / 1e9
    best, end = float("inf"), time.perf_counter() + 2
    with torch.inference_mode():
        layer(image)
        for _ in range(20):
            began = time.perf_counter()
            float(layer(image).float().sum())
            best = min(best, time.perf_counter() - began)
            if time.perf_counter() > end:
                break
    speed = work / best
    slow = speed < _GFLOPS_SLOW
    yield Finding(
        "speed",
        "note" if slow else "good",
        f"{speed:.0f} GFLOP/s in a convolution",
        "close other programs, or check the findings above" if slow else "",
    )


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    *(_versions, _processor, _threads, _memory, _device, _disk, _models, _extras, _speed),
)
