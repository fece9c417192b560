"""The carotid phantom of the demo: one fixed anatomy and look, its truth known."""

import json

import torch

from lumenfield.config import to_mapping
from lumenfield.datatypes import Sample, Volume, scaling
from lumenfield.geometry import Bulge, Solid, Vessel, bifurcation, sample_distance
from lumenfield.synthesis.appearance import Appearance, render
from lumenfield.synthesis.flow import Flow
from lumenfield.synthesis.intensity import Intensity
from lumenfield.synthesis.scanner import Acquisition
from lumenfield.synthesis.threads import one_thread
from lumenfield.synthesis.tissue import Organ, Tissue

__all__ = ["carotid_anatomy", "carotid_phantom"]


def carotid_phantom(
    *,
    snr: float = 12.0,
    voxel_mm: float = 0.7,
    shape: tuple[int, int, int] = (112, 72, 64),
    seed: int = 7,
) -> Sample:
    """Scan a common carotid that divides, its internal branch stenosed by 60 %.

    The common carotid is 6.4 mm wide, the internal 5.1 with a throat of about 2 to 3, the external
    follows from Murray's law; a vertebral artery of 3.6 mm runs behind. Lumen and tissue have the
    same noise and the same texture.

    Args:
        snr: lumen mean over the standard deviation of one complex component.
    """
    spacing = (voxel_mm,) * 3
    solid = carotid_anatomy()
    look = Appearance(
        lumen=1.0,
        inverted=False,
        least_contrast=0.35,
        texture=0.04,
        texture_voxels=2.5,
        unevenness=0.1,
        wall_voxels=1.0,
        wall_level=0.15,
        coil=0.1,
        flow=Flow(axis=0, sense=1, turn=1.0, turbulence=0.5),
        tissue=Tissue(
            levels=(0.26, 0.34, 0.2, 0.12),
            patch_voxels=14.0,
            organs=(Organ((0.1, 0.33, 0.3), (16.0, 9.0, 8.0), 0.42),),
            sheets=((18.0, 0.06, 0.05),),
            air=0.12,
        ),
        acquisition=Acquisition(snr=snr, kept=(1.0, 1.0, 1.0), apodisation=(0.5,) * 3),
        intensity=Intensity(900.0),
        seed=seed,
    )
    with one_thread():
        distance = sample_distance(solid, shape, spacing)
        magnitude = render(distance, spacing, look)
    affine = scaling(spacing)
    origin = {"phantom": "carotid", "vessels": repr(solid), "look": to_mapping(look)}
    return Sample(
        Volume(magnitude[0, 0].numpy(), affine),
        Volume((distance[0, 0] < 0).to(torch.uint8).numpy(), affine),
        Volume(distance[0, 0].numpy(), affine),
        json.dumps(origin),
    )


def carotid_anatomy() -> Solid:
    """The vessels alone: the divided carotid on the first axis, and a vertebral artery behind."""
    stenosis = Bulge(at=0.62, depth=0.6, width_mm=3.0, side=0.3)
    divided = bifurcation(3.2, share=0.8, angles_deg=(18.0, 26.0), bulges=(stenosis,))
    path = tuple((-60.0 + 24 * k, -11.0 + 1.5 * (k % 2), 9.0 - 0.8 * k) for k in range(6))
    return divided.rotated(20.0, (1, 2)) | Vessel(path, (1.8,) * len(path))
