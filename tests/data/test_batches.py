import itertools

import numpy as np
import pytest
import torch

from lumenfield.data import Augmentation, BatchConfig, Pair, PairBatches, whole_batches
from lumenfield.data import batches as module
from lumenfield.data.pairs import Case
from lumenfield.datatypes import Volume, scaling
from lumenfield.errors import InputError

STILL = Augmentation(turn=False, warp=0.0, rare=0.0, gain=0.0, shift=0.0, noise=0.0)
SHAPES = {"a": (9, 12, 8), "b": (20, 8, 8)}


def _twice(image):
    return 2 * image


@pytest.fixture
def pairs(tmp_path):
    made = []
    for number, (name, shape) in enumerate(SHAPES.items()):
        scan = np.random.default_rng(number).random(shape)
        np.save(tmp_path / f"{name}.npy", scan)
        np.save(tmp_path / f"{name}_mask.npy", 255 * (scan > 0.5))
        made.append(Pair(name, tmp_path / f"{name}.npy", tmp_path / f"{name}_mask.npy"))
    return tuple(made)


def _config(**options):
    return BatchConfig(patch=(8, 8, 8), **options)


def _same(one, other):
    return torch.equal(one.image, other.image) and torch.equal(one.target, other.target)


def test_batches_have_one_size_whatever_the_cases(pairs):
    stream = PairBatches(pairs, _twice, _config(batch_size=3))
    for batch in itertools.islice(stream, 5):
        assert batch.image.shape == batch.target.shape == (3, 1, 8, 8, 8)
        assert len(batch.names) == 3
        assert set(batch.target.unique().tolist()) <= {0.0, 1.0}
        assert batch.distance is None


def test_image_and_mask_of_a_patch_belong_together(pairs):
    stream = PairBatches(pairs, _twice, _config(augmentation=STILL))
    for batch in itertools.islice(stream, 5):
        assert torch.equal((batch.image > 1).float(), batch.target)


def test_an_example_depends_on_the_seed_and_its_number_alone(pairs):
    stream = PairBatches(pairs, _twice, _config())
    straight = list(itertools.islice(stream, 5))
    torch.manual_seed(9)
    later = next(iter(stream.starting_at(4)))
    assert _same(straight[4], later)
    assert not _same(straight[3], later)
    other = PairBatches(pairs, _twice, _config(seed=1))
    assert not _same(straight[0], next(iter(other)))


def test_the_size_of_a_batch_does_not_change_its_examples(pairs):
    ones = [
        next(iter(PairBatches(pairs, _twice, _config(batch_size=1)).starting_at(i))) for i in (2, 3)
    ]
    two = next(iter(PairBatches(pairs, _twice, _config(batch_size=2)).starting_at(1)))
    assert torch.equal(torch.cat([one.image for one in ones]), two.image)


def test_every_case_has_its_turn(pairs):
    stream = PairBatches(pairs, _twice, _config())
    assert {name for b in itertools.islice(stream, 10) for name in b.names} == set(SHAPES)


def test_a_case_is_normalised_whole_not_by_the_patch(pairs):
    seen = []

    def watched(image):
        seen.append(tuple(image.shape[2:]))
        return image

    list(itertools.islice(PairBatches(pairs, watched, _config()), 5))
    assert set(seen) == set(SHAPES.values())
    assert len(seen) == 2


def test_cases_to_validate_on_are_whole_and_unchanged(pairs):
    batches = whole_batches(pairs, _twice)
    assert [tuple(b.image.shape[2:]) for b in batches] == list(SHAPES.values())
    assert batches[1].names == ("b",)
    expected = 2 * torch.from_numpy(np.load(pairs[1].magnitude)).float()
    assert torch.equal(batches[1].image[0, 0], expected)


def test_a_distance_in_mm_becomes_voxels_of_the_same_volume(pairs, monkeypatch):
    affine, grid = scaling((1.0, 2.0, 4.0)), np.ones((8, 8, 8))
    volumes = Volume(grid, affine), Volume(grid, affine), Volume(6 * grid, affine)
    monkeypatch.setattr(module, "read_case", lambda pair: Case(pair.name, *volumes))
    batch = next(iter(PairBatches(pairs, _twice, _config())))
    assert batch.distance.shape == batch.image.shape
    torch.testing.assert_close(batch.distance, torch.full((2, 1, 8, 8, 8), 3.0))
    assert batch.truth.shape == (2, 2, 8, 8, 8)


def test_a_distance_in_mm_is_no_use_where_the_voxel_is_not_known(pairs, monkeypatch):
    grid = Volume(np.ones((8, 8, 8)), np.eye(4))
    case = Case("a", grid, grid, grid, voxel_known=False)
    monkeypatch.setattr(module, "read_case", lambda pair: case)
    assert next(iter(PairBatches(pairs, _twice, _config()))).distance is None


def test_a_patch_of_another_number_of_axes_is_refused(pairs):
    flat = PairBatches(pairs, _twice, BatchConfig(patch=(8, 8)))
    with pytest.raises(InputError, match="is 3-D; patches are 8×8: give a patch with 3 sides"):
        next(iter(flat))


def test_no_pairs_are_refused():
    with pytest.raises(InputError, match="no pairs"):
        PairBatches((), _twice)


@pytest.mark.parametrize("fault", [{"patch": (8,)}, {"patch": (8, 0)}, {"batch_size": 0}])
def test_sizes_below_one_are_refused(fault):
    with pytest.raises(InputError, match="each number is at least 1"):
        BatchConfig(**fault)
