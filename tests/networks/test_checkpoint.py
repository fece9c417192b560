import dataclasses
import json

import pytest
import torch
from safetensors.torch import save_file

from lumenfield.errors import InputError
from lumenfield.networks import (
    Calibration,
    Checkpoint,
    Preprocessing,
    UNetConfig,
    build,
    load_checkpoint,
    save_checkpoint,
    weights_hash,
)

PLAN = UNetConfig(ndim=2, widths=(4, 8), head="logits+distance")


@pytest.fixture
def checkpoint():
    return Checkpoint(
        build(PLAN, seed=3),
        Preprocessing(clip=5.0, voxel_mm=(0.5, 2.0)),
        Calibration(temperature=1.5, spread_voxels=0.2),
        {"recipe": "carotid", "hours": 1.5, "scores": [0.9, 0.8], "seed": 7},
    )


def test_what_is_written_is_read_back(checkpoint, tmp_path):
    save_checkpoint(tmp_path / "a.safetensors", checkpoint)
    read = load_checkpoint(tmp_path / "a.safetensors")
    assert weights_hash(read.network) == weights_hash(checkpoint.network)
    assert not read.network.training
    for name in ("preprocessing", "calibration", "provenance"):
        assert getattr(read, name) == getattr(checkpoint, name)
    assert [p.name for p in tmp_path.iterdir()] == ["a.safetensors"]


@pytest.mark.parametrize(("stored_as", "error"), [("float16", 1e-3), ("bfloat16", 1e-2)])
def test_half_precision_halves_the_file_and_hardly_moves_the_output(
    checkpoint, tmp_path, stored_as, error
):
    checkpoint = dataclasses.replace(checkpoint, network=build(UNetConfig(ndim=2)).eval())
    save_checkpoint(tmp_path / "full.safetensors", checkpoint)
    save_checkpoint(tmp_path / "half.safetensors", checkpoint, stored_as=stored_as)
    full, half = ((tmp_path / f"{n}.safetensors").stat().st_size for n in ("full", "half"))
    assert half < 0.55 * full
    image = torch.randn(1, 1, 16, 16)
    expected = checkpoint.network(image)
    got = load_checkpoint(tmp_path / "half.safetensors").network(image)
    assert got.dtype == torch.float32
    assert (got - expected).norm() < error * expected.norm()


def test_a_layout_in_memory_does_not_change_the_hash():
    network = build(PLAN)
    before = weights_hash(network)
    assert weights_hash(network.to(memory_format=torch.channels_last)) == before


def test_one_changed_weight_changes_the_hash():
    network = build(PLAN)
    before = weights_hash(network)
    network.head.bias.data[0] += 1e-3
    assert weights_hash(network) != before


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.safetensors: no such file"):
        load_checkpoint(tmp_path / "none.safetensors")


@pytest.mark.parametrize("header", [None, {"a": "b"}, {"lumenfield": "{"}, {"lumenfield": "[]"}])
def test_another_safetensors_file_is_no_checkpoint(tmp_path, header):
    save_file({"a": torch.zeros(1)}, tmp_path / "a.safetensors", header)
    with pytest.raises(InputError, match="is not a checkpoint"):
        load_checkpoint(tmp_path / "a.safetensors")


def test_a_file_of_another_format_is_no_checkpoint(tmp_path):
    (tmp_path / "a.safetensors").write_bytes(b"PK\x03\x04 something pickled")
    with pytest.raises(InputError, match="is not a checkpoint"):
        load_checkpoint(tmp_path / "a.safetensors")


def _rewritten(path, checkpoint, network, drop=()):
    header = {"network": network, "preprocessing": {}, "calibration": {}, "provenance": {}}
    tensors = {k: v for k, v in checkpoint.network.state_dict().items() if k not in drop}
    save_file(tensors, path, {"lumenfield": json.dumps(header)})
    return path


def test_an_unknown_network_is_named(checkpoint, tmp_path):
    path = _rewritten(tmp_path / "a.safetensors", checkpoint, {"kind": "vnet"})
    with pytest.raises(InputError, match="unknown network vnet"):
        load_checkpoint(path)


@pytest.mark.parametrize(
    ("widths", "drop", "match"),
    [
        ((4, 9), (), r"is \(8,.*this network needs \(9,"),
        ((4, 8), ("head.bias",), r"head\.bias is missing"),
        ((4, 8, 16), (), "is missing"),
    ],
)
def test_weights_that_do_not_fit_are_named(checkpoint, tmp_path, widths, drop, match):
    plan = {"ndim": 2, "widths": widths, "head": "logits+distance"}
    path = _rewritten(tmp_path / "a.safetensors", checkpoint, plan, drop)
    with pytest.raises(InputError, match=match):
        load_checkpoint(path)


def test_normalising_gives_mean_zero_and_deviation_one_to_each_scan():
    image = torch.rand(2, 1, 9, 10, 11) * torch.tensor([3.0, 500.0]).reshape(2, 1, 1, 1, 1) + 40
    normal = Preprocessing().normalise(image)
    torch.testing.assert_close(normal.mean((1, 2, 3, 4)), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(normal.std((1, 2, 3, 4), correction=0), torch.ones(2))


def test_normalising_forgets_gain_and_offset():
    image = torch.rand(1, 1, 8, 8)
    normalise = Preprocessing().normalise
    torch.testing.assert_close(normalise(1e-4 * image), normalise(image))
    torch.testing.assert_close(normalise(50 * image + 7), normalise(image), atol=1e-4, rtol=0)


@pytest.mark.parametrize("level", [0.0, 0.1, 1234.567, -3e7])
def test_a_constant_scan_becomes_zeros(level):
    assert (Preprocessing().normalise(torch.full((1, 1, 33, 7), level)) == 0).all()


def test_rounding_noise_is_no_contrast():
    image = torch.full((1, 1, 8, 8), 1000.0)
    image[..., ::2] = torch.nextafter(image[..., ::2], torch.tensor(torch.inf))
    assert (Preprocessing().normalise(image) == 0).all()


def test_values_that_are_not_finite_count_for_nothing_and_become_zeros():
    image = torch.rand(1, 1, 8, 8)
    holed = torch.cat([image, torch.full((1, 1, 1, 8), float("nan"))], dim=2)
    normal = Preprocessing().normalise(holed)
    torch.testing.assert_close(normal[:, :, :8], Preprocessing().normalise(image))
    assert (normal[:, :, 8:] == 0).all()


def test_outliers_are_clipped():
    image = torch.zeros(1, 1, 100, 100)
    image[0, 0, 0, 0] = 1e6
    assert Preprocessing().normalise(image).max() == 10
