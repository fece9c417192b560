"""Weights of the field's standard 2-D networks, by name; separate because only some have them."""

from collections.abc import Mapping

from lumenfield.errors import InputError
from lumenfield.networks.fcn_resnet import FCNResNet
from lumenfield.tensors import Tensor

__all__ = ["load_standard_weights"]


def load_standard_weights(network: FCNResNet, weights: Mapping[str, Tensor]) -> tuple[str, ...]:
    """Fill a 2-D network with weights of the usual layout, by name, and return the names used.

    A first convolution for three colours is summed over them: a grey image has the same value in
    each. Heads with another number of classes are left as they are, and so is what is missing.

    Args:
        weights: `backbone.*` with or without `classifier.*` and `aux_classifier.*`, or a bare
            residual network (`conv1.weight`, `layer1.…`).

    Raises:
        InputError: a weight of the backbone is missing or has another shape.
    """
    bare = "conv1.weight" in weights
    given = {f"backbone.{k}" if bare else k: v for k, v in weights.items()}
    own = network.state_dict()
    used: dict[str, Tensor] = {}
    for name, tensor in own.items():
        found = given.get(name)
        if found is not None and name == "backbone.conv1.weight":
            found = found.sum(1, keepdim=True)
        if found is not None and found.shape == tensor.shape:
            used[name] = found
        elif name.startswith("backbone.") and not name.endswith("num_batches_tracked"):
            raise _misfit(network, name, found, tensor)
    used = _whole_heads(own, used)
    network.load_state_dict({**own, **used})
    return tuple(used)


def _misfit(network: FCNResNet, name: str, found: Tensor | None, own: Tensor) -> InputError:
    came = "missing" if found is None else tuple(found.shape)
    return InputError(
        f"{name} is {came}",
        f"this {network.config.ndim}-D network needs {tuple(own.shape)}",
        "give weights of the same depth, in the usual two-dimensional layout",
    )


def _whole_heads(own: Mapping[str, Tensor], used: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Leave out heads whose last convolution did not fit: half a head is worse than a fresh one."""
    last = "classifier.4.weight"
    lacking = [name for name in own if name.endswith(last) and name not in used]
    fresh = tuple(name.removesuffix("4.weight") for name in lacking)
    return {k: v for k, v in used.items() if not (fresh and k.startswith(fresh))}
