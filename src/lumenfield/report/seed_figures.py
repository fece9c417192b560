"""What the program that this one grew from says of itself; separate because they are quotations.

Intersection over union, from its own pages: on three real scans, which also chose its epochs. It
had no test scans.
"""

from dataclasses import dataclass

__all__ = ["SEED_FIGURES", "SeedFigure"]

_ANY = (
    "cross-entropy",
    "Dice",
    "focal-Tversky",
    "cross-entropy + Dice",
    "cross-entropy + focal-Tversky",
    "Dice + focal-Tversky",
)
_UNETS = ("unet", "residual unet")


@dataclass(frozen=True)
class SeedFigure:
    """One figure, and which cells of a study are of its kind.

    Args:
        told: its IoU as it was said.
        networks, losses: names as a study has them.
    """

    what: str
    told: str
    ndim: int
    networks: tuple[str, ...]
    losses: tuple[str, ...]


SEED_FIGURES = (
    SeedFigure("FCN-ResNet-50, 2-D", "0.55", 2, ("fcn_resnet50",), _ANY),
    SeedFigure("FCN-ResNet-101, 2-D", "0.63", 2, ("fcn_resnet101",), _ANY),
    SeedFigure("U-Net 2-D, focal-Tversky", "0.49, then diverged", 2, _UNETS, ("focal-Tversky",)),
    SeedFigure("U-Net 2-D, Dice", "0.66 to 0.68", 2, _UNETS, ("Dice",)),
    SeedFigure(
        "U-Net 2-D, cross-entropy + focal-Tversky",
        "0.70",
        2,
        _UNETS,
        ("cross-entropy + focal-Tversky",),
    ),
    SeedFigure("U-Net 3-D, focal-Tversky", "0.79, then diverged", 3, _UNETS, ("focal-Tversky",)),
    SeedFigure("U-Net 3-D, cross-entropy", "0.81", 3, _UNETS, ("cross-entropy",)),
    SeedFigure("U-Net 3-D, Dice", "0.82", 3, _UNETS, ("Dice",)),
    SeedFigure("U-Net 3-D, cross-entropy + Dice", "0.83", 3, _UNETS, ("cross-entropy + Dice",)),
)
