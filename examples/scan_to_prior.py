"""From a scan to the prior of a flow solver: its wall against the truth, and its branches."""

import numpy as np

import lumenfield as lf
from lumenfield.vessels import trace_vessels

sample = lf.carotid_phantom(shape=(72, 56, 48))
result = lf.segment(sample.magnitude)
prior = lf.boundary_prior(result)

voxel = 0.7
wall = np.abs(result.distance.values) < voxel / 2
error = (sample.distance.values - result.distance.values)[wall] / voxel
error = error[np.abs(error) < 2]
print(f"wall error: bias {error.mean():+.3f}, rms {error.std():.3f} voxel")
print(f"openings: {len(prior.caps)}, radii {[round(cap.radius_mm, 2) for cap in prior.caps]} mm")
print(f"field: σ {prior.field.spread_mm:.2f} mm, ℓ {prior.field.length_mm:.2f} mm")
assert error.std() < 0.35
assert len(prior.caps) >= 2

for branch in trace_vessels(prior.distance, prior.spread, prior.field).branches:
    found = branch.measures
    narrowest, narrowing = found.min_diameter_mm, found.stenosis
    print(
        f"{branch.start.kind} to {branch.end.kind}: {found.length_mm:.0f} mm, at least "
        f"{narrowest.value:.1f} mm wide ({narrowest.low:.1f}–{narrowest.high:.1f}), "
        f"narrowed by {narrowing.value:.0%} ({narrowing.low:.0%}–{narrowing.high:.0%})"
    )
