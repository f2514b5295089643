"""A slide and what people know of it: the file, its facts, and revisions of its truth."""

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from slides.jobs import Job, JobQuerySet


def media_path(relative: str) -> Path | None:
    """The absolute path of a stored file, None where nothing is stored."""
    return Path(settings.MEDIA_ROOT) / relative if relative else None


class SlideQuerySet(JobQuerySet):
    def ready(self) -> Self:
        return self.filter(status=Job.Status.DONE)

    def with_subset(self, subset: str) -> Self:
        return self.filter(subset=subset)


class Slide(Job):
    """One whole-slide image. As a job, it is its own intake: checked, hashed, measured."""

    class Stage(models.TextChoices):
        RECEIVED = "received", _("Received")
        CHECKING = "checking", _("Checking")
        HASHING = "hashing", _("Hashing")
        THUMBNAIL = "thumbnail", _("Thumbnail")
        TISSUE = "tissue", _("Tissue")
        READY = "ready", _("Ready")

    class Subset(models.TextChoices):
        DEVELOPMENT = "development", _("Development")
        TEST = "test", _("Test")

    name = models.CharField(max_length=200, db_index=True)
    patient = models.CharField(max_length=200, db_index=True, help_text="Splits keep it together")
    node = models.CharField(
        max_length=80, blank=True, help_text="Lymph node; empty: this slide is all of one"
    )
    subset = models.CharField(max_length=11, choices=Subset, default=Subset.DEVELOPMENT)
    is_synthetic = models.BooleanField(default=False)
    original_name = models.CharField(max_length=255)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)

    file = models.CharField(max_length=500, blank=True, help_text="Relative to the media folder")
    duplicate_of = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    sha256 = models.CharField(max_length=64, null=True, blank=True, unique=True)
    bytes = models.PositiveBigIntegerField(default=0)

    stage = models.CharField(max_length=9, choices=Stage, default=Stage.RECEIVED)
    format = models.CharField(max_length=60, blank=True)
    width = models.PositiveIntegerField(default=0, help_text="Level-0 px")
    height = models.PositiveIntegerField(default=0, help_text="Level-0 px")
    levels = models.JSONField(default=list, blank=True)
    mpp = models.FloatField(null=True, blank=True, help_text="um per px; empty means unknown")
    mpp_source = models.CharField(max_length=60, blank=True)

    thumbnail = models.CharField(max_length=500, blank=True)
    tissue = models.CharField(max_length=500, blank=True, help_text="Mask PNG, 255 = tissue")
    tissue_scale_x = models.FloatField(default=0.0, help_text="Level-0 px per mask px")
    tissue_scale_y = models.FloatField(default=0.0, help_text="Level-0 px per mask px")
    tissue_share = models.FloatField(default=0.0)

    objects = SlideQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("slide", args=[self.pk])

    @property
    def path(self) -> Path | None:
        return media_path(self.file)

    @property
    def thumbnail_path(self) -> Path | None:
        return media_path(self.thumbnail)

    @property
    def tissue_path(self) -> Path | None:
        return media_path(self.tissue)

    @property
    def is_ready(self) -> bool:
        return self.status == self.Status.DONE

    @property
    def tissue_area_mm2(self) -> float | None:
        if self.mpp is None:
            return None
        return self.tissue_share * self.width * self.height * self.mpp**2 / 1e6

    @property
    def size_mm(self) -> tuple[float, float] | None:
        if self.mpp is None:
            return None
        return self.width * self.mpp / 1000, self.height * self.mpp / 1000

    @property
    def truth(self) -> "Annotation | None":
        """The latest revision of what people say is in this slide.

        Its regions, which may be many megabytes, are read when they are first asked for.
        """
        return self.annotations.defer("regions").order_by("-revision").first()


class Annotation(models.Model):
    """One revision of a slide's truth. Never edited: a change is the next revision."""

    class Source(models.TextChoices):
        MASK = "mask_tiff", _("mask TIFF")
        ASAP = "asap_xml", "ASAP XML"
        NCRF = "ncrf_json", "NCRF JSON"
        GEOJSON = "geojson", "GeoJSON"
        DRAWN = "drawn", _("drawn here")
        NORMAL = "declared_normal", _("declared free of tumour")
        RESTORED = "restored", _("an earlier revision again")

    slide = models.ForeignKey(Slide, on_delete=models.CASCADE, related_name="annotations")
    revision = models.PositiveIntegerField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    source = models.CharField(max_length=15, choices=Source)
    source_name = models.CharField(max_length=255, blank=True)
    source_sha256 = models.CharField(max_length=64, blank=True)
    regions = models.JSONField(help_text="GeoJSON FeatureCollection in level-0 px")
    checksum = models.CharField(max_length=64)
    tumour_area_px = models.FloatField(help_text="Level-0 px squared")
    is_exhaustive = models.BooleanField(
        default=True, help_text="False: unmarked tissue may hold tumour too"
    )
    fit = models.JSONField(default=dict, blank=True)
    note = models.TextField(blank=True)
    edits_until = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="Sequence of the last edit that it holds"
    )
    counts = models.JSONField(
        default=dict, blank=True, editable=False, help_text="Regions, and how they changed"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slide_id", "revision"]
        constraints = [
            models.UniqueConstraint(fields=["slide", "revision"], name="annotation_revision_once")
        ]

    def __str__(self) -> str:
        return f"{self.slide} truth {self.revision}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ValueError(f"{self} is kept as it is; save a new revision instead.")
        super().save(*args, **kwargs)

    @property
    def tumour_area_mm2(self) -> float | None:
        mpp = self.slide.mpp
        return None if mpp is None else self.tumour_area_px * mpp**2 / 1e6


class Edit(models.Model):
    """One stroke at a slide's drawing, as it came in. Never changed: the next edit comes after it.

    A drawing is the latest revision and all edits after it, in the order of their sequence.
    """

    slide = models.ForeignKey(Slide, on_delete=models.CASCADE, related_name="edits")
    sequence = models.PositiveBigIntegerField()
    key = models.UUIDField(unique=True, help_text="The sender's: sent twice, it is kept once")
    device = models.UUIDField(null=True, blank=True, help_text="The browser it came from")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    refused = models.JSONField(
        default=list, blank=True, help_text="Regions that somebody else had changed: id, sequence"
    )
    replacement = models.OneToOneField(
        Annotation,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        help_text="The revision that came as a whole and took the place of everything",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slide_id", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["slide", "sequence"], name="edit_sequence_once")
        ]

    def __str__(self) -> str:
        return f"{self.slide} edit {self.sequence}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ValueError(f"{self} is kept as it is; send another edit instead.")
        super().save(*args, **kwargs)


class Change(models.Model):
    """What one edit made of one region. The latest one of a region is what it is now."""

    edit = models.ForeignKey(Edit, on_delete=models.CASCADE, related_name="changes")
    slide = models.ForeignKey(Slide, on_delete=models.CASCADE, related_name="+")
    sequence = models.PositiveBigIntegerField(help_text="Of its edit")
    region = models.CharField(max_length=40)
    feature = models.JSONField(null=True, help_text="GeoJSON in level-0 px; null where deleted")

    class Meta:
        ordering = ["slide_id", "sequence", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["slide", "region", "sequence"], name="change_once_an_edit"
            )
        ]
        indexes = [models.Index(fields=["slide", "sequence"], name="change_by_sequence")]

    def __str__(self) -> str:
        return f"{self.region} in edit {self.sequence}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ValueError(f"{self} is kept as it is; send another edit instead.")
        super().save(*args, **kwargs)


def pending_expiry() -> Any:
    return now() + timedelta(days=1)


class PendingTruth(Job):
    """A truth file that somebody sent and has not taken yet. As a job, it is its own reading.

    Nothing of it is truth: it is shown, taken or discarded, and forgotten after a day.
    """

    class Wish(models.TextChoices):
        PREVIEW = "preview"
        TAKE = "take"

    slide = models.ForeignKey(Slide, on_delete=models.CASCADE, related_name="pending_truths")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    filename = models.CharField(max_length=255)
    bytes = models.PositiveBigIntegerField(default=0)
    wish = models.CharField(max_length=7, choices=Wish, default=Wish.PREVIEW)
    terms = models.JSONField(default=dict)
    summary = models.JSONField(default=dict)
    annotation = models.ForeignKey(
        Annotation, null=True, blank=True, on_delete=models.SET_NULL, help_text="What it became"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(default=pending_expiry)

    def __str__(self) -> str:
        return self.filename

    @property
    def folder(self) -> Path:
        return Path(settings.UPLOAD_ROOT) / f"pending-{self.pk}"


class SeenTissue(models.Model):
    """What one reader has looked at of one slide; see slides/coverage.py. It only grows."""

    slide = models.ForeignKey(Slide, on_delete=models.CASCADE, related_name="+")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    columns = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    bits = models.BinaryField(default=bytes, help_text="A bit for every cell, row after row")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["slide_id", "reader_id"]
        constraints = [
            models.UniqueConstraint(fields=["slide", "reader"], name="seen_once_a_reader")
        ]

    def __str__(self) -> str:
        return f"{self.slide} as seen by {self.reader}"


class BookmarkQuerySet(models.QuerySet):
    def visible_to(self, reader: Any) -> Self:
        """One's own, and what colleagues share."""
        return self.filter(models.Q(author=reader) | models.Q(is_shared=True))


class Bookmark(models.Model):
    """A place on a slide with the layers that show it, under a name."""

    slide = models.ForeignKey(Slide, on_delete=models.CASCADE, related_name="bookmarks")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    view = models.CharField(max_length=600, help_text="The part of the page's address after #")
    is_shared = models.BooleanField(default=False, help_text="Colleagues see it too")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = BookmarkQuerySet.as_manager()

    class Meta:
        ordering = ["slide_id", "pk"]

    def __str__(self) -> str:
        return self.name


def upload_expiry() -> Any:
    return now() + timedelta(days=2)


class Upload(models.Model):
    """A file on its way in, in parts (tus 1.0)."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    filename = models.CharField(max_length=255)
    metadata = models.JSONField(default=dict)
    size = models.PositiveBigIntegerField()
    offset = models.PositiveBigIntegerField(default=0)
    slide = models.ForeignKey(Slide, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(default=upload_expiry)

    def __str__(self) -> str:
        return self.filename

    @property
    def part_path(self) -> Path:
        return Path(settings.UPLOAD_ROOT) / f"{self.uuid}.part"


class AuditEvent(models.Model):
    """Who did what to which row, for good. Each event names the checksum of the one before."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=150, help_text="Name at the time; empty: the system")
    action = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=80, help_text="app.model")
    subject_id = models.CharField(max_length=64)
    subject_name = models.CharField(max_length=300)
    details = models.JSONField(default=dict)
    previous_sha256 = models.CharField(max_length=64, unique=True)
    sha256 = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["actor", "id"], name="audit_by_actor"),
            models.Index(fields=["action", "id"], name="audit_by_action"),
            models.Index(fields=["subject_type", "subject_id"], name="audit_by_subject"),
            models.Index(fields=["at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("what happened is never edited")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("what happened is never removed")
