"""From a model version to numbers: a map per slide, its evaluation, and a cohort's."""

from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from slides.jobs import Job, JobQuerySet
from slides.models import Annotation, Slide, media_path
from training.models import ModelVersion, Stage


class PredictionQuerySet(JobQuerySet):
    def live_first(self) -> "PredictionQuerySet":
        """As they are offered: the live version's, then the newest."""
        is_live = models.Case(models.When(version__stage=Stage.LIVE, then=0), default=1)
        return self.order_by(is_live, "-pk")


class Prediction(Job):
    """One reading of a slide by a model version: a probability per grid cell."""

    class Exposure(models.TextChoices):
        """Whether the version's training saw this patient."""

        TRAINING = "training", _("seen in training")
        VALIDATION = "validation", _("used to choose the version")
        UNSEEN = "unseen", _("never seen in training")

    slide = models.ForeignKey(Slide, on_delete=models.CASCADE, related_name="predictions")
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="predictions")
    tissue_bar = models.FloatField(
        default=0.30, help_text="Cells with less tissue are not assessed"
    )
    key = models.CharField(max_length=64, unique=True, editable=False)
    exposure = models.CharField(max_length=10, choices=Exposure, default=Exposure.UNSEEN)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)

    map = models.CharField(max_length=500, blank=True)
    map_sha256 = models.CharField(max_length=64, blank=True)
    columns = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    side_l0 = models.FloatField(default=0.0, help_text="Side of a cell in level-0 px")
    threshold = models.FloatField(default=0.5, help_text="The version's, when this was made")
    assessed_count = models.PositiveIntegerField(default=0, help_text="Cells")
    tumour_count = models.PositiveIntegerField(default=0, help_text="Cells at or above threshold")
    slide_score = models.FloatField(null=True, blank=True, help_text="Highest probability")
    warnings = models.JSONField(default=list, blank=True)
    provenance = models.JSONField(default=dict, blank=True)

    objects = PredictionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return _("%(slide)s read by %(version)s") % {"slide": self.slide, "version": self.version}

    def get_absolute_url(self) -> str:
        return reverse("prediction", args=[self.pk])

    @property
    def map_path(self) -> Path | None:
        return media_path(self.map)

    @property
    def is_of_other_mpp(self) -> bool:
        """True where the slide's um per px was changed after it was read: read it again."""
        return bool(self.map) and self.provenance.get("slide_mpp") != self.slide.mpp

    @property
    def evaluation(self) -> "Evaluation | None":
        """The newest evaluation, which may be of an older truth (see is_stale)."""
        return self.evaluations.order_by("-annotation__revision", "-pk").first()


@receiver(post_delete, sender=Prediction)
def _map_goes_with_its_row(instance: Prediction, **_: object) -> None:
    """Slides take their predictions along when they are deleted; nothing else knows the files."""
    transaction.on_commit(partial(forget_map, instance.map or f"maps/{instance.key}.npz"))


def forget_map(relative: str) -> None:
    """Remove a map's file, and the masks cut from it, unless a prediction has it."""
    key = Path(relative).stem
    if Prediction.objects.filter(models.Q(key=key) | models.Q(map=relative)).exists():
        return
    masks = (Path(settings.CACHE_ROOT) / "masks").glob(f"{key[:16]}-*")
    for path in (Path(settings.MEDIA_ROOT) / relative, *masks):
        path.unlink(missing_ok=True)


class Evaluation(models.Model):
    """A prediction measured against one revision of the truth."""

    prediction = models.ForeignKey(Prediction, on_delete=models.CASCADE, related_name="evaluations")
    annotation = models.ForeignKey(Annotation, on_delete=models.CASCADE, related_name="evaluations")
    tumour_bar = models.FloatField(default=0.0, help_text="A cell is tumour above this share")
    map_sha256 = models.CharField(max_length=64)
    metrics = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["prediction", "annotation", "tumour_bar", "map_sha256"],
                name="evaluation_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.prediction} against truth {self.annotation.revision}"

    @property
    def is_stale(self) -> bool:
        """True where the slide has a newer truth or um per px, or the prediction a newer map."""
        prediction = self.prediction
        is_of_map = self.map_sha256 == prediction.map_sha256 and not prediction.is_of_other_mpp
        return prediction.slide.truth != self.annotation or not is_of_map


class Cohort(models.Model):
    """A version measured over many slides: pooled and per-slide figures with intervals."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="cohorts")
    name = models.CharField(max_length=100, help_text="Which slides, for example: test, unseen")
    evaluations = models.ManyToManyField(Evaluation, related_name="cohorts")
    metrics = models.JSONField(default=dict)
    is_synthetic = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.version} on {self.name}"


class Report(Job):
    """Versions measured over slides and against each other: figures, curves and lesions."""

    name = models.CharField(max_length=200)
    subset = models.CharField(max_length=20, help_text="Which slides, for example: test, unseen")
    versions = models.ManyToManyField(ModelVersion, related_name="reports")
    order = models.JSONField(default=list, help_text="Keys of the versions, the reference first")
    tissue_bar = models.FloatField(default=0.30)
    inputs = models.JSONField(default=dict, blank=True, help_text="Checksums of all it was made of")
    inputs_sha256 = models.CharField(max_length=64, blank=True)
    results = models.JSONField(default=dict, blank=True)
    is_synthetic = models.BooleanField(default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["inputs_sha256"],
                condition=~models.Q(inputs_sha256=""),
                name="report_once",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("report", args=[self.pk])


class GateRun(Job):
    """A version tried for going live. Every figure stays, whatever was decided."""

    class Verdict(models.TextChoices):
        PASSED = "passed", _("passed")
        UNDECIDED = "undecided", _("undecided")
        REFUSED = "refused", _("refused")

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="gate_runs")
    live = models.ForeignKey(
        ModelVersion,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The live version it was held against",
    )
    margin = models.FloatField(help_text="How much sensitivity it may lose at most")
    verdict = models.CharField(max_length=9, choices=Verdict, blank=True)
    checks = models.JSONField(default=list, blank=True, help_text="What was looked at, and found")
    test_slides = models.JSONField(default=list, blank=True, help_text="The test set as it was")
    test_sha256 = models.CharField(max_length=64, blank=True, help_text="Of the test set")
    cohort = models.ForeignKey(
        Cohort, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return _("Gate for %(version)s") % {"version": self.version}

    def get_absolute_url(self) -> str:
        return reverse("gate-run", args=[self.pk])


class Promotion(models.Model):
    """One change of the live version. The newest row says which is live, and why."""

    class Kind(models.TextChoices):
        PROMOTED = "promoted", _("promoted")
        ROLLED_BACK = "rolled_back", _("rolled back to")

    kind = models.CharField(max_length=11, choices=Kind)
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="promotions")
    previous = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    gate_run = models.ForeignKey(
        GateRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="promotions"
    )
    override = models.TextField(blank=True, help_text="Why, where the gate had not decided")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.version}"


class MapImport(Job):
    """A zip of maps that another program made, on its way to be a version."""

    filename = models.CharField(max_length=255)
    bytes = models.PositiveBigIntegerField(default=0)
    terms = models.JSONField(default=dict, help_text="What was said of the maps")
    version = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="map_imports"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.filename

    def get_absolute_url(self) -> str:
        return reverse("outside", args=[self.pk])

    @property
    def path(self) -> Path:
        return Path(settings.UPLOAD_ROOT) / f"maps-{self.pk}.zip"
