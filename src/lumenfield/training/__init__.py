"""Training a network: losses, patience, and the loop that uses them."""

from lumenfield.training.config import TrainingConfig
from lumenfield.training.loop import Seekable, train
from lumenfield.training.losses import LOSSES, LossConfig, combined
from lumenfield.training.patience import Patience, Waiting, judge
from lumenfield.training.processes import ALONE, Processes, joined
from lumenfield.training.progress import EpochRecord

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
