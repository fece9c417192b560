"""Blank figures in, finished SVG out; separate because only this file knows the plotting library.

Text, ticks and frames are drawn in `INK`, which the SVG turns into the page's own text colour, so
that one picture reads on white and on black. Colours are from Okabe & Ito's set, which colour-blind
readers can tell apart, and the lines differ in dash and width as well.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BAND",
    "BARS",
    "INITIAL",
    "INK",
    "TRUTH",
    "WALL",
    "Entry",
    "add_colour_bar",
    "add_legend",
    "add_panel",
    "add_triangles",
    "blank",
    "colour_map",
    "halo",
    "style",
    "to_svg",
]

WALL = "#d55e00"
BAND = "#f0b400"
TRUTH = "#0072b2"
INITIAL = "#b05fc4"
BARS = "#5b8db8"
INK = "#010203"

Entry = tuple[str, str, Any]
"""What a legend says of a line: its label, colour and dash; the dash `band` is a filled patch."""

_SETTINGS: dict[Any, Any] = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "path.simplify_threshold": 0.2,
    "svg.fonttype": "path",
    "svg.hashsalt": "lumenfield",
    **{f"{part}.color": INK for part in ("text", "xtick", "ytick")},
    **{f"axes.{part}color": INK for part in ("edge", "label")},
}

_SCHEMES = "<style>svg{color:#1b1f24}@media (prefers-color-scheme:dark){svg{color:#e6e8eb}}</style>"


@contextmanager
def style() -> Iterator[None]:
    """Draw in the report's style, whatever the reader's own settings say."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield


def blank(width: float, height: float) -> Any:
    """Make an empty figure of so many inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height))


def add_panel(figure: Any, left: float, top: float, width: float, height: float) -> Any:
    """Add axes at a place in inches from the figure's upper left corner.

    Letters go outside of it: leave half an inch to its left and below, a quarter above.
    """
    wide, high = figure.get_size_inches()
    box = (left / wide, 1 - (top + height) / high, width / wide, height / high)
    return figure.add_axes(box, anchor="N")


def to_svg(figure: Any) -> str:
    """Write a figure as SVG that carries all it shows and takes the page's light or dark scheme."""
    text = io.StringIO()
    figure.savefig(text, format="svg", dpi=170, metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor")
    end_of_tag = svg.index(">") + 1
    return svg[:end_of_tag] + _SCHEMES + svg[end_of_tag:]


def halo(width: float, colour: str = "white") -> list[Any]:
    """Put a rim around lines or letters so that they read on any grey."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=width, foreground=colour)]


def add_legend(figure: Any, entries: Sequence[Entry]) -> None:
    """Name the lines below everything else."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=colour, alpha=0.6, label=label)
        if dash == "band"
        else Line2D([], [], color=colour, linestyle=dash, linewidth=1.8, label=label)
        for label, colour, dash in entries
    ]
    figure.legend(handles=handles, loc="lower center", ncols=len(handles), fontsize=9)


def add_triangles(axes: Any, corners: NDArray[Any], colours: NDArray[Any]) -> None:
    """Paint flat triangles (m×3×2) in the order given, as pixels, in RGB or RGBA colours."""
    from matplotlib.collections import PolyCollection

    painted = PolyCollection(
        list(corners), facecolors=colours, edgecolors=colours, linewidths=0.3, rasterized=True
    )
    axes.add_collection(painted)


def colour_map(values: NDArray[Any], limits: tuple[float, float]) -> NDArray[np.float64]:
    """Give the RGB of values on a scale whose lightness grows steadily."""
    share = np.clip((values - limits[0]) / (limits[1] - limits[0]), 0, 1)
    return np.asarray(_scale()(share), dtype=np.float64)[..., :3]


def add_colour_bar(axes: Any, limits: tuple[float, float], label: str) -> None:
    """Show the scale of `colour_map` in place of some narrow axes."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    scale = ScalarMappable(Normalize(*limits), _scale())
    bar = axes.figure.colorbar(scale, cax=axes, label=label, extend="both")
    bar.outline.set_visible(False)


def _scale() -> Any:
    """Take cividis without its darkest part, which a dark page and a shadow would swallow."""
    import matplotlib
    from matplotlib.colors import ListedColormap

    return ListedColormap(matplotlib.colormaps["cividis"](np.linspace(0.15, 1, 256)))
