import itertools

import pytest
import torch

from lumenfield.data import Batch, Repeated
from lumenfield.data.repeated import APART
from lumenfield.errors import InputError

SHAPE = (3, 3, 3)


class _Numbered:
    """Batch n is filled with n, but for one corner; its target is its image."""

    def starting_at(self, first, every=1):
        for number in itertools.count(first, every):
            image = torch.full((1, 1, *SHAPE), float(number))
            image[..., 0, 0, 1] = -1
            yield Batch(image, image.clone(), None, (str(number),))


def _names(stream, count):
    return [batch.names[0] for batch in itertools.islice(stream, count)]


def test_every_batch_comes_as_often_as_asked_in_the_long_run():
    names = _names(Repeated(_Numbered(), 3, seed=0), 3 * 200)
    early = [names.count(str(number)) for number in range(200 - 2 * APART)]
    assert min(early) == 3


def test_showings_of_one_batch_lie_apart_and_differ_in_orientation():
    shown = list(itertools.islice(Repeated(_Numbered(), 2, seed=0), 6 * APART))
    of_forty = [(k, batch) for k, batch in enumerate(shown) if batch.names == ("40",)]
    assert [k for k, _ in of_forty] == [80, 80 + 2 * APART + 1]
    pairs = [(a, b) for a in shown for b in shown if a.names == b.names and a is not b]
    assert any(not torch.equal(a.image, b.image) for a, b in pairs)


def test_image_and_target_turn_together():
    for batch in itertools.islice(Repeated(_Numbered(), 2, seed=0), 20):
        assert torch.equal(batch.image, batch.target)


def test_until_enough_are_drawn_the_latest_comes_again():
    names = _names(Repeated(_Numbered(), 2, seed=0), 2 * APART + 2)
    drawn = range(APART)
    assert names == [str(n) for n in drawn for _ in range(2)] + [str(APART), "0"]


@pytest.mark.parametrize("first", [1, 2, 5, 2 * APART + 7, 6 * APART + 1])
@pytest.mark.parametrize("every", [1, 2])
def test_a_stream_entered_later_goes_on_as_if_it_had_begun_at_the_start(first, every):
    stream = Repeated(_Numbered(), 3, seed=0)
    whole = itertools.islice(stream.starting_at(first % every, every), first // every, None)
    entered = stream.starting_at(first, every)
    for one, other in itertools.islice(zip(whole, entered, strict=False), 12):
        assert one.names == other.names
        assert torch.equal(one.image, other.image)
        assert torch.equal(one.target, other.target)


def test_unequal_axes_keep_their_places():
    class Flat:
        def starting_at(self, first, every=1):
            return itertools.repeat(Batch(torch.rand(1, 1, 2, 5), torch.rand(1, 1, 2, 5)))

    assert all(b.image.shape[2:] == (2, 5) for b in itertools.islice(Repeated(Flat(), 2, 0), 9))


def test_fewer_than_one_showing_is_refused():
    with pytest.raises(InputError, match="showings is 0"):
        Repeated(_Numbered(), 0, seed=0)
