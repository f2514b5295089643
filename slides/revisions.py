"""Revisions of a slide's truth and the edits between them. The slide's row is the writers' lock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.timezone import now

from slides import audit
from slides.features import Feature, Features, collected, counts, differences, identified, merged
from slides.jobs import Reason
from slides.models import Annotation, Change, Edit, Slide
from slides.regions import from_geojson, marks_from_geojson, region_checksum, tumour_area_px

IDLE_MINUTES = 10

Changes = Mapping[str, Feature | None]


@dataclass(frozen=True)
class Origin:
    """Where regions come from. source: an Annotation.Source. sha256: of the file."""

    source: str
    name: str = ""
    sha256: str = ""
    note: str = ""


@dataclass(frozen=True)
class Sender:
    """Who sends an edit. key: sent twice, it is kept once. device: the browser."""

    author: User | None
    key: UUID
    device: UUID | None = None


def lock(slide: Slide) -> Slide:
    """The slide's row, others kept from writing its drawing until the transaction ends."""
    try:
        return Slide.objects.select_for_update().get(pk=slide.pk)
    except Slide.DoesNotExist as error:
        raise Reason(f"{slide} was deleted meanwhile.", "slide_gone") from error


def features_of(annotation: Annotation | None) -> Features:
    """The regions of a revision by id; none before the first revision."""
    return identified(annotation.regions, annotation.revision) if annotation else {}


def last_sequence(slide: Slide) -> int:
    """The sequence of the slide's latest edit, 0 before the first."""
    return slide.edits.aggregate(last=Max("sequence"))["last"] or 0


def last_sequences(slide: Slide, **among: Any) -> dict[str, int]:
    """The sequence of each region's last change, among some changes of the slide."""
    changes = Change.objects.filter(slide=slide, **among).order_by()
    return dict(
        changes.values("region").annotate(last=Max("sequence")).values_list("region", "last")
    )


def latest_changes(slide: Slide, **among: Any) -> QuerySet[Change]:
    """Each region's last change, among some changes of the slide, in the order they came in.

    Primary keys follow the sequence: they are given out under the slide's lock.
    """
    changes = Change.objects.filter(slide=slide, **among).order_by()
    return Change.objects.filter(
        pk__in=changes.values("region").annotate(last=Max("pk")).values("last")
    )


def drawing_of(slide: Slide, latest: Annotation | None) -> Features:
    """The drawing as it is now: the latest revision and the edits after it."""
    since = latest.edits_until if latest else 0
    changes = latest_changes(slide, sequence__gt=since)
    return merged(features_of(latest), changes.values_list("region", "feature"))


def record(
    slide: Slide,
    changes: Changes,
    sender: Sender,
    *,
    refused: list[dict[str, Any]] | None = None,
    replacement: Annotation | None = None,
) -> Edit:
    """Keep an edit as the next in the slide's sequence. The slide must be locked."""
    edit = Edit.objects.create(
        slide=slide,
        sequence=last_sequence(slide) + 1,
        key=sender.key,
        device=sender.device,
        author=sender.author,
        refused=refused or [],
        replacement=replacement,
    )
    Change.objects.bulk_create(
        (
            Change(edit=edit, slide=slide, sequence=edit.sequence, region=region, feature=feature)
            for region, feature in changes.items()
        ),
        batch_size=1000,
    )
    return edit


@transaction.atomic
def keep_whole(
    *,
    slide: Slide,
    collection: dict[str, Any],
    author: User | None,
    origin: Origin,
    is_exhaustive: bool = True,
    fit: dict[str, Any] | None = None,
) -> tuple[Annotation, bool]:
    """Keep regions that came as a whole as the next revision, and say whether it is new.

    Edits not yet in a revision become one first, so that the history holds them. Whoever draws
    meanwhile is told by an edit that everything gave way.
    """
    lock(slide)
    fold(slide)
    latest = slide.truth
    checksum = region_checksum(collection)
    if latest and (latest.checksum, latest.is_exhaustive) == (checksum, is_exhaustive):
        return latest, False
    annotation = _next(
        slide,
        latest,
        collection,
        author=author,
        origin=origin,
        is_exhaustive=is_exhaustive,
        fit=fit or {},
        edits_until=last_sequence(slide) + 1,
    )
    gone = dict.fromkeys(features_of(latest))
    record(slide, gone, Sender(author, uuid4()), replacement=annotation)
    return annotation, True


def fold(
    slide: Slide,
    *,
    author: User | None = None,
    note: str = "",
    is_exhaustive: bool | None = None,
) -> Annotation | None:
    """Make one revision of the edits that are in none yet; None if they change nothing.

    is_exhaustive: None keeps what the last revision said; a first one is not. author: None
    names whoever made the last edit. The slide must be locked.
    """
    latest, until = slide.truth, last_sequence(slide)
    was_exhaustive = latest.is_exhaustive if latest else False
    is_exhaustive = was_exhaustive if is_exhaustive is None else is_exhaustive
    if until == (latest.edits_until if latest else 0) and is_exhaustive == was_exhaustive:
        return None
    features = drawing_of(slide, latest)
    if features == features_of(latest) and is_exhaustive == was_exhaustive:
        # The edits took each other back: the revision, if there is one, holds them as it is.
        slide.annotations.filter(revision=latest.revision if latest else 0).update(
            edits_until=until
        )
        return None
    last = slide.edits.order_by("sequence").select_related("author").last()
    return _next(
        slide,
        latest,
        collected(features),
        author=author or (last.author if last else None),
        origin=Origin(Annotation.Source.DRAWN, note=note),
        is_exhaustive=is_exhaustive,
        edits_until=until,
    )


@transaction.atomic
def finish(
    *, slide: Slide, author: User | None, note: str = "", is_exhaustive: bool | None = None
) -> tuple[Annotation | None, bool]:
    """The revision that holds the drawing as it is, and whether it was made just now."""
    lock(slide)
    made = fold(slide, author=author, note=note, is_exhaustive=is_exhaustive)
    return made or slide.truth, made is not None


def idle_slides() -> list[int]:
    """Ids of slides with edits in no revision, the last of them IDLE_MINUTES ago or longer."""
    latest = Edit.objects.filter(slide=OuterRef("pk")).order_by("-sequence")
    held = Annotation.objects.filter(slide=OuterRef("pk")).order_by("-revision")
    waiting = Slide.objects.annotate(
        last=Subquery(latest.values("sequence")[:1]),
        edited_at=Subquery(latest.values("created_at")[:1]),
        held=Coalesce(Subquery(held.values("edits_until")[:1]), 0),
    ).filter(last__gt=F("held"), edited_at__lt=now() - timedelta(minutes=IDLE_MINUTES))
    return list(waiting.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def restore(*, slide: Slide, revision: Annotation, author: User | None) -> tuple[Annotation, bool]:
    """Make an earlier revision the latest again, by one more edit and one more revision.

    Says whether it is new. Edits not yet in a revision become one first.
    """
    lock(slide)
    fold(slide)
    latest = slide.truth
    before, after = features_of(latest), features_of(revision)
    changes = differences(before, after)
    if not changes and latest.is_exhaustive == revision.is_exhaustive:
        return latest, False
    edit = record(slide, changes, Sender(author, uuid4()))
    restored = _next(
        slide,
        latest,
        collected(after),
        author=author,
        origin=Origin(Annotation.Source.RESTORED, name=f"revision {revision.revision}"),
        is_exhaustive=revision.is_exhaustive,
        edits_until=edit.sequence,
    )
    return restored, True


def _next(
    slide: Slide,
    latest: Annotation | None,
    collection: dict[str, Any],
    *,
    origin: Origin,
    **fields: Any,
) -> Annotation:
    revision = latest.revision + 1 if latest else 1
    regions, marks = from_geojson(collection), marks_from_geojson(collection)
    row = Annotation.objects.create(
        slide=slide,
        revision=revision,
        source=origin.source,
        source_name=origin.name,
        source_sha256=origin.sha256,
        note=origin.note,
        regions=collection,
        checksum=region_checksum(regions, marks),
        counts=counts(features_of(latest), identified(collection, revision)),
        tumour_area_px=tumour_area_px(regions),
        **fields,
    )
    told = {"slide": slide.pk, "revision": revision, "source": row.source}
    audit.record(row.author, "revise truth", row, checksum=row.checksum, **told)
    return row
