import csv
import dataclasses
import errno
import itertools
import json
from pathlib import Path

import pytest
import torch

from lumenfield.data import Batch
from lumenfield.errors import InputError
from lumenfield.networks import UNetConfig, load_checkpoint, weights_hash
from lumenfield.training import LossConfig, Patience, TrainingConfig, train
from lumenfield.training.learner import make_learner
from lumenfield.training.validation import validate

CONFIG = TrainingConfig(
    network=UNetConfig(ndim=2, widths=(4, 8), dropout=0.2),
    steps_per_epoch=3,
    max_epochs=4,
    warm_up_steps=2,
    learning_rate=0.01,
    deterministic=True,
    device="cpu",
)


def _batch(number, n=2, grid=(16, 12)):
    generator = torch.Generator().manual_seed(number)
    field = torch.randn(n, 1, *grid, generator=generator)
    target = (field > 1).float()
    names = tuple(f"case {number}.{k}" for k in range(n))
    return Batch(target + 0.2 * field, target, None, names)


class Stream:
    """An endless stream that can begin anywhere, and may break off."""

    def __init__(self, start=0, stop=10**6, bad=(), every=1):
        self.start, self.stop, self.bad, self.every = start, stop, bad, every

    def __iter__(self):
        for step in range(self.start, self.stop, self.every):
            batch = _batch(step)
            if step in self.bad:
                batch.image[0, 0, 3, 3] = float("nan")
            yield batch

    def starting_at(self, first, every=1):
        return Stream(first, self.stop, self.bad, every)


VALIDATION = (_batch(-1, 1), _batch(-2, 1, (20, 9)))


def _run(folder, config=CONFIG, batches=None, **options):
    return list(train(config, batches or Stream(), VALIDATION, folder=folder, **options))


def _timeless(records):
    return [dataclasses.replace(record, minutes=0.0) for record in records]


def _state(folder):
    return weights_hash(load_checkpoint(folder / "last.safetensors").network)


def test_a_run_learns_and_its_folder_tells_the_story(tmp_path):
    records = _run(tmp_path, dataclasses.replace(CONFIG, average_decay=0.5, max_epochs=6))
    assert records[-1].loss < records[0].loss
    assert records[-1].stopped == "6 epochs are done"
    rows = list(csv.DictReader((tmp_path / "history.csv").read_text().splitlines()))
    assert [row["score"] for row in rows] == [str(record.score) for record in records]
    assert json.loads((tmp_path / "config.json").read_text())["network"]["widths"] == [4, 8]
    names = {"best.safetensors", "config.json", "history.csv", "last.safetensors"}
    assert {path.name for path in tmp_path.iterdir()} == names | {"state.safetensors"}


def test_the_best_checkpoint_is_that_of_the_best_score(tmp_path):
    records = _run(tmp_path, provenance={"recipe": "discs"})
    best = load_checkpoint(tmp_path / "best.safetensors")
    assert best.provenance["recipe"] == "discs"
    assert best.provenance["epoch"]["score"] == max(record.score for record in records)
    learner = dataclasses.replace(make_learner(CONFIG), averaged=best.network)
    assert validate(learner, VALIDATION) == best.provenance["epoch"]["score"]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_two_deterministic_runs_give_the_same_weights(tmp_path, precision):
    config = dataclasses.replace(CONFIG, precision=precision, max_epochs=2)
    assert _timeless(_run(tmp_path / "a", config)) == _timeless(_run(tmp_path / "b", config))
    assert _state(tmp_path / "a") == _state(tmp_path / "b")
    _run(tmp_path / "c", dataclasses.replace(config, seed=1))
    assert _state(tmp_path / "c") != _state(tmp_path / "a")


@pytest.mark.parametrize("batches", [Stream, lambda **_: itertools.cycle(map(_batch, range(50)))])
def test_a_resumed_run_equals_one_never_interrupted(tmp_path, batches):
    config = dataclasses.replace(CONFIG, patience=Patience(1, 9, least_gain=0.5))
    whole = _run(tmp_path / "whole", config, batches())
    first = train(config, batches(), VALIDATION, folder=tmp_path / "parts")
    begun = list(itertools.islice(first, 2))
    first.close()
    torch.manual_seed(len(begun))
    rest = _run(tmp_path / "parts", config, batches(), resume=True)
    assert _timeless(begun + rest) == _timeless(whole)
    assert _state(tmp_path / "parts") == _state(tmp_path / "whole")
    assert len((tmp_path / "parts" / "history.csv").read_text().splitlines()) == 5


def test_a_run_killed_within_an_epoch_does_that_epoch_again(tmp_path):
    def broken():
        yield from Stream(stop=5)
        raise KeyboardInterrupt

    whole = _run(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        _run(tmp_path / "parts", batches=broken())
    torch.manual_seed(5)
    rest = _run(tmp_path / "parts", resume=True)
    assert _timeless(rest) == _timeless(whole[1:])
    assert _state(tmp_path / "parts") == _state(tmp_path / "whole")


def test_patience_sees_the_score_of_that_very_epoch(tmp_path, monkeypatch):
    scores = [0.1, 0.3, 0.5, 0.5, 0.4, 0.6, 0.6, 0.2, 0.1, 0.9]
    told = iter(scores)
    monkeypatch.setattr("lumenfield.training.loop.validate", lambda *_: next(told))
    config = dataclasses.replace(
        CONFIG, max_epochs=99, steps_per_epoch=1, warm_up_steps=0, patience=Patience(2, 3)
    )
    records = _run(tmp_path, config)
    assert [record.score for record in records] == scores[:9]
    assert [record.verdict for record in records] == [
        *("improved", "improved", "improved", "wait", "cut"),
        *("improved", "wait", "cut", "stop"),
    ]
    assert records[-1].stopped == "no better score for 3 epochs"
    assert [round(record.learning_rate, 6) for record in records] == [
        *([0.01] * 5),
        *([0.003] * 3),
        0.0009,
    ]


def test_a_bad_batch_is_named_kept_and_skipped(tmp_path):
    records = _run(tmp_path, batches=Stream(bad=(4,)))
    assert [record.skipped for record in records] == [0, 1, 0, 0]
    network = load_checkpoint(tmp_path / "last.safetensors").network
    assert all(tensor.isfinite().all() for tensor in network.state_dict().values())
    assert (tmp_path / "skipped_4.safetensors").exists()


def test_a_bad_batch_leaves_the_learner_as_it_was(tmp_path):
    config = dataclasses.replace(CONFIG, max_epochs=1)
    _run(tmp_path / "good", config, Stream(stop=2))
    _run(tmp_path / "bad", config, Stream(stop=3, bad=(2,)))
    assert _state(tmp_path / "good") == _state(tmp_path / "bad")


def test_three_bad_batches_in_a_row_stop_the_run(tmp_path):
    records = _run(tmp_path, batches=Stream(bad=(0, 2, 3, 4)))
    assert [record.step for record in records] == [3, 5]
    assert records[-1].stopped.startswith(
        "3 losses in a row not finite, last on case 4.0, case 4.1"
    )
    assert "skipped_4.safetensors" in records[-1].stopped


def test_a_run_ends_with_its_batches(tmp_path):
    records = _run(tmp_path, batches=[_batch(k) for k in range(4)])
    assert [record.step for record in records] == [3, 4]
    assert records[-1].stopped == "the batches ended after 4 steps"


def test_a_run_ends_with_its_time_and_can_be_given_more(tmp_path):
    short = dataclasses.replace(CONFIG, max_minutes=1e-6)
    records = _run(tmp_path, short)
    assert len(records) == 1
    assert records[0].stopped == "1e-06 minutes are over"
    assert _run(tmp_path, short, resume=True) == []
    assert _run(tmp_path, CONFIG, resume=True)[-1].stopped == "4 epochs are done"


@pytest.mark.parametrize("wanted", [True, False])
def test_operations_without_a_fixed_order_are_refused_where_wanted(tmp_path, wanted):
    seen = []

    def watched():
        for batch in Stream():
            seen.append(torch.are_deterministic_algorithms_enabled())
            yield batch

    _run(tmp_path, dataclasses.replace(CONFIG, deterministic=wanted, max_epochs=1), watched())
    assert seen == [wanted] * 3


def test_training_leaves_global_state_alone(tmp_path):
    before = torch.get_rng_state()
    for _ in train(CONFIG, Stream(), VALIDATION, folder=tmp_path):
        assert not torch.are_deterministic_algorithms_enabled()
    assert torch.equal(torch.get_rng_state(), before)


def test_a_taken_folder_is_refused(tmp_path):
    _run(tmp_path, dataclasses.replace(CONFIG, max_epochs=1))
    with pytest.raises(InputError, match=r"holds a run already; .*--resume"):
        _run(tmp_path)


def test_nothing_to_resume_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no run"):
        _run(tmp_path, resume=True)


def test_resuming_another_network_is_refused(tmp_path):
    _run(tmp_path, dataclasses.replace(CONFIG, max_epochs=1))
    wider = dataclasses.replace(CONFIG, network=UNetConfig(ndim=2, widths=(4, 9)))
    with pytest.raises(InputError, match="this run has another network"):
        _run(tmp_path, wider, resume=True)


def test_a_disk_that_fills_is_told_and_the_last_good_epoch_goes_on(tmp_path, monkeypatch):
    def full(path, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    whole = _run(tmp_path / "whole")
    run = train(CONFIG, Stream(), VALIDATION, folder=tmp_path / "full")
    first, before = next(run), _state(tmp_path / "full")
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="No space left"):
        next(run)
    monkeypatch.undo()
    assert _state(tmp_path / "full") == before
    assert _timeless([first, *_run(tmp_path / "full", resume=True)]) == _timeless(whole)


def test_minutes_are_those_of_the_clock_that_was_given(tmp_path):
    config = dataclasses.replace(CONFIG, max_minutes=1.0, steps_per_epoch=2)
    ticks = itertools.count(0.0, 15.0)
    records = _run(tmp_path, config, clock=lambda: next(ticks))
    assert records[-1].stopped == "1 minutes are over"
    assert records[-1].minutes >= 1
    assert len(records) < 4


def test_a_run_without_validation_is_refused(tmp_path):
    with pytest.raises(InputError, match="no validation cases"):
        next(train(CONFIG, Stream(), (), folder=tmp_path))


def test_a_distance_loss_without_distances_is_refused(tmp_path):
    network = UNetConfig(ndim=2, widths=(4, 8), head="logits+distance")
    loss = LossConfig((("dice", 1.0), ("distance", 1.0)))
    config = dataclasses.replace(CONFIG, network=network, loss=loss)
    with pytest.raises(InputError, match=r"0\.0, case 0\.1 has no distance; .*keep the voxel size"):
        _run(tmp_path, config)
