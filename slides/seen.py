"""What of a slide's tissue a reader has looked at, kept for that reader."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.contrib.auth.models import User
from django.db import transaction
from PIL import Image

from slides import coverage
from slides.coverage import Seen, SeenGrid, SeenPart
from slides.jobs import Reason
from slides.models import SeenTissue, Slide


@dataclass(frozen=True)
class SeenStanding:
    """What a reader has seen of a slide. cell_x, cell_y: level-0 px per cell of the grid."""

    reader: str
    grid: SeenGrid
    cell_x: float
    cell_y: float
    seen: Seen
    unseen_share: float | None
    updated_at: datetime | None

    @property
    def bits(self) -> bytes:
        return coverage.packed(self.seen)


def standing(slide: Slide, reader: User) -> SeenStanding:
    """What this reader has seen. Raises Reason where 10x or the tissue is not known."""
    mask = _tissue(slide)
    grid = coverage.grid_over(mask.shape)
    row = SeenTissue.objects.filter(slide=slide, reader=reader).first()
    return _told(slide, reader, mask, _kept(row, grid), row)


@transaction.atomic
def look_at(slide: Slide, reader: User, part: SeenPart) -> SeenStanding:
    """Add a part that was looked at to what was seen before; nothing is ever taken away.

    Raises ValueError for a part that does not lie in the grid, Reason as `standing` does.
    """
    mask = _tissue(slide)
    grid = coverage.grid_over(mask.shape)
    row, _ = SeenTissue.objects.select_for_update().get_or_create(slide=slide, reader=reader)
    seen = coverage.merged(_kept(row, grid), part)
    row.columns, row.rows, row.bits = grid.columns, grid.rows, coverage.packed(seen)
    row.save()
    return _told(slide, reader, mask, seen, row)


def start_over(slide: Slide, reader: User) -> None:
    """Forget what this reader has seen of a slide."""
    SeenTissue.objects.filter(slide=slide, reader=reader).delete()


def _tissue(slide: Slide) -> np.ndarray:
    if slide.mpp is None:
        raise Reason(
            f"{slide} has no um per px, so nobody can say what was seen at 10x; an admin can give "
            "it on the slide's page.",
            "unknown_mpp",
        )
    path = slide.tissue_path
    if path is None or not path.exists():
        raise Reason(f"{slide} has no tissue mask; it is made when a slide comes in.", "not_ready")
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L")) >= 128


def _kept(row: SeenTissue | None, grid: SeenGrid) -> Seen:
    """What a row holds; nothing if it was of another grid, as after a new tissue mask."""
    if row is None or (row.columns, row.rows) != (grid.columns, grid.rows):
        return np.zeros(grid.shape, bool)
    return coverage.unpacked(bytes(row.bits), grid.shape)


def _told(
    slide: Slide, reader: User, mask: np.ndarray, seen: Seen, row: SeenTissue | None
) -> SeenStanding:
    grid = coverage.grid_over(mask.shape)
    return SeenStanding(
        reader=reader.get_username(),
        grid=grid,
        cell_x=grid.side_px * slide.tissue_scale_x,
        cell_y=grid.side_px * slide.tissue_scale_y,
        seen=seen,
        unseen_share=coverage.unseen_share(seen, coverage.tissue_counts(mask, grid)),
        updated_at=row.updated_at if row else None,
    )
