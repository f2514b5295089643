"""Where things are on the reading pages."""

from tests.predictions.conftest import PATCH_PX


def at(column: float, row: float, *, cells: float = 1.0) -> str:
    """The part of an address that looks at a place, given in cells."""
    return f"#x={column * PATCH_PX:g}&y={row * PATCH_PX:g}&w={cells * PATCH_PX:g}"


def shown(page, name: str):
    return page.locator(f'aside [data-show="{name}"]').first


def layer(page, name: str):
    return page.locator(f'[data-layer="{name}"]')
