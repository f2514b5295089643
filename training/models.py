"""From annotated slides to a model version: frozen patches, a run, and what it left."""

from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from slides.jobs import Job, JobQuerySet
from slides.models import Slide, media_path


class Architecture(models.TextChoices):
    BASELINE = "baseline", _("Baseline (two convolutions)")
    VGG16 = "vgg16", "VGG16"
    INCEPTION_V3 = "inception_v3", "InceptionV3"


class Pooling(models.TextChoices):
    AVERAGE = "avg", _("global average")
    MAX = "max", _("global maximum")


class Augmentation(models.TextChoices):
    DIHEDRAL = "dihedral", _("the eight turns of a square")
    STAIN = "stain", _("the eight turns, and stain strength")
    NONE = "none", _("none")


class Dataset(Job):
    """A frozen table of patches. As a job, it is the freezing."""

    name = models.CharField(max_length=200)
    slides = models.ManyToManyField(Slide, related_name="datasets")
    revisions = models.JSONField(
        default=dict, blank=True, editable=False, help_text="Truth revision of each slide"
    )
    mpp = models.FloatField(help_text="um per px at which patches are read")
    patch_px = models.PositiveIntegerField(default=299)
    tissue_bar = models.FloatField(default=0.30, help_text="Least share of tissue in a patch")
    tumour_bar = models.FloatField(
        default=0.0, help_text="A patch is tumour if its tumour share is above this"
    )
    validation_share = models.FloatField(default=0.20, help_text="Share of patients held out")
    per_slide_cap = models.PositiveIntegerField(default=400, help_text="Patches per class, slide")
    is_balanced = models.BooleanField(default=True)
    seed = models.PositiveIntegerField(default=0)
    is_synthetic = models.BooleanField(default=False)
    manifest = models.CharField(max_length=500, blank=True)
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    counts = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("dataset", args=[self.pk])

    @property
    def manifest_path(self) -> Path | None:
        return media_path(self.manifest)


class TrainingRun(Job):
    """One fitting of a network to a dataset."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="runs")
    version_name = models.CharField(
        max_length=200, blank=True, help_text="Name of the version it will leave"
    )
    architecture = models.CharField(max_length=20, choices=Architecture)
    pooling = models.CharField(max_length=3, choices=Pooling, default=Pooling.AVERAGE)
    weights = models.CharField(
        max_length=500, default="none", help_text="none, imagenet, or a local weights file"
    )
    epochs = models.PositiveIntegerField(default=10)
    batch = models.PositiveIntegerField(default=32)
    learning_rate = models.FloatField(default=1e-4)
    rho = models.FloatField(default=0.95)
    seed = models.PositiveIntegerField(default=0)
    augmentation = models.CharField(
        max_length=8, choices=Augmentation, default=Augmentation.DIHEDRAL
    )
    target_recall = models.FloatField(default=0.90)
    history = models.JSONField(default=list, blank=True)
    best_epoch = models.PositiveIntegerField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        words = {"n": self.pk, "name": self.get_architecture_display(), "dataset": self.dataset}
        return _("Run %(n)s: %(name)s on %(dataset)s") % words

    def get_absolute_url(self) -> str:
        return reverse("run", args=[self.pk])


class ModelVersion(models.Model):
    """A network that can be used, with all that is needed to use and explain it."""

    name = models.CharField(max_length=200, unique=True)
    run = models.OneToOneField(TrainingRun, on_delete=models.PROTECT, related_name="version")
    architecture = models.CharField(max_length=20, choices=Architecture)
    mpp = models.FloatField(help_text="um per px that the network reads")
    patch_px = models.PositiveIntegerField()
    threshold = models.FloatField(help_text="Operating point")
    threshold_source = models.CharField(max_length=300)
    weights = models.CharField(max_length=500)
    weights_sha256 = models.CharField(max_length=64)
    metrics = models.JSONField(default=dict, blank=True, help_text="On validation slides")
    provenance = models.JSONField(default=dict, blank=True)
    is_synthetic = models.BooleanField(default=False)
    display = models.JSONField(
        default=dict, blank=True, editable=False, help_text="How its readings look at first"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("version", args=[self.pk])

    @property
    def weights_path(self) -> Path | None:
        return media_path(self.weights)


@receiver(post_delete, sender=Dataset)
@receiver(post_delete, sender=ModelVersion)
def _file_goes_with_its_row(instance: Dataset | ModelVersion, **_: object) -> None:
    """A manifest or weights file is removed with the last row that names it."""
    field = "manifest" if isinstance(instance, Dataset) else "weights"
    relative = getattr(instance, field)
    if relative and not type(instance).objects.filter(**{field: relative}).exists():
        transaction.on_commit(partial(media_path(relative).unlink, missing_ok=True))
