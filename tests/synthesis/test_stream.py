"""Batches without end, the same for any number of workers and from any start."""

from dataclasses import replace
from itertools import islice

import pytest
import torch

from lumenfield.synthesis import SampleStream, load_recipe, validation_cases

STREAM = SampleStream(load_recipe("any"), seed=5, shape=(12, 16, 14), batch_size=2)


def first(stream, n):
    return list(islice(iter(stream), n))


def same(one, two):
    return one.names == two.names and torch.equal(one.image, two.image)


def test_workers_change_nothing():
    alone, helped = first(STREAM, 3), first(replace(STREAM, workers=2), 3)
    assert all(same(a, b) for a, b in zip(alone, helped, strict=True))
    assert all(torch.equal(a.target, b.target) for a, b in zip(alone, helped, strict=True))


@pytest.mark.parametrize("workers", [0, 2])
def test_starting_later_equals_skipping(workers):
    skipped = first(STREAM, 4)[2:]
    later = first(replace(STREAM, workers=workers).starting_at(2), 2)
    assert all(same(a, b) for a, b in zip(skipped, later, strict=True))


def test_plans_drawn_by_workers_are_imaged_here_alike():
    # What a GPU gets: workers must not touch it, so they hand over plans.
    here = first(replace(STREAM, device="cpu:0", workers=1), 2)
    assert all(same(a, b) for a, b in zip(first(STREAM, 2), here, strict=True))


def test_batches_are_images_with_their_targets():
    batch = first(STREAM, 1)[0]
    assert batch.image.shape == batch.target.shape == (2, 1, 12, 16, 14)
    assert batch.image.dtype == batch.target.dtype == torch.float32
    assert set(batch.target.unique().tolist()) <= {0.0, 1.0}
    assert batch.names == ("any 5 0", "any 5 1")
    assert batch.distance is None


def test_distance_is_in_voxels_cut_and_agrees_with_the_target():
    stream = SampleStream(STREAM.recipe, 5, (20, 24), batch_size=4, distance=True)
    batch = first(stream, 1)[0]
    assert batch.distance is not None
    assert batch.distance.abs().max() <= 5.0
    assert torch.equal(batch.distance < 0, batch.target > 0)


def test_jitter_changes_level_and_contrast_alone():
    jittered = STREAM.sample(1).image.flatten()
    plain = validation_cases(STREAM, 2)[1].image.flatten()
    assert not torch.allclose(jittered, plain)
    assert torch.corrcoef(torch.stack([jittered, plain]))[0, 1].item() == pytest.approx(1.0)


def test_validation_cases_are_the_first_samples_one_by_one():
    cases = validation_cases(STREAM, 3)
    assert [case.names for case in cases] == [("any 5 0",), ("any 5 1",), ("any 5 2",)]
    assert all(len(case.image) == 1 for case in cases)


def test_processes_deal_the_stream_among_themselves():
    straight = first(STREAM, 5)
    dealt = first(STREAM.starting_at(1, every=3), 2)
    assert all(same(a, b) for a, b in zip(dealt, (straight[1], straight[4]), strict=True))
