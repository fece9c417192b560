"""Pictures of what a network finds while it learns; separate because only a report looks at them.

After epochs 1, 2, 4, 8, … and the last, the run folder gets `samples/epoch_0008.png`: the same few
validation scans each time, with the wall found and the true one.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from lumenfield.data.batch import Batch
from lumenfield.io import make_folder, whole_file
from lumenfield.networks import Network, load_checkpoint
from lumenfield.report.strips import Shown, draw_strip
from lumenfield.training import EpochRecord

__all__ = ["sampled"]

MOST_CASES = 4
LONGEST = {2: 512, 3: 128}
"""Voxels along an edge beyond which a scan is cropped around its lumen."""


def sampled(
    records: Iterable[EpochRecord], folder: Path, validation: Sequence[Batch]
) -> Iterator[EpochRecord]:
    """Pass the records of a run on, and draw what its last network finds after some of them.

    Raises:
        InputError: the folder cannot be written to.
    """
    cases = list(itertools.islice(_cases(validation), MOST_CASES))
    for record in records:
        if record.stopped or record.epoch & (record.epoch - 1) == 0:
            network = load_checkpoint(folder / "last.safetensors").network
            caption = f"epoch {record.epoch}, score {record.score:.3f}"
            _write(folder / "samples" / f"epoch_{record.epoch:04d}.png", network, cases, caption)
        yield record


def _write(path: Path, network: Network, cases: Sequence[Batch], caption: str) -> None:
    make_folder(path.parent)
    with torch.inference_mode():
        shown = [
            Shown(_plain(case.image), -_plain(network(case.image)), 0.5 - _plain(case.target))
            for case in cases
        ]
    with whole_file(path) as part:
        part.write_bytes(draw_strip(shown, caption))


def _cases(validation: Sequence[Batch]) -> Iterator[Batch]:
    """Take the validation scans apart, each cropped around its lumen where it is too large."""
    for batch in validation:
        for one in range(len(batch.image)):
            window = _window(batch.target[one, 0])
            place = (slice(one, one + 1), slice(None), *window)
            yield Batch(batch.image[place], batch.target[place])


def _window(target: torch.Tensor) -> tuple[slice, ...]:
    inside = target > 0.5
    middle = (
        inside.nonzero().float().mean(dim=0) if inside.any() else torch.tensor(target.shape) / 2
    )
    parts = []
    for size, centre in zip(target.shape, middle.tolist(), strict=True):
        length = min(size, LONGEST[target.ndim])
        first = min(max(0, round(centre) - length // 2), size - length)
        parts.append(slice(first, first + length))
    return tuple(parts)


def _plain(fields: torch.Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return fields[0, 0].float().numpy()
