"""Whether a case that was done is still valid; separate because it decides what is done again."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from lumenfield.config import to_mapping
from lumenfield.datatypes import Volume
from lumenfield.jobs.scans import ScanCase
from lumenfield.networks import weights_hash
from lumenfield.networks.models import DEFAULT_MODELS, load_model
from lumenfield.pipeline import SegmentOptions

__all__ = ["digest_of", "fingerprint", "holds_another", "models_key", "valid_record"]

_NO_MATTER = ("device", "max_memory_gb", "compiled")
"""Options that change where and how fast, not what."""


def digest_of(scan: Volume) -> str:
    """Digest a scan: its values, their type, and where they lie."""
    digest = hashlib.sha256(f"{scan.values.dtype} {scan.shape} {scan.affine.tolist()}".encode())
    digest.update(np.ascontiguousarray(scan.values).data)
    return digest.hexdigest()


def fingerprint(
    scan: str, case: ScanCase, options: SegmentOptions, models: str, version: str
) -> str:
    """Digest all that decides a case's results: the scan, what is read of it, networks, options.

    Args:
        scan: what `digest_of` gives for it as it was read. What is read counts, not the files: a
            header, a joined name or a slice leads to others.
        models: as `models_key` gives it.
        version: of this library.
    """
    chosen = to_mapping(options)
    for name in _NO_MATTER:
        chosen["predict"].pop(name, None)
    chosen.pop("models")
    settings = {"options": chosen, "reading": to_mapping(case.reading), "version": version}
    return hashlib.sha256(json.dumps([settings, models, scan], sort_keys=True).encode()).hexdigest()


def models_key(options: SegmentOptions) -> str:
    """Digest the weights of the networks asked for.

    Raises:
        InputError: there is no such network.
    """
    names = options.models or tuple(DEFAULT_MODELS.values())
    return " ".join(weights_hash(load_model(name).network) for name in names)


def valid_record(folder: Path, wanted: str) -> dict[str, Any] | None:
    """Return `run.json` of an earlier run, if that was of the same and left all its files."""
    record = _record(folder)
    if record.get("fingerprint") != wanted:
        return None
    files = record.get("files", [])
    whole = all((folder / str(name)).is_file() for name in files)
    return record if files and whole else None


def holds_another(folder: Path, scan: str) -> bool:
    """Tell whether a case's folder has the results of a scan of another digest."""
    return _record(folder).get("scan_sha256", scan) != scan


def _record(folder: Path) -> dict[str, Any]:
    """Read what an earlier run wrote; empty if it wrote nothing that can be read."""
    try:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
