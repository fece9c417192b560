import numpy as np
import pytest
import torch

from lumenfield.datatypes import Volume, scaling
from lumenfield.errors import InputError
from lumenfield.inference import PredictOptions, predict
from lumenfield.inference.thinned import thinned
from lumenfield.networks import (
    Calibration,
    Checkpoint,
    FCNResNetConfig,
    Preprocessing,
    UNetConfig,
    build,
)

IMAGE = torch.randn(1, 1, 16, 16, 16, generator=torch.Generator().manual_seed(0))


def _unet(dropout):
    return build(UNetConfig(ndim=3, widths=(8, 16), dropout=dropout), seed=0).eval()


def test_a_copy_is_one_network_and_another_seed_another():
    network = _unet(dropout=0.5)
    with torch.no_grad():
        one, again, other = (thinned(network, seed)(IMAGE) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.allclose(one, other)


def test_the_network_itself_stays_whole():
    network = _unet(dropout=0.5)
    with torch.no_grad():
        before = network(IMAGE)
        thinned(network, 0)
        assert torch.equal(network(IMAGE), before)


def test_copies_agree_on_average_where_features_enter_linearly():
    network = torch.nn.Sequential(torch.nn.Dropout3d(0.5), torch.nn.Conv3d(32, 1, 1)).eval()
    network[1].weight.data.fill_(1 / 32)
    features = torch.rand(1, 32, 2, 2, 2, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        found = torch.stack([thinned(network, seed)(features) for seed in range(400)])
        assert torch.allclose(found.mean(0), network(features), atol=0.03)
        assert found.std(0).min() > 0.02


def test_an_fcn_is_thinned_before_its_last_layer():
    network = build(FCNResNetConfig(ndim=2, width=8, dropout=0.4), seed=0).eval()
    image = torch.randn(1, 1, 64, 64)
    with torch.no_grad():
        assert not torch.allclose(thinned(network, 1)(image), thinned(network, 2)(image))


def test_a_network_without_dropout_is_refused():
    with pytest.raises(InputError, match="a network without dropout; copies with silenced"):
        thinned(_unet(dropout=0.0), 0)


def test_disagreement_of_copies_joins_the_spread():
    scan = Volume(IMAGE[0, 0].numpy() + np.eye(16, dtype=np.float32), scaling((1.0, 1.0, 1.0)))
    network = _unet(dropout=0.5)
    network.head.weight.data *= 100  # fresh weights have no logits to speak of
    checkpoint = Checkpoint(network, Preprocessing(), Calibration(spread_voxels=0.4))
    spreads = [
        predict(scan, [checkpoint], PredictOptions(flips="none", scales=(1.0,), dropouts=n)).spread
        for n in (0, 3)
    ]
    assert np.allclose(spreads[0].values, 0.4)
    assert spreads[1].values.mean() > 0.5
