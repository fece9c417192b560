"""Training a network: losses, patience, and the loop that uses them."""

from lumenfield.training.config import TrainingConfig
from lumenfield.training.feed import Seekable
from lumenfield.training.loop import train
from lumenfield.training.losses import LOSSES
from lumenfield.training.patience import Patience, Waiting, judge
from lumenfield.training.processes import ALONE, Processes, joined
from lumenfield.training.progress import EpochRecord
from lumenfield.training.weighted import LossConfig, combined

__all__ = [
    "ALONE",
    "LOSSES",
    "EpochRecord",
    "LossConfig",
    "Patience",
    "Processes",
    "Seekable",
    "TrainingConfig",
    "Waiting",
    "combined",
    "joined",
    "judge",
    "train",
]
