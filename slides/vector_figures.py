"""A matplotlib figure on a page of a PDF: its lines stay lines and its words can be searched."""

from typing import Any

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from reportlab.lib.colors import Color
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

ASCENT, DESCENT = 0.76, 0.24  # of DejaVu Sans, in em, as matplotlib measures a line
CAPS = {"butt": 0, "round": 1, "projecting": 2}
JOINS = {"miter": 0, "round": 1, "bevel": 2}
POINTS_PER_INCH = 72
LEAST_ALPHA = 0.001


class FigureOnPage(Flowable):
    """fonts: names that reportlab knows, of the figure's regular and bold words."""

    def __init__(self, figure: Figure, width: float, fonts: tuple[str, str]) -> None:
        super().__init__()
        across, down = figure.get_size_inches() * POINTS_PER_INCH
        self.figure, self.fonts, self.size = figure, fonts, (across, down)
        self.width, self.height = width, width * down / across

    def draw(self) -> None:
        self.figure.set_dpi(POINTS_PER_INCH)
        self.canv.scale(self.width / self.size[0], self.height / self.size[1])
        self.figure.draw(_Renderer(self.canv, self.size, self.fonts))


class _Renderer(RendererBase):
    def __init__(self, canvas: Canvas, size: tuple[float, float], fonts: tuple[str, str]) -> None:
        super().__init__()
        self.canvas, self.size, self.fonts = canvas, size, fonts

    def flipy(self) -> bool:
        """Pages, as figures, count upwards."""
        return False

    def get_canvas_width_height(self) -> tuple[float, float]:
        return self.size

    def draw_path(
        self, gc: GraphicsContextBase, path: Path, transform: Any, rgbFace: Any = None
    ) -> None:
        has_line = gc.get_linewidth() > 0 and _alpha(gc, gc.get_rgb()) > LEAST_ALPHA
        has_face = rgbFace is not None and _alpha(gc, rgbFace) > LEAST_ALPHA
        if not has_line and not has_face:
            return
        self.canvas.saveState()
        self._clip(gc)
        if has_face:
            self.canvas.setFillColor(Color(*rgbFace[:3], alpha=_alpha(gc, rgbFace)))
        if has_line:
            self._pen(gc)
        self.canvas.drawPath(self._path(path, transform), stroke=has_line, fill=has_face)
        self.canvas.restoreState()

    def _clip(self, gc: GraphicsContextBase) -> None:
        box = gc.get_clip_rectangle()
        if box is not None:
            outline = self.canvas.beginPath()
            outline.rect(*box.bounds)
            self.canvas.clipPath(outline, stroke=0, fill=0)

    def _pen(self, gc: GraphicsContextBase) -> None:
        self.canvas.setStrokeColor(Color(*gc.get_rgb()[:3], alpha=_alpha(gc, gc.get_rgb())))
        self.canvas.setLineWidth(gc.get_linewidth())
        self.canvas.setLineCap(CAPS[gc.get_capstyle()])
        self.canvas.setLineJoin(JOINS[gc.get_joinstyle()])
        dashes: Any
        offset, dashes = gc.get_dashes()
        if dashes is not None:
            self.canvas.setDash([float(one) for one in dashes], offset or 0)

    def _path(self, path: Path, transform: Any) -> Any:
        told = self.canvas.beginPath()
        last = (0.0, 0.0)
        segments = path.transformed(transform).iter_segments(curves=True, simplify=False)
        for points, code in segments:
            at: list[float] = np.asarray(points, float).tolist()
            if code == Path.MOVETO:
                told.moveTo(*at)
            elif code == Path.LINETO:
                told.lineTo(*at)
            elif code == Path.CURVE3:
                told.curveTo(*_cubic(last, at))
            elif code == Path.CURVE4:
                told.curveTo(*at)
            elif code == Path.CLOSEPOLY:
                told.close()
            last = (at[-2], at[-1])
        return told

    def draw_text(  # noqa: PLR0913 -- matplotlib's signature
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: Any = False,
        mtext: Any = None,
    ) -> None:
        self.canvas.saveState()
        self.canvas.setFillColor(Color(*gc.get_rgb()[:3], alpha=_alpha(gc, gc.get_rgb())))
        self.canvas.setFont(self._font(prop), prop.get_size_in_points())
        self.canvas.translate(x, y)
        self.canvas.rotate(angle)
        self.canvas.drawString(0, 0, s)
        self.canvas.restoreState()

    def get_text_width_height_descent(
        self, s: str, prop: FontProperties, ismath: Any
    ) -> tuple[float, float, float]:
        size = prop.get_size_in_points()
        width = pdfmetrics.stringWidth(s, self._font(prop), size)
        return width, (ASCENT + DESCENT) * size, DESCENT * size

    def _font(self, prop: FontProperties) -> str:
        return self.fonts[str(prop.get_weight()) in ("bold", "700")]


def _alpha(gc: GraphicsContextBase, color: Any) -> float:
    return float(gc.get_alpha() if len(color) < 4 or gc.get_forced_alpha() else color[3])


def _cubic(start: tuple[float, float], at: list[float]) -> tuple[float, ...]:
    """A quadratic curve, control and end, as the cubic that is the same."""
    (x, y), (a, b, c, d) = start, at
    return (
        x + 2 * (a - x) / 3,
        y + 2 * (b - y) / 3,
        c + 2 * (a - c) / 3,
        d + 2 * (b - d) / 3,
        c,
        d,
    )
