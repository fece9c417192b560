"""Training records for TensorBoard; separate because it is an extra, imported here alone."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from lumenfield.errors import InputError
from lumenfield.training import EpochRecord

__all__ = ["logged"]

SHOWN = ("loss", "score", "best", "learning_rate", "minutes", "skipped")


def logged(records: Iterable[EpochRecord], folder: Path) -> Iterator[EpochRecord]:
    """Pass records on, and log the numbers of each under its step.

    Raises:
        InputError: TensorBoard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise InputError(
            "TensorBoard is not installed",
            "logging to it needs the extra `tensorboard`",
            "pip install 'lumenfield[tensorboard]', or leave --tensorboard out",
        ) from None
    with SummaryWriter(str(folder)) as writer:
        for record in records:
            for name in SHOWN:
                writer.add_scalar(name, getattr(record, name), record.step)
            yield record
