"""Taking a slide in: received, checked, hashed, pictured; and what an admin may change of it."""

import hashlib
import re
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, RestrictedError

from slides import audit, probe
from slides.formats import SlideError, plain_text, require_file
from slides.jobs import Reason, Report, Superseded
from slides.models import Slide, Upload
from slides.resolution import COARSEST_MPP, FINEST_MPP, plausible_mpp
from slides.storage import (
    INTAKE_PREFIX,
    Keep,
    discard,
    discard_unfinished,
    display_name,
    place,
    replace_into,
)

HASH_BLOCK_BYTES = 8 * 1024**2
# After these the file stays, so that another try needs no other upload.
WORTH_ANOTHER_TRY = {"timed_out", "crashed", "forbidden", "not_found", "disk_full"}
LEFT_FOR_DEAD_SECONDS = 24 * 3600
LONGEST_NODE = Slide._meta.get_field("node").max_length
# CAMELYON17 names node slides after their patient; TCGA bar codes begin with theirs.
PATIENT_IN_NAME = re.compile(r"(patient_\d+)_node_\d+|(TCGA-\w{2}-\w{4})-", re.IGNORECASE)


@dataclass(frozen=True)
class Said:
    """What people say of a slide when they send it; empty means they did not say."""

    name: str = ""
    patient: str = ""
    node: str = ""
    subset: str = Slide.Subset.DEVELOPMENT
    mpp: float | None = None
    is_synthetic: bool = False


NOTHING_SAID = Said()


def register_file(
    path: Path,
    *,
    original_name: str = "",
    said: Said = NOTHING_SAID,
    keep: Keep = Keep.COPY,
    uploaded_by: AbstractBaseUser | None = None,
) -> Slide:
    """Bring a file in and queue its intake. The caller enqueues `ingest_slide`.

    Raises SlideError if there is no such file or it is empty, ValueError if what was said of
    it cannot be, Reason (disk_full) if it does not fit.
    """
    require_file(path)
    name = display_name(original_name or path.name)
    words = _checked_words(said, name) | {"original_name": name, "uploaded_by": uploaded_by}
    return _register(path, uuid.uuid4().hex, words, keep)


def register_upload(upload: Upload) -> Slide:
    """Turn a complete upload into a queued slide; the same slide however often it is asked."""
    with transaction.atomic():
        upload = Upload.objects.select_for_update().get(pk=upload.pk)
        if upload.slide is None:
            words = {name: upload.metadata.get(name, "") for name in ("patient", "node")}
            said = Said(**words, mpp=upload.metadata.get("mpp"))
            name = display_name(upload.filename)
            words = _checked_words(said, name)
            words |= {"original_name": name, "uploaded_by": upload.owner}
            upload.slide = _register(upload.part_path, upload.uuid.hex, words, Keep.MOVE)
            upload.save(update_fields=["slide"])
    return upload.slide


def _register(path: Path, key: str, words: dict[str, Any], keep: Keep) -> Slide:
    media = _media()
    relative = place(path, media, key=key, name=words["original_name"], keep=keep)
    size = (media / relative).stat().st_size
    return Slide.objects.create(**words, file=relative, bytes=size)


def _checked_words(said: Said, original_name: str) -> dict[str, Any]:
    """The row's fields from what was said, the rest told from the file's name."""
    if said.subset not in Slide.Subset.values:
        raise ValueError(f"There is no subset {said.subset!r}: say development or test.")
    stem = original_name.rsplit(".", 1)[0] or original_name
    name = (said.name.strip() or stem)[:200]
    return {
        "name": name,
        "patient": (said.patient.strip() or patient_of(name))[:200],
        "node": believable_node(said.node),
        "subset": said.subset,
        "is_synthetic": said.is_synthetic,
        "mpp": None if said.mpp is None else believable_mpp(said.mpp),
        "mpp_source": "" if said.mpp is None else "given",
    }


def patient_of(name: str) -> str:
    """The patient a slide's name tells of, or the name itself: a patient of its own."""
    found = PATIENT_IN_NAME.match(name)
    return (found[1] or found[2]) if found else name


def believable_mpp(value: object) -> float:
    """The resolution a person gave. Raises Reason (bad_mpp) for one no microscope has."""
    mpp = plausible_mpp(value)
    if mpp is None:
        raise Reason(
            f"{value} um per px cannot be: give a number from {FINEST_MPP:g} to "
            f"{COARSEST_MPP:g}, about 0.25 for a 40x scan and 0.5 for 20x.",
            "bad_mpp",
        )
    return mpp


def believable_node(name: str) -> str:
    """A lymph node's name as it is kept: blanks once, none at the ends. Reason (bad_node)."""
    node = " ".join(plain_text(name).split())
    if len(node) > LONGEST_NODE:
        raise Reason(
            f"A node's name has at most {LONGEST_NODE} characters, not {len(node)}: give a short "
            "one, such as LN 2 or axillary left.",
            "bad_node",
        )
    return node


# Intake ------------------------------------------------------------------------


def ingest(slide: Slide, *, report: Report = lambda done, total: None) -> Slide:
    """Check a received file and make it a slide that can be opened.

    Raises SlideError or Reason with the typed reason if it is refused; its file is then removed,
    unless another try may help.
    """
    workplace = tempfile.TemporaryDirectory(prefix=INTAKE_PREFIX, dir=_media())
    with _undone_on_failure(slide), workplace as folder:
        facts = _check(slide, report)
        digest = _take_fingerprint(slide, report)
        pictures = _depict(slide, Path(folder), report)
        _store(
            slide,
            stage=Slide.Stage.READY,
            format=facts["vendor"],
            width=facts["width"],
            height=facts["height"],
            levels=facts["levels"],
            mpp=facts["mpp"],
            mpp_source=facts["mpp_source"],
            is_synthetic=slide.is_synthetic or facts["is_synthetic"],
            thumbnail=_keep_picture(folder, probe.THUMBNAIL, f"thumbs/{digest[:24]}.jpeg"),
            tissue=_keep_picture(folder, probe.TISSUE, f"tissue/{digest[:24]}.png"),
            **pictures,
        )
    return slide


def _check(slide: Slide, report: Report) -> dict[str, Any]:
    _store(slide, stage=Slide.Stage.CHECKING)
    if slide.path is None:
        raise SlideError(
            "The file was removed when it was refused. Upload it again.", "file_removed"
        )
    given = slide.mpp if slide.mpp_source == "given" else None
    return _named(slide, probe.check, slide.path, mpp=given, tick=_heartbeat(slide, report))


def _take_fingerprint(slide: Slide, report: Report) -> str:
    """Hash the whole file; Reason (duplicate) if it is here already."""
    _store(slide, stage=Slide.Stage.HASHING)
    digest = sha256_of(slide.path, report=report)
    try:
        with transaction.atomic():
            _store(slide, sha256=digest, duplicate_of=None)
    except IntegrityError as error:
        first = Slide.objects.get(sha256=digest)
        _store(slide, sha256=None, duplicate_of=first)
        raise Reason(
            f"This is the same file as slide {first.pk}, {first.name}, "
            f"here since {first.created_at:%d %B %Y}.",
            "duplicate",
        ) from error
    return digest


def _depict(slide: Slide, folder: Path, report: Report) -> dict[str, Any]:
    """Have thumbnail and tissue mask made in folder; the first one's file begins the next stage."""
    _store(slide, stage=Slide.Stage.THUMBNAIL)
    heartbeat = _heartbeat(slide, report)

    def tick() -> None:
        if slide.stage == Slide.Stage.THUMBNAIL and (folder / probe.THUMBNAIL).exists():
            _store(slide, stage=Slide.Stage.TISSUE)
        heartbeat()

    try:
        return _named(slide, probe.depict, slide.path, folder, tick=tick)
    finally:
        tick()


def _named(slide: Slide, ask: Any, *args: Any, **options: Any) -> dict[str, Any]:
    """Ask the guarded process, and let what it says use the name people know."""
    try:
        return ask(*args, **options)
    except SlideError as error:
        words = str(error).replace(slide.path.name, slide.original_name, 1)
        raise SlideError(words, error.code) from error


def _heartbeat(slide: Slide, report: Report) -> Any:
    return lambda: report(0, slide.bytes)


def sha256_of(path: Path, *, report: Report = lambda done, total: None) -> str:
    """SHA-256 of a file in hexadecimal, read in blocks."""
    digest, done, total = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as file:
        while block := file.read(HASH_BLOCK_BYTES):
            digest.update(block)
            done += len(block)
            report(done, total)
    return digest.hexdigest()


def _keep_picture(folder: str, name: str, relative: str) -> str:
    return replace_into(Path(folder) / name, _media(), relative)


def _media() -> Path:
    media = Path(settings.MEDIA_ROOT)
    media.mkdir(parents=True, exist_ok=True)
    return media


def _store(slide: Slide, **fields: Any) -> None:
    """Write fields of a slide this attempt still owns; Superseded if another one took over."""
    owned = Slide.objects.filter(pk=slide.pk, attempt=slide.attempt)
    if not owned.update(**fields):
        raise Superseded
    for name, value in fields.items():
        setattr(slide, name, value)


@contextmanager
def _undone_on_failure(slide: Slide) -> Iterator[None]:
    """Give back the fingerprint of a slide that was not taken in, and drop a refused file."""
    try:
        yield
    except Superseded:
        raise
    except (SlideError, Reason) as error:
        is_dropped = error.code not in WORTH_ANOTHER_TRY
        relative = slide.file
        _store(slide, sha256=None, **({"file": ""} if is_dropped else {}))
        if is_dropped:
            discard(_media(), relative)
        raise
    except BaseException:
        _store(slide, sha256=None)
        raise


# What an admin may change -------------------------------------------------------


def set_mpp(slide: Slide, *, mpp: object) -> Slide:
    """Say how many um a px of this slide measures, whatever its file says."""
    if slide.is_active:
        raise Reason(f"{slide} is still being taken in; wait until it is ready.", "busy")
    slide.mpp, slide.mpp_source = believable_mpp(mpp), "given"
    slide.save(update_fields=["mpp", "mpp_source"])
    return slide


def set_node(slide: Slide, *, node: str, by: AbstractBaseUser) -> Slide:
    """Say which lymph node a slide is of; empty: it is all of one.

    Findings are rolled up by it, so that who said it stands in the audit log. Raises Reason.
    """
    name = believable_node(node)
    if name == slide.node:
        return slide
    with transaction.atomic():
        audit.record(by, "name node", slide, before=slide.node, node=name)
        slide.node = name
        slide.save(update_fields=["node"])
    return slide


def delete_slide(slide: Slide, *, by: Any = None) -> None:
    """Remove a slide, its truth and predictions. Raises Reason if it is busy or in use."""
    if slide.status == Slide.Status.RUNNING:
        raise Reason(f"{slide} is being taken in; cancel that first.", "busy")
    many = [relation for relation in slide._meta.related_objects if relation.many_to_many]
    for relation in many:
        if (rows := getattr(slide, relation.get_accessor_name())).exists():
            raise Reason(
                f"{slide} is part of {relation.related_model._meta.verbose_name} "
                f"{rows.first()}, which must stay as it was frozen.",
                "in_use",
            )
    media, relative = _media(), slide.file
    pictures = [path for path in (slide.thumbnail_path, slide.tissue_path) if path]
    with transaction.atomic():
        audit.record(by, "delete", slide, sha256=slide.sha256)
        try:
            slide.delete()
        except (ProtectedError, RestrictedError) as error:
            words = f"{slide} is in use and cannot be deleted{_why(error)}."
            raise Reason(words, "in_use") from error
        transaction.on_commit(lambda: _forget_files(media, relative, pictures))


def _why(error: ProtectedError | RestrictedError) -> str:
    """What the rows that are in the way say for themselves, where they do."""
    rows = getattr(error, "protected_objects", None) or getattr(error, "restricted_objects", ())
    whys = sorted(filter(None, (getattr(row, "why_kept", "") for row in rows)))
    more = f", and {len(whys) - 1} more" if len(whys) > 1 else ""
    return f": {whys[0]}{more}" if whys else ""


def tidy() -> int:
    """Clear away what killed processes left half-written a day ago, and say how much."""
    folders = [_media(), Path(settings.CACHE_ROOT), Path(settings.UPLOAD_ROOT)]
    return sum(
        discard_unfinished(folder, older_than_seconds=LEFT_FOR_DEAD_SECONDS) for folder in folders
    )


def _forget_files(media: Path, relative: str, pictures: list[Path]) -> None:
    discard(media, relative)
    for picture in pictures:
        picture.unlink(missing_ok=True)
