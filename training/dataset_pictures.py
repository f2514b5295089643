"""Pictures of a dataset: patches of its wall, and the two slides of a leak."""

from collections.abc import Callable

from django.core.cache import cache

from slides.formats import SlideError
from slides.models import Slide
from training.models import Dataset
from training.patch_pictures import patch_jpeg

KEPT_SECONDS = 24 * 3600
LEAK_UM, LEAK_PX = 1200.0, 320  # around the spot that two slides share


class PictureMissing(ValueError):
    """There is no such picture, or its slide can no longer be read."""


def sample_jpeg(dataset: Dataset, place: int) -> tuple[bytes, str]:
    """A patch of the wall as JPEG, and a tag that changes when its pixels do.

    Raises PictureMissing.
    """
    if not 0 <= place < len(dataset.samples):
        raise PictureMissing(f"{dataset} shows {len(dataset.samples)} patches, none is {place}")
    patch = dataset.samples[place]
    where = (patch["x_l0"], patch["y_l0"], dataset.patch_px, patch["mpp"])
    return _kept(patch["slide_id"], where)


def leak_jpeg(dataset: Dataset, place: int, side: int) -> tuple[bytes, str]:
    """The spot that both slides of a leak show, on one of them (side 0 or 1).

    Raises PictureMissing, also where a leak is one of names or files only.
    """
    if not 0 <= place < len(dataset.leaks) or side not in (0, 1):
        raise PictureMissing(f"{dataset} has {len(dataset.leaks)} leaks, none is {place}")
    leak = dataset.leaks[place]
    if not leak["places_um"]:
        raise PictureMissing("this leak is told by a name or a checksum, not by tissue")
    slide = leak["slides"][side]["id"]
    mpp = Slide.objects.filter(pk=slide).values_list("mpp", flat=True).first()
    if not mpp:
        raise PictureMissing("the slide is gone, or its um per px are unknown")
    x_l0, y_l0 = (round((um - LEAK_UM / 2) / mpp) for um in leak["places_um"][side])
    return _kept(slide, (x_l0, y_l0, LEAK_PX, LEAK_UM / LEAK_PX))


def _kept(slide_id: int, where: tuple[int, int, int, float]) -> tuple[bytes, str]:
    slide = Slide.objects.ready().filter(pk=slide_id).first()
    if slide is None or slide.path is None:
        raise PictureMissing(f"slide {slide_id} is gone")
    x_l0, y_l0, side_px, mpp = where
    tag = f"{(slide.sha256 or '')[:24]}-{slide.mpp:g}-{x_l0}-{y_l0}-{side_px}-{mpp:g}"
    return _from_cache(
        f"patch-{tag}",
        lambda: patch_jpeg(slide, x_l0=x_l0, y_l0=y_l0, side_px=side_px, mpp=mpp),
    ), tag


def _from_cache(key: str, make: Callable[[], bytes]) -> bytes:
    jpeg: bytes | None = cache.get(key)
    if jpeg is None:
        try:
            jpeg = make()
        except (SlideError, OSError) as error:
            raise PictureMissing(f"the slide cannot be read: {error}") from error
        cache.set(key, jpeg, KEPT_SECONDS)
    return jpeg
