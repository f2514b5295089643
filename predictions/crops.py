"""The place of a lesion or false finding as a small picture, cut from its slide."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import cache

from predictions.models import Report
from slides.formats import SlideError
from slides.models import Slide
from slides.pyramid import Pyramid
from training.patch_pictures import encoded

CROP_PX = 320
LEAST_UM = 300.0  # smaller places are shown with this much around them
LEAST_PX = 1200  # the same where um per px is unknown
ROOM = 1.6  # sides of the box that a crop shows, so that what lies around is seen
KEPT_SECONDS = 24 * 3600
LEAST_FRAME_PX = 8.0


class CropMissing(ValueError):
    """There is no such picture, or its slide can no longer be read."""


@dataclass(frozen=True)
class Window:
    """A square of level-0 px round a box, and the box in px of the crop: left, top, sides."""

    box_l0: tuple[float, float, float, float]
    frame: tuple[float, float, float, float]


def window(box_l0: tuple[float, ...], mpp: float | None) -> Window:
    """What is shown of a slide round a box."""
    left, top, right, bottom = box_l0
    least = LEAST_UM / mpp if mpp else LEAST_PX
    side = max(ROOM * (right - left), ROOM * (bottom - top), least)
    x, y = (left + right - side) / 2, (top + bottom - side) / 2
    scale = CROP_PX / side
    width, height = (
        max((end - start) * scale, LEAST_FRAME_PX) for start, end in ((left, right), (top, bottom))
    )
    middle = CROP_PX / 2
    frame = middle - width / 2, middle - height / 2, width, height
    return Window((x, y, x + side, y + side), tuple(round(edge, 1) for edge in frame))  # type: ignore[arg-type]


def crop_jpeg(report: int, place: int) -> tuple[bytes, str]:
    """The place of a change of a report as JPEG, and a tag that changes when its pixels do.

    report: its key; of its results, which may be large, only the change is fetched.
    Raises CropMissing.
    """
    changes = Report.objects.filter(pk=report).values_list(f"results__changes__{place}", flat=True)
    change = changes.first()
    if change is None:
        raise CropMissing(f"report {report} has no change {place}")
    slide = Slide.objects.ready().filter(pk=change["slide"]).first()
    if slide is None or slide.path is None:
        raise CropMissing(f"{change['name']} is gone")
    return crop_of(slide, change["box_l0"])


def crop_of(slide: Slide, box_l0: Sequence[float], *, side_px: int = CROP_PX) -> tuple[bytes, str]:
    """What lies round a box of a slide, as JPEG with its tag; kept for a day.

    side_px: of the picture. Raises CropMissing where the slide can no longer be read.
    """
    if slide.path is None:
        raise CropMissing(f"{slide.name} is gone")
    box = window(tuple(box_l0), slide.mpp).box_l0
    tag = f"crop-{(slide.sha256 or '')[:24]}-{side_px}-" + "-".join(f"{edge:.0f}" for edge in box)
    jpeg: bytes | None = cache.get(tag)
    if jpeg is None:
        try:
            with Pyramid.open(slide.path, mpp=slide.mpp) as pyramid:
                jpeg = encoded(pyramid.read_box(box, (side_px, side_px)))
        except (SlideError, OSError) as error:
            raise CropMissing(f"the slide cannot be read: {error}") from error
        cache.set(tag, jpeg, KEPT_SECONDS)
    return jpeg, tag
