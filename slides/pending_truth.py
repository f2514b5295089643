"""Truth files on their way in: read and shown, and kept as truth only when somebody takes them."""

import json
import shutil
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.files.uploadedfile import UploadedFile
from django.utils.timezone import now

from slides.annotations import is_exhaustive_by_name, sha256_of, slide_facts
from slides.jobs import Reason, Report
from slides.models import PendingTruth, Slide
from slides.revisions import Origin, keep_whole
from slides.storage import display_name, file_name, require_room
from slides.truth_preview import OUTLINES, REGIONS, Terms
from slides.truth_probe import preview

MAX_BYTES = 2 * 1024**3
PRESENT = "present.json"
Status, Wish = PendingTruth.Status, PendingTruth.Wish


def begin(
    *, slide: Slide, owner: AbstractBaseUser, file: UploadedFile, terms: Terms
) -> PendingTruth:
    """Put a sent file aside, to be read. What its owner sent for this slide before gives way.

    Raises Reason (not_ready, too_large, disk_full).
    """
    if not slide.is_ready:
        raise Reason(f"{slide.name} is not ready; wait for its intake.", "not_ready")
    size = file.size or 0
    if size > MAX_BYTES:
        raise Reason(
            f"The file has {size / 1e9:.1f} GB; a truth file may have {MAX_BYTES / 1e9:.1f} GB. "
            "Compress the mask (deflate), or give it at a coarser level.",
            "too_large",
        )
    require_room(Path(settings.UPLOAD_ROOT), size)
    earlier = list(slide.pending_truths.filter(owner=owner))
    pending = PendingTruth(
        slide=slide, owner=owner, filename=display_name(file.name or ""), bytes=size
    )
    pending.terms = replace(terms, source_name=pending.filename).as_json()
    pending.save()
    _store(file, pending)
    for one in earlier:
        discard(one)
    return pending


def _store(file: UploadedFile, pending: PendingTruth) -> None:
    try:
        _path(pending).parent.mkdir(parents=True)
        with _path(pending).open("wb") as target:
            for chunk in file.chunks():
                target.write(chunk)
    except OSError:
        discard(pending)
        raise


def _path(pending: PendingTruth) -> Path:
    """The sent file, under the name it came with, for messages to use."""
    return pending.folder / "sent" / file_name(pending.filename)


def look_again(pending: PendingTruth, terms: Terms) -> None:
    """Read the file once more on other terms. Raises Reason (conflict) while it is being read."""
    _queue(pending, Wish.PREVIEW, replace(terms, source_name=pending.filename))


def take(pending: PendingTruth, *, is_forced: bool, is_exhaustive: bool | None) -> None:
    """Have the file kept as the slide's next revision, as its owner saw it.

    Raises Reason: conflict while it is being read or could not be, stale if the truth changed
    since it was held against it, misfit if it does not fit and is not forced.
    """
    if pending.status != Status.DONE or pending.wish != Wish.PREVIEW:
        raise Reason(f"{pending.filename} has not been read; look at it first.", "conflict")
    latest = pending.slide.truth
    if (latest.revision if latest else None) != pending.summary["against_revision"]:
        raise Reason(
            "The truth of this slide changed while you were looking. See below how the file "
            "differs from what holds now, then decide.",
            "stale",
        )
    if not (pending.summary["fit"]["is_acceptable"] or is_forced):
        raise Reason(
            f"{pending.filename} does not fit {pending.slide.name}. Put it right, or say that it "
            "is to be taken all the same.",
            "misfit",
        )
    terms = replace(terms_of(pending), is_forced=is_forced, is_exhaustive=is_exhaustive)
    _queue(pending, Wish.TAKE, terms)


def terms_of(pending: PendingTruth) -> Terms:
    return Terms.from_json(pending.terms)


def _queue(pending: PendingTruth, wish: str, terms: Terms) -> None:
    ended = [Status.DONE, Status.FAILED, Status.CANCELLED]
    rows = PendingTruth.objects.filter(pk=pending.pk, status__in=ended, annotation=None)
    if not rows.update(wish=wish, terms=terms.as_json()) or not pending.requeue():
        raise Reason(f"{pending.filename} is being read; wait or cancel.", "conflict")


def carry_out(pending: PendingTruth, *, report: Report) -> None:
    """Read a claimed file and keep how it fits, or keep it as truth; whichever was asked for."""
    if pending.wish == Wish.TAKE:
        _keep(pending)
    else:
        _read(pending, report)


def _read(pending: PendingTruth, report: Report) -> None:
    slide = pending.slide
    latest = slide.truth
    question: dict[str, Any] = {
        "terms": pending.terms,
        "slide": asdict(slide_facts(slide)),
        "tissue": str(slide.tissue_path) if slide.tissue_path else None,
        "present": None,
    }
    if latest:
        present = pending.folder / PRESENT
        present.write_text(json.dumps(latest.regions))
        question["present"] = str(present)
    summary = preview(_path(pending), question, pending.folder, report)
    summary["against_revision"] = latest.revision if latest else None
    PendingTruth.objects.filter(pk=pending.pk).update(summary=summary)


def _keep(pending: PendingTruth) -> None:
    terms, slide = terms_of(pending), pending.slide
    summary = pending.summary
    is_exhaustive = terms.is_exhaustive
    if is_exhaustive is None:
        is_exhaustive = is_exhaustive_by_name(slide)
    origin = Origin(summary["kind"], pending.filename, sha256_of(_path(pending)))
    annotation, _ = keep_whole(
        slide=slide,
        collection=json.loads((pending.folder / REGIONS).read_text()),
        author=pending.owner,
        origin=origin,
        is_exhaustive=is_exhaustive,
        fit=summary["fit"],
    )
    PendingTruth.objects.filter(pk=pending.pk).update(annotation=annotation)
    shutil.rmtree(pending.folder, ignore_errors=True)


def outlines_path(pending: PendingTruth) -> Path | None:
    """The outlines to draw over the tissue, None before the file was read."""
    path = pending.folder / OUTLINES
    return path if path.exists() else None


def discard(pending: PendingTruth) -> None:
    """Forget a sent file; a revision it became stays."""
    folder = pending.folder
    pending.delete()
    shutil.rmtree(folder, ignore_errors=True)


def discard_expired() -> int:
    """Clear away sent files past their time, and say how many."""
    expired = list(PendingTruth.objects.filter(expires_at__lt=now()))
    for pending in expired:
        discard(pending)
    return len(expired)


def discard_ownerless(*, older_than_seconds: float) -> int:
    """Clear away folders whose row is gone, with a removed slide say; how many."""
    known = {pending.folder for pending in PendingTruth.objects.all()}
    folders = [path for path in Path(settings.UPLOAD_ROOT).glob("pending-*") if path not in known]
    old = [path for path in folders if time.time() - path.stat().st_mtime > older_than_seconds]
    for path in old:
        shutil.rmtree(path, ignore_errors=True)
    return len(old)
