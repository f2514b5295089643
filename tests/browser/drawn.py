"""A pen for tests: goes where it is told in level-0 px, and tells what the server has of it."""

import time
from collections.abc import Callable

import shapely
from playwright.sync_api import expect
from shapely.geometry.base import BaseGeometry

from slides import drawing
from slides.models import Slide

PATIENCE_S = 8


class Pen:
    """The pointer of a page that shows a slide; places are level-0 px."""

    def __init__(self, page, slide: Slide) -> None:
        self.page, self.slide = page, slide

    def begin(self, tool: str | None = None) -> "Pen":
        """Open the slide, begin drawing and take a tool by its key."""
        self.page.goto(self.slide.get_absolute_url())
        expect(self.page.locator("[data-region-count]")).to_have_text(str(len(self.features())))
        self.page.wait_for_timeout(300)
        expect(self.page.locator('[data-show="scale"]')).not_to_be_empty()
        self.page.keyboard.press("d")
        expect(self.tool("select")).to_have_attribute("aria-pressed", "true")
        if tool:
            self.page.keyboard.press(tool)
        return self

    def tool(self, name: str):
        return self.page.locator(f'[data-tool="{name}"]')

    def said(self):
        return self.page.locator("[data-drawing-said]")

    def on_page(self, x: float, y: float) -> tuple[float, float]:
        place = self.page.locator("slide-viewer").evaluate(
            """(viewer, point) => {
                const { x, y } = viewer.toScreen(point);
                const edge = viewer.getBoundingClientRect();
                return [x + edge.left, y + edge.top];
            }""",
            {"x": x, "y": y},
        )
        return tuple(place)

    def move(self, x: float, y: float, steps: int = 4) -> None:
        self.page.mouse.move(*self.on_page(x, y), steps=steps)

    def click(self, x: float, y: float) -> None:
        self.move(x, y)
        self.page.mouse.down()
        self.page.mouse.up()

    def drag(self, *places: tuple[float, float], steps: int = 6) -> None:
        self.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.move(*place, steps=steps)
        self.page.mouse.up()

    def box(self, left: float, top: float, right: float, bottom: float) -> None:
        """A rectangle with the tool of that name."""
        self.drag((left, top), (right, bottom))

    def features(self) -> list[dict]:
        return drawing.current(self.slide).features

    def shapes(self, label: str = "Tumor") -> list[BaseGeometry]:
        """What is stored under a class, the largest first."""
        found = [
            shapely.geometry.shape(feature["geometry"])
            for feature in self.features()
            if feature["properties"]["classification"]["name"] == label
        ]
        return sorted(found, key=lambda shape: -shape.area)

    def comes(self, claim: Callable[[], bool]) -> None:
        """Wait until what is stored is as claimed."""
        end = time.monotonic() + PATIENCE_S
        while not claim():
            assert time.monotonic() < end, f"stored: {[shape.area for shape in self.shapes()]}"
            self.page.wait_for_timeout(100)

    def areas(self, *expected: float, label: str = "Tumor", off: float = 0.03) -> None:
        """Wait until the stored areas are these, the largest first, each within a share."""

        def is_so() -> bool:
            found = [shape.area for shape in self.shapes(label)]
            close = (abs(a - b) <= off * b + 0.5 for a, b in zip(found, expected, strict=False))
            return len(found) == len(expected) and all(close)

        self.comes(is_so)
        assert all(shape.is_valid for shape in self.shapes(label))
