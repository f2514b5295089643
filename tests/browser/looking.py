"""Where things are on the reading pages."""

from tests.predictions.rows import PATCH_PX


def at(column: float, row: float, *, cells: float = 1.0) -> str:
    """The part of an address that looks at a place, given in cells."""
    return f"#x={column * PATCH_PX:g}&y={row * PATCH_PX:g}&w={cells * PATCH_PX:g}"


def shown(page, name: str):
    return page.locator(f'aside [data-show="{name}"]').first


def layer(page, name: str):
    return page.locator(f'[data-layer="{name}"]')


def at_rest(page) -> dict:
    """The view once it moves no more."""
    before = None
    while (view := page.locator("slide-viewer").first.evaluate("viewer => viewer.view")) != before:
        before = view
        page.wait_for_timeout(200)
    return view
