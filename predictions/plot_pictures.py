"""Curves as files: the plots of a page as SVG and PNG, in the page's colours and dashes.

Imported where a picture is wanted, never when the web process starts. Figures are made without
pyplot, which keeps them all and belongs to one thread.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from predictions.plot_looks import LOOKS, shortened

INK, SOFT, GRID = "#1b1c2b", "#535a70", "#d5d9e3"
LINE_PX, BAND_ALPHA = 2.2, 0.13
PX = 0.72  # points of a px at 100 px per inch
DPI = 220
INCHES = (4.6, 3.1)  # without words around it
SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
RATES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
FRACTIONS = {0.125: "⅛", 0.25: "¼", 0.5: "½"}
ROW, SMALL = 0.165, 0.15  # inches of a line in the key, and of small print
LONGEST_NAME, LONGEST_IN_TWO = 62, 27

matplotlib.rcParams.update(
    {
        "font.family": "DejaVu Sans",
        "font.size": 7.5,
        "svg.fonttype": "none",  # words stay words: to be searched, read out and edited
        "svg.hashsalt": "sentinode",  # the same plot gives the same bytes
        "text.parse_math": False,  # names may hold dollar signs
    }
)


@dataclass(frozen=True)
class Notes:
    """Words around a plot. foot: where it is from. number: writes a tick as the language does."""

    number: Callable[[float], str]
    foot: str = ""
    has_title: bool = True


def svg(plot: Mapping[str, Any], notes: Notes) -> bytes:
    target = io.BytesIO()
    told = {"Date": None, "Title": str(plot["title"]), "Creator": "Sentinode"}
    FigureCanvasSVG(drawn(plot, notes)).print_svg(target, metadata=told)
    return target.getvalue()


def png(plot: Mapping[str, Any], notes: Notes) -> bytes:
    target = io.BytesIO()
    figure = drawn(plot, notes)
    figure.set_dpi(DPI)
    told = {"Title": str(plot["title"]), "Software": "Sentinode"}
    FigureCanvasAgg(figure).print_png(target, metadata=told)
    return target.getvalue()


def drawn(plot: Mapping[str, Any], notes: Notes) -> Figure:
    """The plot with its key above, its words around, and nothing that moves."""
    names, columns = _names([one["name"] for one in plot["series"]])
    key = -(-len(names) // columns) * ROW + 0.06
    above = (0.42 if notes.has_title else 0.0) + key
    below = SMALL * (notes.foot.count("\n") + 1) + 0.06 if notes.foot else 0.0
    width, height = INCHES[0], INCHES[1] + above + below
    figure = Figure(figsize=(width, height), facecolor="white")
    axes = figure.add_axes(
        (0.52 / width, (below + 0.42) / height, (width - 0.64) / width, (INCHES[1] - 0.5) / height)
    )
    _frame(axes, plot, notes)
    lines = [_line(axes, plot, one) for one in plot["series"]]
    figure.legend(
        lines, names, loc="upper left", ncols=columns, frameon=False, borderpad=0, borderaxespad=0,
        bbox_to_anchor=(0.1 / width, 1 - (above - key) / height - 0.02), handlelength=3.2,
        labelspacing=0.45, labelcolor=INK,
    )  # fmt: skip
    _words(figure, plot, notes)
    return figure


def _names(names: Sequence[str]) -> tuple[list[str], int]:
    """As the key writes them, and in how many columns they fit."""
    is_short = max(map(len, names), default=0) <= LONGEST_IN_TWO
    return [shortened(one, LONGEST_NAME) for one in names], 2 if is_short else 1


def _frame(axes: Axes, plot: Mapping[str, Any], notes: Notes) -> None:
    is_rate = plot["scale"] == "rate"
    if is_rate:
        axes.set_xscale("log", base=2)
    marks = RATES if is_rate else SHARES
    axes.set_xlim(marks[0], marks[-1])
    axes.set_ylim(0, 1)
    for axis, at in ((axes.xaxis, marks), (axes.yaxis, SHARES)):
        axis.set_major_locator(FixedLocator(at))
        axis.set_minor_locator(NullLocator())
        axis.set_ticklabels([FRACTIONS.get(one) or notes.number(one) for one in at])
    axes.set_xlabel(str(plot["x"]), color=INK, fontsize=7.5, labelpad=5)
    axes.set_ylabel(str(plot["y"]), color=INK, fontsize=7.5, labelpad=5)
    axes.tick_params(colors=SOFT, labelsize=7, length=0, pad=4)
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)
    if plot.get("diagonal"):
        axes.plot([0, 1], [0, 1], color="#858da1", linewidth=0.8, dashes=(4, 4))


def _line(axes: Axes, plot: Mapping[str, Any], series: Mapping[str, Any]) -> Any:
    """A curve and its band; the curve, for the key."""
    color, dashes = LOOKS[(series["look"] - 1) % len(LOOKS)]
    marks = RATES if plot["scale"] == "rate" else SHARES
    band = np.array(series["band"], float).reshape(-1, 3)
    if len(band) > 1:
        xs = band[:, 0].clip(marks[0], marks[-1])
        area = axes.fill_between(
            xs, band[:, 1], band[:, 2], color=color, alpha=BAND_ALPHA, linewidth=0
        )
        area.set_gid(f"band-{series['look']}")
    points = _within(np.array(series["points"], float).reshape(-1, 2), marks)
    pattern = (0, [length / LINE_PX for length in dashes]) if dashes else "-"
    has_dots = bool(plot.get("diagonal"))
    (line,) = axes.plot(
        points[:, 0],
        points[:, 1],
        color=color,
        linewidth=LINE_PX * PX,
        linestyle=pattern,
        dash_capstyle="butt",
        solid_joinstyle="round",
        marker="o" if has_dots else None,
        markersize=7 * PX,
        markeredgewidth=0,
        clip_on=False,
        gid=f"curve-{series['look']}",
    )
    return line


def _within(points: np.ndarray, marks: Sequence[float]) -> np.ndarray:
    """A curve of rates from the first mark to the last, flat where it ends before."""
    if marks is not RATES or not len(points):
        return points
    xs, ys = points.T
    inside = points[(marks[0] < xs) & (xs < marks[-1])]
    ends = [(at, float(np.interp(at, xs, ys))) for at in (marks[0], marks[-1])]
    return np.array([ends[0], *inside, ends[1]])


def _words(figure: Figure, plot: Mapping[str, Any], notes: Notes) -> None:
    width, height = figure.get_size_inches()
    left = 0.1 / width
    if notes.has_title:
        above, below = 1 - 0.06 / height, 1 - 0.25 / height
        figure.text(
            left, above, str(plot["title"]), va="top", fontsize=9.5, fontweight="bold", color=INK
        )
        figure.text(left, below, str(plot["based_on"]), va="top", fontsize=7, color=SOFT)
    if notes.foot:
        figure.text(
            left, 0.06 / height, notes.foot, va="bottom", fontsize=6, color=SOFT, linespacing=1.4
        )
