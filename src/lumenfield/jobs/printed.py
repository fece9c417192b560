"""JSON for other programs: one object on standard output, and nothing that JSON cannot hold."""

import json
import math
from collections.abc import Mapping
from typing import Any

__all__ = ["print_json"]


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object; numbers that are not finite become null."""
    print(json.dumps(_finite(value), allow_nan=False))


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
