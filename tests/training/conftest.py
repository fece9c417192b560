"""One thread (two on a busy core wait for each other), and a small run's plan and batches."""

from collections.abc import Callable

import pytest
import torch

from lumenfield.data import Batch
from lumenfield.networks import UNetConfig
from lumenfield.training import TrainingConfig

torch.set_num_threads(1)


@pytest.fixture
def plain() -> TrainingConfig:
    """A small U-Net on slices, exact and without averaging."""
    network = UNetConfig(ndim=2, widths=(4, 8))
    return TrainingConfig(network=network, precision="float32", average_decay=0.0, device="cpu")


@pytest.fixture
def make_batch() -> Callable[..., Batch]:
    """The same images of noise each time; `n` of them."""

    def make(n: int = 2) -> Batch:
        generator = torch.Generator().manual_seed(0)
        image = torch.randn(n, 1, 12, 12, generator=generator)
        return Batch(image, (image > 0.5).float(), None, tuple("abcdef"[:n]))

    return make
