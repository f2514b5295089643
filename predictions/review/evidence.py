"""Signed reviews as files to keep elsewhere: made once, told to the audit log at each export."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from predictions.review import evidence_file
from predictions.review.evidence_file import Made, Source
from predictions.review.evidence_zip import DamagedBundle
from predictions.review.file_checks import sha256_now
from predictions.review.models import Evidence, Review
from predictions.review.sealing import canonical, seal_of
from slides import audit
from slides.formats import download_name
from slides.jobs import Reason, Report
from slides.models import AuditEvent
from slides.storage import require_room
from training.own_rows import write_own

EXPORT = "export evidence"
FOLDER = "evidence"
SIGNED = (Review.State.SIGNED, Review.State.SUPERSEDED)
# Masks of more px take seconds, which no request should.
AT_ONCE_PX = 400_000_000
ROOM_BYTES = 256 * 2**20
STEPS = 3


def request_evidence(review: Review, *, by: User | None) -> Evidence:
    """The bundle of a signed review, or its making: one a review, queued again where it is gone.

    Enqueue what comes back queued. Raises Reason where nothing was signed.
    """
    if review.state not in SIGNED or not review.frozen:
        raise Reason(
            "There is evidence of a signed review only; sign this one first.", "not_signed"
        )
    row, _ = Evidence.objects.get_or_create(review=review, defaults={"created_by": by})
    if not (row.is_active or row.is_here):
        row.requeue()
    return row


def is_quick(review: Review) -> bool:
    """Whether a request may wait for it."""
    return review.slide.width * review.slide.height <= AT_ONCE_PX


def carry_out(row: Evidence, *, report: Report | None = None) -> Evidence:
    """Make the bundle. Raises Reason where slide or map are not those that were signed."""
    review, report = row.review, report or row.report
    report(0, STEPS)
    source = _source(review, lambda: report(0, STEPS))
    report(1, STEPS)
    place = Path(settings.MEDIA_ROOT) / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    require_room(place, ROOM_BYTES)
    with TemporaryDirectory(dir=place, prefix="unfinished-") as name:
        draft = Path(name) / "bundle.zip"
        made = _assembled(draft, source, Path(name))
        report(2, STEPS)
        relative = f"{FOLDER}/{review.pk}-{made.file_sha256[:24]}.zip"
        draft.replace(Path(settings.MEDIA_ROOT) / relative)
    write_own(row, file=relative, **vars(made))
    report(STEPS, STEPS)
    return row


def _assembled(draft: Path, source: Source, folder: Path) -> Made:
    try:
        return evidence_file.assemble(draft, source, folder=folder)
    except DamagedBundle as error:
        raise Reason(str(error), error.code) from error


def _source(review: Review, tick: Any) -> Source:
    """What the bundle is made of, held against what was signed."""
    frozen, slide = review.frozen, review.slide
    if seal_of(frozen) != review.frozen_sha256:
        raise Reason(f"what was signed as review {review.pk} is not what its seal says", "broken")
    if slide.path is None or sha256_now(slide, tick=tick) != frozen["slide"]["sha256"]:
        raise Reason(
            f"the file of {slide} is not the one that was signed, or is gone: evidence is made of "
            "that one only. Ask an admin to bring it back",
            "file_changed",
        )
    raw = canonical(frozen)
    if frozen["prediction"] is None:
        return Source(raw, slide.path)
    path = review.prediction.map_path if review.prediction else None
    if path is None or not path.is_file() or _other_map(path, frozen):
        raise Reason(
            "the map that was signed is gone, or the slide was read anew since: have the version "
            "read the slide again, which gives the same map",
            "map_gone",
        )
    return Source(raw, slide.path, path)


def _other_map(path: Path, frozen: dict[str, Any]) -> bool:
    return evidence_file.sha256_of(path) != frozen["prediction"]["map_sha256"]


def note_export(row: Evidence, *, by: User | None) -> AuditEvent:
    """Write down that the bundle is taken away, by its own checksum and its manifest's."""
    with transaction.atomic():
        return audit.record(
            by,
            EXPORT,
            row.review,
            slide=row.review.slide_id,
            manifest_sha256=row.manifest_sha256,
            file_sha256=row.file_sha256,
            bytes=row.bytes,
        )


def file_name(row: Evidence) -> str:
    frozen = row.review.frozen
    mark = "synthetic_" if frozen.get("is_synthetic") else ""
    return download_name(f"{mark}{frozen['slide']['name']}_review_{row.review_id}_evidence.zip")


# What this site knows of a bundle --------------------------------------------------------------


def known_here(*, review_sha256: str, manifest_sha256: str) -> list[str]:
    """What speaks against a bundle here: nothing where this site signed it and made it so.

    Raises LookupError where this site does not know the review.
    """
    review = Review.objects.filter(frozen_sha256=review_sha256).first()
    if review is None:
        raise LookupError("this site signed no such review")
    faults = []
    if seal_of(review.frozen) != review_sha256:
        faults.append(f"the row of review {review.pk} here is not what its seal says any more")
    exports = AuditEvent.objects.filter(
        action=EXPORT, subject_type="review.review", subject_id=str(review.pk)
    )
    told = {event.details.get("manifest_sha256") for event in exports}
    told |= set(Evidence.objects.filter(review=review).values_list("manifest_sha256", flat=True))
    if manifest_sha256 not in told:
        faults.append(
            f"this site signed it as review {review.pk}, but made no bundle with this manifest"
        )
    return faults
