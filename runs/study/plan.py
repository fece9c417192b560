"""What the study compares; separate so that running, tables and pictures agree on it."""

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent

NETWORKS = {
    "unet": {"kind": "unet"},
    "residual unet": {"kind": "unet", "block": "residual"},
    "fcn_resnet50": {"kind": "fcn_resnet50"},
    "fcn_resnet101": {"kind": "fcn_resnet101"},
}

LOSSES = {
    "cross-entropy + Dice": ("weighted_cross_entropy", "dice"),
    "cross-entropy": ("weighted_cross_entropy",),
    "focal-Tversky": ("focal_tversky",),
    "Dice": ("dice",),
    "cross-entropy + focal-Tversky": ("weighted_cross_entropy", "focal_tversky"),
    "Dice + focal-Tversky": ("dice", "focal_tversky"),
}


@dataclass(frozen=True)
class Grid:
    """The scans of one size, and what a run on them may cost.

    Args:
        recipe: vessels of the same millimetres in the same field of view, whatever the size.
        minutes: of processor time to train, validation included.
        test: scans that report.
    """

    ndim: int
    size: int
    recipe: str
    minutes: float
    batch: int
    test: int
    train: int = 240
    val: int = 8

    @property
    def name(self) -> str:
        """Say how many voxels."""
        return "×".join([str(self.size)] * self.ndim)


GRIDS = (
    Grid(2, 64, "seed", minutes=2.0, batch=16, test=48),
    Grid(2, 256, str(HERE / "fine.toml"), minutes=2.0, batch=4, test=48),
    Grid(3, 64, "seed", minutes=2.5, batch=2, test=24, train=120),
)

EPOCHS = 5
"""Validations in a run, about; an epoch is as many steps as take that share of its time."""


@dataclass(frozen=True)
class Cell:
    """One run of the study.

    Args:
        minutes: of processor time to train.
    """

    network: str
    ndim: int
    size: int
    loss: str
    seed: int
    minutes: float

    @property
    def name(self) -> str:
        """Name its folder."""
        said = f"{self.network} {self.ndim}d {self.size} {self.loss} seed {self.seed}"
        # A cell that was given another time than its grid's lies apart.
        said += "" if self.minutes == self.grid.minutes else f" {self.minutes:g} min"
        return said.replace(" + ", "+").replace(" ", "_")

    @property
    def grid(self) -> Grid:
        """The scans it learns from."""
        return next(g for g in GRIDS if (g.ndim, g.size) == (self.ndim, self.size))
