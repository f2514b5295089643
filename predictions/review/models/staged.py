"""What becomes of signed reviews: stages that somebody took, and evidence to keep elsewhere."""

from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from predictions.review.models.decisions import AppendOnly, Review
from slides.jobs import Job, JobQuerySet
from slides.models import media_path

USER = settings.AUTH_USER_MODEL


class Staging(AppendOnly):
    """The pN that a pathologist took for a patient, and what it rested on. The newest holds."""

    class Stage(models.TextChoices):
        PN0 = "pN0", "pN0"
        PN0_ITC = "pN0(i+)", "pN0(i+)"
        PN1MI = "pN1mi", "pN1mi"
        PN1 = "pN1", "pN1"
        PN2 = "pN2", "pN2"
        PN3 = "pN3", "pN3"
        PNX = "pNX", _("pNX (cannot be assessed)")

    patient = models.CharField(max_length=200, db_index=True, help_text="Of its slides")
    stage = models.CharField(max_length=7, choices=Stage)
    suggested = models.CharField(max_length=7, blank=True, help_text="Empty: nothing was")
    reason = models.CharField(max_length=500, blank=True)
    worksheet = models.JSONField(help_text="As it was read")
    basis_sha256 = models.CharField(max_length=64, help_text="Of the reviews, nodes and px sizes")
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="stagings")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.patient} taken as {self.stage}"


class Evidence(Job):
    """A signed review as one file that proves itself. As a job, it is its own making."""

    review = models.OneToOneField(Review, on_delete=models.CASCADE, related_name="evidence")
    file = models.CharField(max_length=500, blank=True, help_text="Relative to the media folder")
    bytes = models.PositiveBigIntegerField(default=0)
    file_sha256 = models.CharField(max_length=64, blank=True)
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    created_by = models.ForeignKey(
        USER, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return _("evidence of %(review)s") % {"review": self.review}

    @property
    def path(self) -> Path | None:
        return media_path(self.file)

    @property
    def is_here(self) -> bool:
        """Whether it was made and its file lies where it was laid."""
        return self.status == self.Status.DONE and bool(self.path and self.path.is_file())
