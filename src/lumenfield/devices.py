"""Where and in what precision to compute; separate so that no stage hard-codes a GPU."""

from typing import Literal

import torch

from lumenfield.errors import InputError

__all__ = ["DeviceName", "best_precision", "resolve_device"]

DeviceName = Literal["auto", "cpu", "cuda"]


def resolve_device(name: DeviceName = "auto") -> torch.device:
    """Turn a name into a device; `auto` takes a GPU where there is one.

    Raises:
        InputError: a GPU was asked for and torch sees none.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("device cuda", "torch sees no GPU here", "pass --device cpu or auto")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def best_precision(device: torch.device) -> torch.dtype:
    """Choose bfloat16 where the hardware multiplies it faster than float32, else float32."""
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if native else torch.float32
    # Older torch does not tell what the processor has; float32 is then the safe answer.
    features: dict[str, bool] = getattr(torch.cpu, "get_capabilities", lambda: {})()
    gains = any(features.get(name, False) for name in ("avx512_bf16", "amx_bf16"))
    return torch.bfloat16 if gains else torch.float32
