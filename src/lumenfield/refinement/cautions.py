"""When not to believe a refinement; separate so that every limit stands in one place."""

from lumenfield.refinement.summary import Summary

__all__ = ["cautions"]

_FITS = (0.7, 1.4)
_NOISE_RULES = 50.0
"""Contrast over noise beyond which the model's own error, not the noise, sets the misfit."""
_TEXTURE = 0.3
_SOME = 0.01
"""Share of the wall that is worth a line."""
_BLUR = 0.3
_DOUBT = 0.2
"""Voxels of blur too much, and of doubt that all of the wall shares, that are worth a line."""


def cautions(summaries: list[Summary], ndim: int) -> tuple[str, ...]:
    """Say in one line each what makes a result doubtful; every line once."""
    if not summaries:
        return ("no wall in the volume: nothing was refined",)
    lines: dict[str, None] = {}
    for summary in summaries:
        lines |= dict.fromkeys(_of_box(summary, ndim))
    return tuple(lines)


def _of_box(box: Summary, ndim: int) -> list[str]:
    if not box.seen:
        return ["the scan shows no wall near the first one: it was left where it was"]
    found = []
    if not box.converged:
        found.append(
            "the wall was still moving at the last iteration: raise refinement.max_iterations"
        )
    found += [*_misfit(box), *_ambiguity(box)]
    if box.texture > _TEXTURE or box.gain < 3.0**-ndim:
        found.append(
            "what should be noise is alike over several voxels (texture, or strong interpolation): "
            "walls may follow it"
        )
    if box.thin > _SOME:
        found.append(
            "parts of the lumen are under 2.5 voxels across: their brightness was taken from "
            "elsewhere and their spread is at least a quarter of a voxel"
        )
    if box.far > 0:
        found.append(
            "parts of the wall moved by more than three times the error expected of the start: "
            "their spread was widened; look there"
        )
    return found


def _misfit(box: Summary) -> list[str]:
    low = box.chi2 < _FITS[0] and box.contrast_to_noise < _NOISE_RULES and box.layers.ring == 0
    if not low and box.chi2 <= _FITS[1]:
        return []
    return [
        f"the edge model fits badly (χ² is {box.chi2:.2f} per voxel, "
        f"{_FITS[0]:g} to {_FITS[1]:g} is good): do not trust the spread"
    ]


def _ambiguity(box: Summary) -> list[str]:
    found = []
    if box.blur > _BLUR:
        found.append(
            "the edge is wider than the scan's noise explains (a graded lumen, a thin ring, or "
            "motion): the spread was widened"
        )
    if box.layers.rival or box.layers.doubt > _DOUBT:
        found.append(
            "a ring around the lumen, or a lumen dimmer at its wall, would explain the scan as "
            "well with another wall: the spread was widened"
        )
    return found
