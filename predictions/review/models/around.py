"""What goes on around reviews: alarms, looking back, time spent, notices."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from predictions.models import Prediction, Promotion
from predictions.review.models.decisions import Review
from slides.jobs import Job, JobQuerySet
from slides.models import Slide
from training.models import ModelVersion

USER = settings.AUTH_USER_MODEL


class LookBack(Job):
    """A version reads again what was signed as negative, and lists what it would call positive."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="look_backs")
    promotion = models.OneToOneField(
        Promotion,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="look_back",
        help_text="That it was started by; none: by a person",
    )
    results = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(
        USER, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return _("%(version)s looks back") % {"version": self.version}

    def get_absolute_url(self) -> str:
        return reverse("alarm-list")


class Alarm(models.Model):
    """A signed review that something speaks against. It is open until somebody answers it."""

    class Kind(models.TextChoices):
        SECOND_READ = "second_read", _("signed as negative against strong evidence")
        LOOK_BACK = "look_back", _("called positive by a later version")
        TRUTH_CHANGED = "truth_changed", _("the truth was changed after signing")
        FILE_CHANGED = "file_changed", _("the slide's file is another one now")

    class Answer(models.TextChoices):
        STANDS = "stands", _("The review stands")
        SUPERSEDED = "superseded", _("The review was superseded")

    kind = models.CharField(max_length=13, choices=Kind)
    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="alarms")
    prediction = models.ForeignKey(
        Prediction, null=True, blank=True, on_delete=models.SET_NULL, related_name="alarms"
    )
    look_back = models.ForeignKey(
        LookBack, null=True, blank=True, on_delete=models.SET_NULL, related_name="alarms"
    )
    evidence = models.CharField(max_length=64, help_text="Checksum of what speaks against it")
    details = models.JSONField(default=dict, blank=True)
    opened_at = models.DateTimeField(auto_now_add=True)
    answer = models.CharField(max_length=10, choices=Answer, blank=True)
    answer_text = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "review", "evidence"], name="alarm_once"),
            models.UniqueConstraint(
                fields=["kind", "review"],
                condition=models.Q(answer=""),
                name="open_alarm_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.review}"


class Sitting(models.Model):
    """Time that a reader was active on a slide, without a long pause."""

    slide = models.ForeignKey(Slide, on_delete=models.CASCADE, related_name="sittings")
    review = models.ForeignKey(
        Review, null=True, blank=True, on_delete=models.CASCADE, related_name="sittings"
    )
    reader = models.ForeignKey(USER, on_delete=models.CASCADE, related_name="sittings")
    began_at = models.DateTimeField()
    last_at = models.DateTimeField()
    active_seconds = models.FloatField(default=0.0)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["slide", "reader", "-last_at"], name="sitting_latest")]

    def __str__(self) -> str:
        return f"{self.reader} on {self.slide}"


class Notice(models.Model):
    """Something that a user is told of in the page."""

    class Kind(models.TextChoices):
        ASSIGNED = "assigned", _("assigned")
        DISCORDANT = "discordant", _("discordant")
        ADJUDICATED = "adjudicated", _("adjudicated")
        ANSWERED = "answered", _("answered")

    user = models.ForeignKey(USER, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=11, choices=Kind)
    facts = models.JSONField(default=dict, help_text="What its sentence is made of")
    address = models.CharField(max_length=300)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "address"],
                condition=models.Q(read_at=None),
                name="notice_unread_once",
            )
        ]
        indexes = [models.Index(fields=["user", "read_at"], name="notice_unread")]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user}"
