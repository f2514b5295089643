"""What readers decide: reviews, verdicts on findings, and pins to talk about."""

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import ProtectedError
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from predictions.models import Prediction
from predictions.review.models.work import Candidate, Conclusion, Study, WorkItem
from slides.models import Annotation, Slide

USER = settings.AUTH_USER_MODEL


class AppendOnly(models.Model):
    """A row that is written once. A change of mind is another row."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ValueError(f"{self} is kept as it is; write another instead.")
        super().save(*args, **kwargs)


GIVEN_OUT = ("signed", "superseded")


def keep_signed(collector: Any, field: Any, rows: Any, using: str) -> None:
    """What happens to reviews when their slide is deleted: a signed one keeps it, others go too."""
    if signed := list(rows.filter(state__in=GIVEN_OUT)):
        raise ProtectedError(f"{signed[0].why_kept}.", set(signed))
    models.CASCADE(collector, field, rows, using)


class ReviewQuerySet(models.QuerySet):
    def signed(self) -> Self:
        """Signed, be it superseded since or not."""
        return self.filter(state__in=GIVEN_OUT)

    def in_force(self) -> Self:
        """Signed and not superseded: what holds."""
        return self.filter(state=Review.State.SIGNED)


class Review(models.Model):
    """One reader's reading of a slide. Once signed it is never changed, only superseded."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        SIGNED = "signed", _("signed")
        SUPERSEDED = "superseded", _("superseded")
        LEFT = "left", _("given up")

    item = models.ForeignKey(WorkItem, on_delete=models.RESTRICT, related_name="reviews")
    slide = models.ForeignKey(Slide, on_delete=keep_signed, related_name="reviews")
    prediction = models.ForeignKey(
        Prediction, null=True, blank=True, on_delete=models.RESTRICT, related_name="reviews"
    )
    map_sha256 = models.CharField(max_length=64, blank=True, help_text="That was looked at")
    threshold = models.FloatField(null=True, blank=True, help_text="Of the findings looked at")
    reader = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="reviews")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    supersede_reason = models.TextField(blank=True)
    is_adequate = models.BooleanField(null=True, help_text="Empty: not said")
    inadequate_reason = models.CharField(max_length=200, blank=True)
    conclusion = models.CharField(max_length=8, choices=Conclusion, blank=True)
    unaided = models.CharField(
        max_length=8, choices=Conclusion, blank=True, help_text="Before the findings were shown"
    )
    unaided_at = models.DateTimeField(null=True, blank=True)
    unaided_seconds = models.FloatField(default=0.0, help_text="Active, before they were shown")
    active_seconds = models.FloatField(default=0.0, help_text="Active, in all")
    begun_at = models.DateTimeField(auto_now_add=True)
    signed_at = models.DateTimeField(null=True, blank=True)
    frozen = models.JSONField(default=dict, blank=True, help_text="All that was signed")
    frozen_sha256 = models.CharField(max_length=64, blank=True)
    annotation = models.ForeignKey(
        Annotation,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="reviews",
        help_text="The revision that its corrections became",
    )

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "reader"],
                condition=models.Q(state="open"),
                name="open_review_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "left"])
                | models.Q(signed_at__isnull=False, frozen_sha256__gt=""),
                name="signed_is_frozen",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slide} reviewed by {self.reader}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refused once signed: the database refuses what goes around this (see row_guards)."""
        if not self._state.adding and Review.objects.signed().filter(pk=self.pk).exists():
            raise ValueError(f"{self} was signed and stays as it is; supersede it instead.")
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("review", args=[self.pk])

    @property
    def why_kept(self) -> str:
        """Why the slide cannot go, where this was signed."""
        return gettext("%(review)s was signed on %(day)s, and a signed review keeps its slide") % {
            "review": self,
            "day": f"{self.signed_at:%d %B %Y}",
        }


@receiver(pre_delete, sender=Review)
def _signed_stays(instance: Review, **_: object) -> None:
    if instance.state in GIVEN_OUT:
        raise ProtectedError(f"{instance.why_kept}.", {instance})


class Verdict(AppendOnly):
    """What a reader said of one finding. What undoes another is one more; see findings.fold."""

    class Kind(models.TextChoices):
        ACCEPTED = "accepted", _("accepted")
        REJECTED = "rejected", _("rejected")
        REDRAWN = "redrawn", _("outline corrected")
        RECLASSIFIED = "reclassified", _("class changed")
        MEASURED = "measured", _("measured by hand")
        ADDED = "added", _("added")
        WITHDRAWN = "withdrawn", _("taken back")

    class Because(models.TextChoices):
        GERMINAL_CENTRE = "germinal_centre", _("germinal centre")
        HISTIOCYTES = "histiocytes", _("sinus histiocytes")
        CAPSULE = "capsule", _("capsule")
        FOLD = "fold", _("fold")
        INK = "ink", _("ink")
        BLUR = "blur", _("blur")
        TRUTH_WRONG = "truth_wrong", _("truth wrong")
        OTHER = "other", _("other")

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="verdicts")
    sequence = models.PositiveIntegerField()
    key = models.UUIDField(default=uuid.uuid4, unique=True, help_text="The sender's: kept once")
    finding = models.CharField(
        max_length=40, help_text="c and a candidate's number, or a and a key"
    )
    candidate = models.ForeignKey(Candidate, null=True, blank=True, on_delete=models.RESTRICT)
    kind = models.CharField(max_length=12, choices=Kind)
    because = models.CharField(max_length=15, choices=Because, blank=True)
    label = models.CharField(max_length=8, blank=True, help_text="Of slides.regions.LABELS")
    size_class = models.CharField(max_length=5, blank=True, help_text="Where a reader says it")
    region = models.JSONField(null=True, blank=True, help_text="GeoJSON geometry in level-0 px")
    diameter_um = models.FloatField(null=True, blank=True)
    caliper = models.JSONField(null=True, blank=True, help_text="Its two ends, level-0 px")
    note = models.CharField(max_length=500, blank=True)
    undoes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="undone_by"
    )
    stroke = models.UUIDField(
        null=True, blank=True, db_index=True, help_text="Of verdicts that were given at once"
    )
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["review_id", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["review", "sequence"], name="verdict_sequence_once")
        ]

    def __str__(self) -> str:
        return f"{self.finding} {self.kind}"


class Pin(AppendOnly):
    """A place on a slide that somebody talks about."""

    slide = models.ForeignKey(Slide, on_delete=models.CASCADE, related_name="pins")
    study = models.ForeignKey(
        Study, null=True, blank=True, on_delete=models.CASCADE, related_name="pins"
    )
    key = models.UUIDField(default=uuid.uuid4, unique=True, help_text="The sender's: kept once")
    author = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    x_l0 = models.FloatField()
    y_l0 = models.FloatField()
    is_public = models.BooleanField(
        default=False, help_text="An admin's: seen by all readers of a blinded study"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slide_id", "pk"]

    def __str__(self) -> str:
        return f"pin {self.pk} on {self.slide}"


class Remark(AppendOnly):
    """What was said at a pin. The latest that settles or reopens it holds."""

    class Kind(models.TextChoices):
        SAID = "said", _("said")
        RESOLVED = "resolved", _("resolved")
        REOPENED = "reopened", _("opened again")
        WITHDRAWN = "withdrawn", _("taken back")

    pin = models.ForeignKey(Pin, on_delete=models.CASCADE, related_name="remarks")
    key = models.UUIDField(default=uuid.uuid4, unique=True, help_text="The sender's: kept once")
    author = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=9, choices=Kind, default=Kind.SAID)
    text = models.CharField(max_length=2000, blank=True)
    answers = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="+",
        help_text="The remark that is taken back",
    )  # fmt: skip
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pin_id", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} at {self.pin}"
