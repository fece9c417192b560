"""Networks by name: those shipped load, are small, and carry what they were trained with."""

from pathlib import Path

import pytest

from lumenfield.errors import InputError
from lumenfield.networks import UNet, UNetConfig, load_checkpoint, save_checkpoint
from lumenfield.networks.checkpoint import Checkpoint
from lumenfield.networks.models import DEFAULT_MODELS, find_model, load_model, shipped_models


@pytest.mark.parametrize("ndim", sorted(DEFAULT_MODELS))
def test_the_default_network_of_each_dimension_is_shipped(ndim: int) -> None:
    model = find_model(DEFAULT_MODELS[ndim])
    checkpoint = load_checkpoint(model.path)
    assert checkpoint.network.config.ndim == ndim
    assert model.path.stat().st_size < 16e6
    assert checkpoint.provenance["calibrated"].startswith("on ")
    assert checkpoint.provenance["recipe"].startswith(("any", "runs/"))


def test_every_shipped_network_has_a_card() -> None:
    runs = Path(__file__).parents[2] / "runs"
    for model in shipped_models():
        assert (runs / model.name / "card.md").is_file()


def test_a_run_folder_gives_its_calibrated_model_first(tmp_path: Path) -> None:
    network = UNet(UNetConfig(ndim=2, widths=(2, 4))).eval()
    save_checkpoint(tmp_path / "best.safetensors", Checkpoint(network))
    assert find_model(str(tmp_path)).path.name == "best.safetensors"
    save_checkpoint(tmp_path / "model.safetensors", Checkpoint(network))
    assert find_model(str(tmp_path)).path.name == "model.safetensors"


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(InputError, match=r"model vesel2d; .* did you mean vessel2d"):
        load_model("vesel2d")
