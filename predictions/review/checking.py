"""Whether what a review was signed on is still there: the slide's file, and the truth."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from predictions.review import alarms
from predictions.review.file_checks import sha256_now
from predictions.review.models import Alarm, Review
from slides.models import Annotation, Edit, Slide
from slides.regions import from_geojson, polygons_of, tumour_geometry


def check_file(
    slide: Slide, reviews: Iterable[Review], *, tick: Callable[[], None] = lambda: None
) -> bool:
    """Whether a slide's file is the one that was signed; raises alarms where it is not.

    reviews: signed ones of that slide. tick: called now and then.
    """
    found = sha256_now(slide, tick=tick)
    others = [one for one in reviews if one.frozen["slide"]["sha256"] != found]
    for review in others:
        evidence = {"signed": review.frozen["slide"]["sha256"], "found": found}
        alarms.open_alarm(review, Alarm.Kind.FILE_CHANGED, evidence)
    return not others


# The truth -----------------------------------------------------------------------------


def check_truth(review: Review) -> Alarm | None:
    """Raise an alarm if others changed the slide's truth since the review was signed."""
    now = review.slide.truth
    if now is None or not any(_is_of_others(row, review) for row in _since(review)):
        return None
    before = _at_signing(review)
    if before is not None and before.checksum == now.checksum:
        return None
    evidence = {
        "before": _told(before) if before else None,
        "after": _told(now),
        "by": sorted({name for row in _since(review) for name in _authors(row)}),
        **_place(before, now),
    }
    return alarms.open_alarm(review, Alarm.Kind.TRUTH_CHANGED, evidence)


def check_truths() -> list[Alarm]:
    """Raise alarms on all signed reviews whose slide's truth was changed by others since."""
    opened = [check_truth(review) for review in truths_to_check()]
    return [alarm for alarm in opened if alarm is not None]


def truths_to_check() -> QuerySet[Review]:
    """Signed reviews with a truth that is newer, and on which no alarm is as new."""
    newer = Annotation.objects.filter(
        slide=OuterRef("slide"), created_at__gt=OuterRef("signed_at")
    ).exclude(author=OuterRef("reader"))
    newer = newer.exclude(pk=Coalesce(OuterRef("annotation"), 0))
    told = Alarm.objects.filter(
        kind=Alarm.Kind.TRUTH_CHANGED,
        review=OuterRef(OuterRef("pk")),
        opened_at__gte=OuterRef("created_at"),
    )
    rows = Review.objects.filter(state=Review.State.SIGNED)
    return rows.filter(Exists(newer.filter(~Exists(told)))).select_related("slide", "reader")


def _since(review: Review) -> list[Annotation]:
    rows = review.slide.annotations.filter(created_at__gt=review.signed_at)
    own = Q(pk=review.annotation_id) if review.annotation_id else Q(pk=None)
    return list(rows.exclude(own).defer("regions").select_related("author").order_by("revision"))


def _at_signing(review: Review) -> Annotation | None:
    """The truth that held when the review was signed, its own corrections included."""
    rows = review.slide.annotations.defer("regions")
    held = Q(created_at__lte=review.signed_at) | Q(pk=review.annotation_id)
    return rows.filter(held).order_by("-revision").first()


def _is_of_others(row: Annotation, review: Review) -> bool:
    return _authors(row) != {review.reader.get_username()}


def _authors(row: Annotation) -> set[str]:
    """Who made a revision; of one that the site folded from edits, whoever made those."""
    if row.author is not None:
        return {row.author.get_username()}
    before = row.slide.annotations.filter(revision__lt=row.revision).order_by("-revision").first()
    since = before.edits_until if before else 0
    edits = Edit.objects.filter(
        slide=row.slide, sequence__gt=since, sequence__lte=row.edits_until, author__isnull=False
    )
    return set(edits.values_list("author__username", flat=True).order_by().distinct())


def _told(row: Annotation) -> dict[str, Any]:
    return {"revision": row.revision, "checksum": row.checksum, "tumour_px2": row.tumour_area_px}


def _place(before: Annotation | None, after: Annotation) -> dict[str, Any]:
    """Where the largest piece of tissue lies that is tumour by one of them only."""
    was, now = (
        tumour_geometry(from_geojson(row.regions) if row else []) for row in (before, after)
    )
    pieces = polygons_of(was ^ now)
    if not pieces:
        return {}
    largest = max(pieces, key=lambda piece: float(piece.area))
    point = largest.representative_point()
    box = [round(edge, 1) for edge in largest.bounds]
    return {"x_l0": round(point.x, 1), "y_l0": round(point.y, 1), "box_l0": box}
