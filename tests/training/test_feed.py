"""A process gets its share of a stream, from any step on, and odd batches are refused first."""

import itertools

import pytest
import torch

from lumenfield.data import Batch
from lumenfield.errors import InputError
from lumenfield.networks import UNetConfig
from lumenfield.training import Processes, TrainingConfig
from lumenfield.training.feed import fed

CONFIG = TrainingConfig(network=UNetConfig(ndim=2, widths=(4, 8)), accumulate=2, device="cpu")


class Numbered:
    """Batches that tell their number in a stream that can be entered anywhere."""

    def __init__(self, first=0, every=1):
        self.first, self.every = first, every

    def __iter__(self):
        for number in itertools.count(self.first, self.every):
            yield Batch(torch.full((1, 1, 4, 4), float(number)), torch.zeros(1, 1, 4, 4))

    def starting_at(self, first, every=1):
        return Numbered(first, every)


@pytest.mark.parametrize("stream", [Numbered(), itertools.islice(Numbered(), 100)])
def test_a_step_takes_its_batches_and_processes_take_turns(stream):
    second = Processes(rank=1, count=3)
    numbers = [b.image[0, 0, 0, 0].item() for b in itertools.islice(_fed(stream, second), 3)]
    assert numbers == [4 * 2 * 3 + 1, 4 * 2 * 3 + 4, 4 * 2 * 3 + 7]


def test_a_batch_of_another_number_of_axes_is_refused_before_the_first_step():
    deep = Batch(torch.zeros(1, 1, 4, 4, 4), torch.zeros(1, 1, 4, 4, 4), None, ("arch",))
    with pytest.raises(InputError, match=r"batch arch is 3-D; the network is 2-D: set .*ndim=3"):
        fed(CONFIG, [deep], step=0, processes=Processes())


def _fed(stream, processes):
    return fed(CONFIG, stream, step=4, processes=processes)
