"""How sure lumen has to be in this scan; separate because it is one number from all of the scan.

A network that has learnt to tell vessels from organs beside them is not sure of a vessel that could
be either: it says 40 % all over the widest and plainest tube. Almost every scan that is segmented
shows a vessel, so what the network is surest of is likely one, and a level of one half would leave
it out. The level therefore follows the surest places: a little beyond half way from the background
to them, never more than one half, in probabilities that are softened, since a network is sure too
soon. Where nothing at all is likely, it stays at one half and nothing is found.
"""

import math

import torch

from lumenfield.tensors import Tensor

__all__ = ["lumen_level"]

_HIGHEST = 0.5
"""The level wherever networks are sure of anything."""

_SOFT = 2.7
_SHARE = 0.55
_LIKELY = 0.4
"""What logits are divided by; part of the way from the background to the surest places, and the
least that those have to be. On the 72 scans of `choose` mean Dice is 0.816 with these, 0.798 with a
level of one half (`runs/LOG.md`)."""

_PLACES = {2: 20, 3: 100}
"""Voxels that are surer than that probability: about as many as the smallest vessel has."""

_LOOKED_AT = 64
"""Places along each axis that tell the background: most of a scan is none of its vessels."""


def lumen_level(logits: Tensor) -> float:
    """Give the logit above which a place is lumen, at most 0.

    Args:
        logits: 1 × 1 × grid, calibrated.
    """
    sure = torch.sigmoid(_surest(logits) / _SOFT).item()
    if sure < _LIKELY:
        return 0.0
    steps = tuple(slice(None, None, math.ceil(n / _LOOKED_AT)) for n in logits.shape[2:])
    background = torch.sigmoid(logits[0, 0][steps].float().median() / _SOFT).item()
    level = min(background + _SHARE * (sure - background), _HIGHEST)
    return _SOFT * math.log(level / (1 - level))


def _surest(logits: Tensor) -> Tensor:
    """Find the logit that so many voxels exceed; slab by slab, for a large grid lies in a file."""
    grid = logits[0, 0]
    places = min(_PLACES[grid.ndim], grid.numel())
    best = grid.new_empty(0, dtype=torch.float32)
    for slab in grid:
        best = torch.cat([best, slab.flatten().float()])
        best = best.topk(min(places, len(best))).values
    return best[-1]
