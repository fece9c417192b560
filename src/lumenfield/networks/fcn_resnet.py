"""FCN-ResNet-50 and -101 in 2-D and 3-D; separate from the U-Net because they share no part.

A residual network (He et al. 2016) whose last two stages are dilated instead of halved, so that
its map is an eighth of the image (Chen et al. 2017), read by a fully convolutional head (Long et
al. 2015) and enlarged linearly. On an image of 64 voxels that map is 8 voxels wide.
"""

from dataclasses import dataclass
from typing import Literal

import torch.nn.functional as F
from torch import nn

from lumenfield.errors import InputError
from lumenfield.networks.blocks import Features, check_image, crop, pad
from lumenfield.networks.plan import HeadName, Network, NetworkConfig
from lumenfield.tensors import Fields, Outputs, Tensor

__all__ = ["FCNResNet", "FCNResNetConfig"]

DEPTHS = {"fcn_resnet50": (3, 4, 6, 3), "fcn_resnet101": (3, 4, 23, 3)}
"""Bottlenecks in each of the four stages."""

EXPANSION = 4
"""Channels that leave a bottleneck over those of its narrow part."""

_CONVOLUTIONS = {2: nn.Conv2d, 3: nn.Conv3d}
_NORMS = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
_POOLS = {2: nn.MaxPool2d, 3: nn.MaxPool3d}
_LINEAR = {2: "bilinear", 3: "trilinear"}


@dataclass(frozen=True)
class FCNResNetConfig(NetworkConfig):
    """The plan of an FCN-ResNet.

    Args:
        width: channels of the first stage's narrow part; the published networks have 64.
        auxiliary: a second head on the third stage, judged in training with a weight of 0.4.
        dropout: chance of a channel to be silenced before the last convolution of a head.
        kind: says how deep.

    Raises:
        InputError: a number out of its range.
    """

    ndim: Literal[2, 3] = 3
    width: int = 64
    head: HeadName = "logits"
    auxiliary: bool = False
    dropout: float = 0.1
    kind: Literal["fcn_resnet50", "fcn_resnet101"] = "fcn_resnet50"

    def __post_init__(self) -> None:
        if self.width < 1 or not 0 <= self.dropout < 1:
            raise InputError(
                f"width is {self.width}, dropout {self.dropout}",
                "a network has a channel or more, and dropout is in [0, 1)",
                "take 64 and 0.1",
            )

    @property
    def multiple(self) -> int:
        """Voxels that the map sees as one."""
        return 8


class FCNResNet(Network):
    """Backbone, head and perhaps an auxiliary head; weights are named as is usual in 2-D."""

    config: FCNResNetConfig

    def __init__(self, config: FCNResNetConfig) -> None:
        super().__init__()
        self.config = config
        deep = 8 * EXPANSION * config.width
        self.backbone = Backbone(config)
        self.classifier = _head(deep, config)
        self.aux_classifier = _head(deep // 2, config) if config.auxiliary else None

    def forward(self, image: Fields) -> Outputs:
        """Map one normalised channel to logits (and a distance in voxels) on the same grid.

        Raises:
            InputError: another number of axes or channels, or an axis under four voxels.
        """
        check_image(image, self.config.ndim)
        padded = pad(image, self.config.multiple)
        _, last = self.backbone(padded)
        return self._enlarged(self.classifier(last), padded, image)

    def outputs(self, image: Fields) -> tuple[Outputs, ...]:
        """Give the output, and that of the auxiliary head if there is one."""
        check_image(image, self.config.ndim)
        padded = pad(image, self.config.multiple)
        third, last = self.backbone(padded)
        main = self._enlarged(self.classifier(last), padded, image)
        if self.aux_classifier is None:
            return (main,)
        return main, self._enlarged(self.aux_classifier(third), padded, image)

    def _enlarged(self, small: Tensor, padded: Tensor, image: Fields) -> Outputs:
        """Enlarge a map whose sample i belongs to voxel 8i, where the strided layers put it.

        The usual enlargement takes it for voxel 8i + 3.5, the middle of eight: a wall half a
        sample off, which training would have to learn away.
        """
        ndim = self.config.ndim
        # In float32: eight-fold steps of bfloat16 would show as terraces.
        beyond = F.pad(small.float(), (0, 1) * ndim, mode="replicate")
        fine = [size + 1 for size in padded.shape[2:]]
        full = F.interpolate(beyond, fine, mode=_LINEAR[ndim], align_corners=True)
        for axis, size in enumerate(padded.shape[2:], start=2):
            full = full.narrow(axis, 0, size)
        return crop(full, tuple(image.shape[2:]))


class Backbone(nn.Module):
    """The residual network; gives its third and its fourth stage, both at an eighth."""

    def __init__(self, config: FCNResNetConfig) -> None:
        super().__init__()
        ndim, width = config.ndim, config.width
        self.conv1 = _CONVOLUTIONS[ndim](1, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = _NORMS[ndim](width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = _POOLS[ndim](3, stride=2, padding=1)
        one, two, three, four = DEPTHS[config.kind]
        wide = EXPANSION * width
        self.layer1 = _stage(width, width, one, ndim)
        self.layer2 = _stage(wide, 2 * width, two, ndim, stride=2)
        # A stage's first bottleneck still sees the grid of the one before it.
        self.layer3 = _stage(2 * wide, 4 * width, three, ndim, dilations=(1, 2))
        self.layer4 = _stage(4 * wide, 8 * width, four, ndim, dilations=(2, 4))
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Conv3d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, image: Fields) -> tuple[Tensor, Tensor]:
        """Run all stages."""
        features = self.maxpool(self.relu(self.bn1(self.conv1(image))))
        third = self.layer3(self.layer2(self.layer1(features)))
        return third, self.layer4(third)


class Bottleneck(nn.Module):
    """Narrow, look around, widen, and add what came in."""

    def __init__(
        self, channels_in: int, narrow: int, ndim: int, stride: int, dilation: int
    ) -> None:
        super().__init__()
        convolution, norm = _CONVOLUTIONS[ndim], _NORMS[ndim]
        wide = EXPANSION * narrow
        self.conv1 = convolution(channels_in, narrow, 1, bias=False)
        self.bn1 = norm(narrow)
        self.conv2 = convolution(
            narrow, narrow, 3, stride=stride, padding=dilation, dilation=dilation, bias=False
        )
        self.bn2 = norm(narrow)
        self.conv3 = convolution(narrow, wide, 1, bias=False)
        self.bn3 = norm(wide)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = (
            nn.Sequential(convolution(channels_in, wide, 1, stride=stride, bias=False), norm(wide))
            if stride > 1 or channels_in != wide
            else None
        )

    def forward(self, features: Features) -> Tensor:
        """Add the path to the shortcut."""
        path = self.relu(self.bn1(self.conv1(features)))
        path = self.relu(self.bn2(self.conv2(path)))
        shortcut = features if self.downsample is None else self.downsample(features)
        return self.relu(self.bn3(self.conv3(path)) + shortcut)


def _stage(
    channels_in: int,
    narrow: int,
    count: int,
    ndim: int,
    *,
    stride: int = 1,
    dilations: tuple[int, int] = (1, 1),
) -> nn.Sequential:
    first, rest = dilations
    blocks = [Bottleneck(channels_in, narrow, ndim, stride, first)]
    blocks += [Bottleneck(EXPANSION * narrow, narrow, ndim, 1, rest) for _ in range(count - 1)]
    return nn.Sequential(*blocks)


def _head(channels: int, config: FCNResNetConfig) -> nn.Sequential:
    convolution, narrow = _CONVOLUTIONS[config.ndim], channels // 4
    return nn.Sequential(
        convolution(channels, narrow, 3, padding=1, bias=False),
        _NORMS[config.ndim](narrow),
        nn.ReLU(inplace=True),
        nn.Dropout(config.dropout),
        convolution(narrow, config.n_outputs, 1),
    )
