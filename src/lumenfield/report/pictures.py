"""Which pictures a case gets, and what is said of each; separate so that words are in one place."""

from collections.abc import Iterator

from lumenfield.report.charts import coverage, draw_certainty
from lumenfield.report.figures import style, to_svg
from lumenfield.report.radii import draw_radii, drawn_branches
from lumenfield.report.scene import Picture, Scene
from lumenfield.report.slices import draw_overview, draw_projections, draw_slices
from lumenfield.report.surface import draw_wall, thinned_wall

__all__ = ["pictures"]


def pictures(scene: Scene) -> Iterator[Picture]:
    """Draw all that this case can show, the most telling first."""
    has_wall, is_solid = len(scene.wall.faces) > 0, not scene.is_flat
    with style():
        yield _overview(scene)
        if is_solid and scene.shown_lumen.any():
            yield _slices(scene)
        if is_solid:
            yield _projections(scene)
        if is_solid and has_wall:
            yield _wall(scene)
        if drawn_branches(scene.branches):
            yield _radii(scene)
        if has_wall or scene.errors is not None:
            yield _certainty(scene)


def _overview(scene: Scene) -> Picture:
    svg = to_svg(draw_overview(scene))
    size = "×".join(map(str, scene.scan.shape))
    kind = "Three planes" if not scene.is_flat else "One image"
    if not len(scene.wall.faces):
        note = "There is no wall to show, only the scan"
        note += "." if scene.truth is None else " and, dashed, the true wall."
        return Picture("Overview", svg, f"{kind} of the {size} scan. {note}", note)
    caption = (
        "The line should follow the edge of the vessel. The band holds the wall with 95 %; where"
        " the line hides it, the charts under Certainty tell its width. The last panel is a"
        " close-up of where the wall is least certain."
    )
    return Picture("Overview", svg, f"{kind} of the {size} scan with the wall outlined.", caption)


def _slices(scene: Scene) -> Picture:
    caption = (
        "Evenly spaced along the longest axis, all to one scale. Look for a section that is"
        " open, doubled, or off the vessel."
    )
    svg = to_svg(draw_slices(scene))
    return Picture("Slices", svg, "Slices across the vessel with the wall outlined.", caption)


def _projections(scene: Scene) -> Picture:
    which = "Brightest" if scene.is_bright else "Darkest"
    caption = (
        f"{which} value along each axis, with the outline of all that was found. A vessel that"
        " shows here without an outline was missed or left out."
    )
    alt = f"{which} value along the three axes with the outline of the lumen."
    return Picture("Projections", to_svg(draw_projections(scene)), alt, caption)


def _wall(scene: Scene) -> Picture:
    stride = thinned_wall(scene)[1]
    thinned = f" Drawn from every {stride}. voxel." if stride > 1 else ""
    low, middle, high = (scene.spread_percentile(p) for p in (5.0, 50.0, 95.0))
    alt = (
        "The wall in space from two sides, coloured by its spread, whose median is"
        f" {middle:.2g} mm (5 to 95 %: {low:.2g} to {high:.2g} mm)."
    )
    named = " Numbers are those of the branches." if scene.branches else ""
    caption = (
        "Light is uncertain, dark is certain. Light ends and branches deserve a look in the"
        f" slices before a flow is computed through them.{named}{thinned}"
    )
    return Picture("Wall", to_svg(draw_wall(scene)), alt, caption)


def _radii(scene: Scene) -> Picture:
    shown = drawn_branches(scene.branches)
    left_out = len(scene.branches) - len(shown)
    rest = f" Of {left_out} short ones there are figures alone." if left_out else ""
    caption = (
        "Radius of the disc as large as the section (in 2-D half the width); the band holds it 95"
        " times in 100. Dashed: what the shoulders of a narrowing lead to expect; the mark is where"
        f" the radius falls shortest of it. Numbers are those of centreline.csv.{rest}"
    )
    alt = f"Radius along the centreline of {len(shown)} branches."
    return Picture("Radius along the branches", to_svg(draw_radii(shown)), alt, caption)


def _certainty(scene: Scene) -> Picture:
    captions, alt = [], "Charts over the wall."
    if len(scene.wall.faces):
        middle = scene.spread_percentile(50.0) / scene.voxel
        captions.append("Spread: one standard deviation of the wall's position along its normal.")
        alt += f" The median spread is {middle:.2f} voxel."
    if scene.errors is not None:
        captions.append(
            "Error: where the wall is against the truth; what lies beyond the axis is in its"
            " outermost bins. Honesty: how often an interval holds the"
            " truth; below the dashed line the spread is too small, above it too large."
        )
        alt += f" The 95 % interval holds the truth on {coverage(scene)[95]:.0f} % of the wall."
    elif scene.initial is not None:
        captions.append("Shift: how far the refinement moved the network's wall.")
    if scene.errors is None and len(scene.wall.faces):
        captions.append(
            "Calibration: what the network alone was found to be off by on scans with a known wall,"
            " and what is left once this scan was asked. No truth was given for this scan itself."
        )
    caption = " ".join(captions)
    return Picture("Certainty", to_svg(draw_certainty(scene)), alt, caption)
