"""What the viewer needs to know of a slide: facts, truth and readings, as JSON and as rows."""

from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import gettext as _

from predictions.models import Prediction
from slides.models import Annotation, Slide

# Raise it when what a picture's bytes mean changes: browsers keep the pictures for a week.
CODING = "2"
LONGEST_ID = 18  # digits: what every database holds


def row_id(given: str) -> int | None:
    """The id that an address or form names, None where it can be none."""
    is_id = given.isascii() and given.isdecimal() and len(given) <= LONGEST_ID
    return int(given) if is_id else None


def done_readings(slide: Slide) -> list[Prediction]:
    """The slide's finished predictions as they are offered, with what the panel shows of each."""
    done = slide.predictions.filter(status=Prediction.Status.DONE)
    return list(
        done.select_related("version__run__dataset")
        .prefetch_related("evaluations__annotation")
        .live_first()
    )


def page_data(
    slide: Slide, truth: Annotation | None, readings: list[Prediction], reader: User
) -> dict[str, Any]:
    """The JSON that the scripts of the viewer and the comparison read."""
    return {
        "user": {"id": reader.pk, "name": reader.get_full_name() or reader.get_username()},
        "slide": _slide_facts(slide),
        "truth": _truth_facts(truth),
        "predictions": [_reading_facts(reading, truth) for reading in readings],
        "words": _words(),
    }


def _slide_facts(slide: Slide) -> dict[str, Any]:
    return {
        "id": slide.pk,
        "name": slide.name,
        "width": slide.width,
        "height": slide.height,
        "mpp": slide.mpp,
        "mppSource": slide.mpp_source,
        "dzi": reverse("slide-dzi", args=[slide.pk]),
        "isSynthetic": slide.is_synthetic,
        "tissue": _tissue_facts(slide),
    }


def _tissue_facts(slide: Slide) -> dict[str, Any] | None:
    """Where the tissue mask lies, and level-0 px per mask px; None where none was kept."""
    if not slide.tissue or not slide.tissue_scale_x or not slide.tissue_scale_y:
        return None
    return {
        "url": f"{reverse('slide-tissue', args=[slide.pk])}?v={(slide.sha256 or '')[:12]}",
        "scaleX": slide.tissue_scale_x,
        "scaleY": slide.tissue_scale_y,
    }


def _truth_facts(truth: Annotation | None) -> dict[str, Any] | None:
    if truth is None:
        return None
    place = [truth.slide_id, truth.revision]
    return {"revision": truth.revision, "geojsonUrl": reverse("truth-geojson", args=place)}


def _reading_facts(reading: Prediction, truth: Annotation | None) -> dict[str, Any]:
    mark = _mark(reading)
    truth_url = reverse("prediction-truth", args=[reading.pk])
    return {
        "id": reading.pk,
        "version": reading.version.name,
        "isSynthetic": reading.version.is_synthetic,
        "threshold": reading.threshold,
        "display": reading.version.display,
        "displayUrl": reverse("version-display", args=[reading.version_id]),
        "columns": reading.columns,
        "rows": reading.rows,
        "sideL0": reading.side_l0,
        "tumourBar": reading.version.tumour_bar,
        "mapUrl": map_address(reading),
        "truthUrl": f"{truth_url}{mark}{truth.checksum[:12]}" if truth else None,
    }


def map_address(reading: Prediction) -> str:
    """Where a map's picture is; browsers keep it for as long as the map is the same."""
    return reverse("prediction-map", args=[reading.pk]) + _mark(reading)


def _mark(reading: Prediction) -> str:
    """Checksums make addresses change with what they give, so browsers may keep it."""
    return f"?v={CODING}-{reading.map_sha256[:12]}"


def _words() -> dict[str, str]:
    """What the scripts say, in the reader's language."""
    return {
        "notAssessed": _("not assessed"),
        "truth": _("true tumour"),
        "cursor": _("Under the cursor"),
        "centre": _("At the centre"),
        "finding": _("%n of %t"),
        "synthetic": _("Synthetic: not a patient"),
        "unfit": _("Learnt from synthetic slides: unfit for patients"),
        "map": _("The probability map could not be read. Reload; if it stays, predict again."),
        "tissueTrouble": _(
            "The tissue mask could not be read. Reload; if it stays, tell an admin."
        ),
        "truthTrouble": _("The true outlines could not be read. Reload the page."),
        "slide": _("The slide's file could not be read. It may be missing: tell an admin."),
    }


def measured(reading: Prediction) -> dict[str, Any] | None:
    """The stored figures of a reading's newest evaluation with its standing, None without one."""
    rows = sorted(reading.evaluations.all(), key=lambda row: (row.annotation.revision, row.pk))
    if not rows:
        return None
    newest = rows[-1]
    return {"metrics": newest.metrics, "revision": newest.annotation.revision, "row": newest}
