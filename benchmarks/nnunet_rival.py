"""nnU-Net's own predictor, timed in its own environment; separate because it brings another torch.

    VENV/bin/python benchmarks/nnunet_rival.py --edge 256 [--patches 1] [--threads 2]

Its default three-dimensional full-resolution network (PlainConvUNet, six stages of 32 to 320
features, patch 128³) with weights at random, step ½, no mirroring, on a processor. Some patches are
timed, and the whole volume extrapolated from their number. Prints one JSON object.
"""

import argparse
import json
import time
from types import SimpleNamespace

import torch
from dynamic_network_architectures.architectures.unet import PlainConvUNet
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--edge", type=int, default=256)
    parser.add_argument("--patches", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    predictor = nnUNetPredictor(
        tile_step_size=0.5,
        use_gaussian=True,
        use_mirroring=False,
        device=torch.device("cpu"),
        perform_everything_on_device=False,
        allow_tqdm=False,
    )
    predictor.network = network().eval()
    predictor.configuration_manager = SimpleNamespace(patch_size=[128, 128, 128])
    predictor.label_manager = SimpleNamespace(num_segmentation_heads=2)
    windows = predictor._internal_get_sliding_window_slicers((arguments.edge,) * 3)
    image = torch.randn(1, 128, 128, 128)
    walls, works = [], []
    for _ in range(arguments.patches):
        began, busy = time.perf_counter(), time.process_time()
        with torch.no_grad():
            predictor.predict_sliding_window_return_logits(image)
        walls.append(time.perf_counter() - began)
        works.append(time.process_time() - busy)
    told = {"windows": len(windows), "patch_s": min(walls), "patch_cpu_s": min(works)}
    print(json.dumps(told))


def network() -> torch.nn.Module:
    """Build the network that nnU-Net plans by default for volumes of this size."""
    return PlainConvUNet(
        1,
        6,
        (32, 64, 128, 256, 320, 320),
        torch.nn.Conv3d,
        3,
        (1, 2, 2, 2, 2, 2),
        (2,) * 6,
        2,
        (2,) * 5,
        conv_bias=True,
        norm_op=torch.nn.InstanceNorm3d,
        norm_op_kwargs={"eps": 1e-5, "affine": True},
        nonlin=torch.nn.LeakyReLU,
        nonlin_kwargs={"inplace": True},
    )


if __name__ == "__main__":
    main()
