"""The truth of a slide as revisions: take in, keep, hand out. Nothing is ever edited."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache

from slides.formats import download_name
from slides.geojson_files import geojson_text
from slides.jobs import Reason
from slides.mask_tiff import write_label_mask, write_mask
from slides.models import Annotation, Slide
from slides.ncrf_json import ncrf_text
from slides.outlines import Truth
from slides.pairing import Fit, SlideFacts
from slides.regions import Region, apart, from_geojson, marks_from_geojson, simplified, to_geojson
from slides.revisions import Origin, keep_whole
from slides.truth_files import write_asap_xml, write_geojson
from slides.truth_preview import Terms, fitted

ENDINGS = {
    "xml": ".xml",
    "geojson": ".geojson",
    "ncrf": "_ncrf.json",
    "mask": "_mask.tif",
    "label-mask": "_labels.tif",
}
COARSEST_MASK_MPP = 100.0
SECONDS_CACHED = 24 * 3600

# Slides of CAMELYON16 whose outlines are not complete, by its organisers' list: what is
# unmarked there may be tumour all the same.
NOT_EXHAUSTIVE = {
    f"tumor_{number:03}"
    for number in (
        *(10, 15, 18, 20, 25, 29, 33, 34, 44, 46, 51, 54, 55, 56, 67, 79, 85, 92, 95, 110),
    )
} | {"test_114"}


class Misfit(Reason):
    """Truth that does not go with the slide. fit: what was found."""

    code = "misfit"

    def __init__(self, message: str, fit: Fit) -> None:
        super().__init__(message)
        self.fit = fit


@dataclass(frozen=True)
class Imported:
    """The revision that now holds; is_new is False if it was there already, word for word."""

    annotation: Annotation
    fit: Fit
    is_new: bool


def save_annotation(
    *,
    slide: Slide,
    regions: Sequence[Region],
    author: User | None,
    origin: Origin,
    is_exhaustive: bool = True,
    fit: dict[str, Any] | None = None,
) -> Annotation:
    """Keep regions as the slide's next revision; return the latest one if it says the same."""
    return keep_whole(
        slide=slide,
        collection=to_geojson(regions),
        author=author,
        origin=origin,
        is_exhaustive=is_exhaustive,
        fit=fit,
    )[0]


def declare_normal(*, slide: Slide, author: User | None, note: str = "") -> Annotation:
    """Keep that the slide is free of tumour, which is more than having no outlines."""
    origin = Origin(Annotation.Source.NORMAL, note=note)
    return save_annotation(slide=slide, regions=[], author=author, origin=origin)


def preview_truth(*, slide: Slide, path: Path, terms: Terms | None = None) -> tuple[Truth, Fit]:
    """What a file says, in the slide's level-0 px, and how it fits. Nothing is kept.

    Raises TruthError if the file cannot be read, Reason if the slide is not ready.
    """
    if not slide.is_ready:
        raise Reason(
            f"{slide.name} is not ready, so that truth cannot be held against it. "
            "Wait for its intake, or see there why it failed.",
            "not_ready",
        )
    return fitted(path, terms or Terms(), slide_facts(slide), slide.tissue_path)


def import_truth(
    *, slide: Slide, path: Path, author: User | None, terms: Terms | None = None
) -> Imported:
    """Read a truth file, check it against the slide and keep it as the next revision.

    Raises TruthError for the file, Misfit for the pair (unless forced), Reason for the slide.
    """
    terms = terms or Terms()
    name = terms.source_name or path.name
    truth, fit = preview_truth(slide=slide, path=path, terms=terms)
    if not (fit.is_acceptable or terms.is_forced):
        raise Misfit(f"{name} does not fit {slide.name}. {' '.join(fit.problems)}", fit)
    origin = Origin(truth.kind, name[:255], sha256_of(path))
    is_exhaustive = terms.is_exhaustive
    if is_exhaustive is None:
        is_exhaustive = is_exhaustive_by_name(slide)
    annotation, is_new = keep_whole(
        slide=slide,
        collection=to_geojson(truth.regions, truth.marks),
        author=author,
        origin=origin,
        is_exhaustive=is_exhaustive,
        fit=fit.as_json(),
    )
    return Imported(annotation, fit, is_new)


def is_exhaustive_by_name(slide: Slide) -> bool:
    """Whether unmarked tissue of a slide of this name is free of tumour, by CAMELYON16's list."""
    return slide.is_synthetic or slide.name.casefold() not in NOT_EXHAUSTIVE


def regions_of(annotation: Annotation) -> list[Region]:
    return from_geojson(annotation.regions)


def truth_geojson(annotation: Annotation, *, simplify_px: float = 0.0) -> str:
    """The revision as GeoJSON text for a viewer, no two tumour outlines overlapping.

    simplify_px: corners may move by up to this many level-0 px so that there are fewer.
    Made once a day for each truth and tolerance: of thousands of regions it takes seconds.
    """
    slide = annotation.slide
    said = f"{slide.pk}-{slide.is_synthetic:d}-{annotation.checksum}-{simplify_px:g}"
    return cache.get_or_set(
        f"truth-geojson-{said}", lambda: _text_for_display(annotation, simplify_px), SECONDS_CACHED
    )


def _text_for_display(annotation: Annotation, simplify_px: float) -> str:
    regions = apart(regions_of(annotation))
    if simplify_px:
        regions = simplified(regions, simplify_px)
    slide = annotation.slide
    return geojson_text(regions, is_synthetic=slide.is_synthetic, slide_name=slide.name)


def export_name(annotation: Annotation, kind: str, mpp: float | None = None) -> str:
    """A file name that says slide and revision, and that import_truth matches again."""
    mark = "synthetic_" if annotation.slide.is_synthetic else ""
    name = f"{mark}{annotation.slide.name}_truth_{annotation.revision}"
    if mpp is not None:
        name += f"_{mpp:g}um"
    return download_name(name + ENDINGS[kind])


def require_mask_mpp(slide: Slide, mpp: float | None) -> float:
    """um per px for a label mask of a slide, checked. Raises Reason (no_mpp, bad_mpp)."""
    if slide.mpp is None:
        raise Reason(
            f"Nobody knows how many um a pixel of {slide.name} is, so that no mask can be made at "
            "a chosen um per px. Say it on the slide's page, or take the mask TIFF of level 0.",
            "no_mpp",
        )
    mpp = slide.mpp if mpp is None else mpp
    if not slide.mpp * (1 - 1e-9) <= mpp <= COARSEST_MASK_MPP:
        raise Reason(
            f"A label mask of {mpp:g} um per px cannot be made: give from {slide.mpp:g}, which the "
            f"slide has, to {COARSEST_MASK_MPP:g}.",
            "bad_mpp",
        )
    return mpp


def export_truth(
    *, annotation: Annotation, kind: str, path: Path, mpp: float | None = None
) -> None:
    """Write a revision as one of ENDINGS, whole or not at all. mpp: um per px of a label mask."""
    slide, regions = annotation.slide, regions_of(annotation)
    marks = marks_from_geojson(annotation.regions)
    part = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        if kind == "xml":
            write_asap_xml(part, regions, marks, is_synthetic=slide.is_synthetic)
        elif kind == "geojson":
            words = {"is_synthetic": slide.is_synthetic, "slide_name": slide.name}
            write_geojson(part, regions, marks, **words)
        elif kind == "ncrf":
            text = ncrf_text(regions, is_synthetic=slide.is_synthetic)
            part.write_text(text, encoding="utf-8")
        elif kind == "label-mask":
            write_label_mask(
                part,
                regions,
                size=(slide.width, slide.height),
                mpp=slide.mpp,
                mask_mpp=require_mask_mpp(slide, mpp),
                is_synthetic=slide.is_synthetic,
            )
        else:
            write_mask(
                part,
                regions,
                width=slide.width,
                height=slide.height,
                mpp=slide.mpp,
                is_synthetic=slide.is_synthetic,
            )
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def exported(annotation: Annotation, kind: str, mpp: float | None = None) -> Path:
    """The exported file, written once for each revision: a large mask takes its time."""
    folder = Path(settings.CACHE_ROOT) / "truth"
    if kind == "label-mask":
        mpp = require_mask_mpp(annotation.slide, mpp)
    resolution = f"{annotation.slide.mpp or 0:.6g}" + (f"-{mpp:.6g}" if mpp else "")
    path = folder / f"{annotation.pk}-{annotation.checksum[:16]}-{resolution}{ENDINGS[kind]}"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        export_truth(annotation=annotation, kind=kind, path=path, mpp=mpp)
    return path


def slide_facts(slide: Slide) -> SlideFacts:
    return SlideFacts(
        slide.name, slide.width, slide.height, slide.tissue_scale_x, slide.tissue_scale_y
    )


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
