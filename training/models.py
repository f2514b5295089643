"""From annotated slides to a model version: frozen patches, a run, and what it left."""

from pathlib import Path

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from slides.jobs import Job, JobQuerySet
from slides.models import Slide, media_path
from training.choices import (
    READ_ELSEWHERE,
    VERSION_ARCHITECTURES,
    Architecture,
    Augmentation,
    Balance,
    Calibration,
    ClassBalance,
    ExperimentKind,
    Goal,
    Labelling,
    Loss,
    OperatingRule,
    Optimizer,
    Pooling,
    Precision,
    Schedule,
    Stage,
)
from training.version_querysets import VersionQuerySet


class DatasetQuerySet(JobQuerySet):
    def frozen(self) -> "DatasetQuerySet":
        return self.exclude(manifest_sha256="")


class Dataset(Job):
    """A table of patches: looked at first (preview), then frozen. As a job, it is that work."""

    name = models.CharField(max_length=200)
    goal = models.CharField(max_length=8, choices=Goal, default=Goal.FREEZE)
    slides = models.ManyToManyField(Slide, related_name="datasets")
    revisions = models.JSONField(
        default=dict, blank=True, editable=False, help_text="Truth revision of each slide"
    )
    mpp = models.FloatField(help_text="um per px at which patches are read")
    mpps = models.JSONField(
        default=list, blank=True, help_text="All um per px, where several are merged"
    )
    patch_px = models.PositiveIntegerField(default=299)
    tissue_bar = models.FloatField(default=0.30, help_text="Least share of tissue in a patch")
    stride = models.FloatField(default=1.0, help_text="Patch sides between two patches")
    jitter_px = models.PositiveIntegerField(default=0, help_text="Largest shift of a patch")
    labelling = models.CharField(max_length=6, choices=Labelling, default=Labelling.ANY)
    tumour_bar = models.FloatField(
        default=0.0, help_text="A patch is tumour if its tumour share is above this"
    )
    centre_px = models.PositiveIntegerField(
        default=128, help_text="Side of the centre region that decides, where it does"
    )
    validation_share = models.FloatField(default=0.20, help_text="Share of patients held out")
    test_share = models.FloatField(default=0.0, help_text="Share of patients kept for the end")
    folds = models.PositiveIntegerField(default=0, help_text="0: one split")
    per_slide_cap = models.PositiveIntegerField(default=400, help_text="Patches per class, slide")
    balance = models.CharField(max_length=11, choices=Balance, default=Balance.CLASS)
    seed = models.PositiveIntegerField(default=0)
    is_synthetic = models.BooleanField(default=False)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children"
    )
    minings = models.ManyToManyField("Mining", blank=True, related_name="datasets")
    manifest = models.CharField(max_length=500, blank=True)
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    counts = models.JSONField(default=dict, blank=True)
    samples = models.JSONField(default=list, blank=True, help_text="Patches to look at")
    warnings = models.JSONField(default=list, blank=True)
    leaks = models.JSONField(default=list, blank=True, help_text="Pairs across the split")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DatasetQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("dataset", args=[self.pk])

    @property
    def is_frozen(self) -> bool:
        return bool(self.manifest_sha256)

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
    weights_sha256 = models.CharField(
        max_length=64,
        blank=True,
        help_text="Checksum that a local weights file must have, if it is known",
    )
    first_version = models.ForeignKey(
        "ModelVersion",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="later_runs",
        help_text="An earlier version to go on from",
    )
    epochs = models.PositiveIntegerField(default=10)
    frozen_epochs = models.PositiveIntegerField(
        default=0, help_text="First epochs in which only the head learns"
    )
    patience = models.PositiveIntegerField(
        default=0, help_text="Epochs without a better AUC before it ends; 0: never"
    )
    batch = models.PositiveIntegerField(default=32)
    optimizer = models.CharField(max_length=8, choices=Optimizer, default=Optimizer.RMSPROP)
    learning_rate = models.FloatField(default=1e-4)
    body_rate = models.FloatField(
        default=1.0, help_text="Factor of the learning rate below the head"
    )
    schedule = models.CharField(max_length=8, choices=Schedule, default=Schedule.CONSTANT)
    rho = models.FloatField(default=0.95)
    loss = models.CharField(max_length=5, choices=Loss, default=Loss.CROSS_ENTROPY)
    label_smoothing = models.FloatField(default=0.0)
    class_balance = models.CharField(
        max_length=8, choices=ClassBalance, default=ClassBalance.WEIGHTS
    )
    seed = models.PositiveIntegerField(default=0)
    augmentation = models.CharField(
        max_length=8, choices=Augmentation, default=Augmentation.DIHEDRAL
    )
    precision = models.CharField(max_length=7, choices=Precision, default=Precision.FLOAT32)
    fold = models.PositiveIntegerField(
        null=True, blank=True, help_text="The fold that validates; none: the dataset's one split"
    )
    calibration = models.CharField(max_length=11, choices=Calibration, default=Calibration.NONE)
    operating_rule = models.CharField(
        max_length=9, choices=OperatingRule, default=OperatingRule.RECALL
    )
    target_recall = models.FloatField(default=0.90)
    fp_budget = models.FloatField(
        default=1.0, help_text="False positive patches per mm2 of normal validation tissue"
    )
    experiment = models.ForeignKey(
        "Experiment", null=True, blank=True, on_delete=models.SET_NULL, related_name="runs"
    )
    history = models.JSONField(default=list, blank=True)
    steps = models.JSONField(default=list, blank=True, help_text="The loss between epochs")
    examples = models.JSONField(
        default=list, blank=True, help_text="Right and wrong patches of the last validation"
    )
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
    run = models.OneToOneField(
        TrainingRun,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="version",
        help_text="None of a version that came as a bundle or was calibrated anew",
    )
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    stage = models.CharField(max_length=9, choices=Stage, default=Stage.CANDIDATE)
    architecture = models.CharField(max_length=20, choices=VERSION_ARCHITECTURES)
    pooling = models.CharField(max_length=3, choices=Pooling, default=Pooling.AVERAGE)
    mpp = models.FloatField(help_text="um per px that the network reads")
    patch_px = models.PositiveIntegerField()
    threshold = models.FloatField(help_text="Operating point")
    threshold_source = models.CharField(max_length=300)
    labelling = models.CharField(max_length=6, choices=Labelling, default=Labelling.ANY)
    tumour_bar = models.FloatField(default=0.0, help_text="As its training patches were labelled")
    centre_px = models.PositiveIntegerField(default=128)
    calibration = models.JSONField(
        default=dict, blank=True, help_text="From the network's output to a probability"
    )
    weights = models.CharField(max_length=500, blank=True)
    weights_sha256 = models.CharField(max_length=64, help_text="Or of the maps read elsewhere")
    metrics = models.JSONField(default=dict, blank=True, help_text="On validation slides")
    provenance = models.JSONField(default=dict, blank=True)
    is_synthetic = models.BooleanField(default=False)
    card = models.JSONField(default=dict, blank=True, help_text="What it is for, and its limits")
    bundle_sha256 = models.CharField(max_length=64, blank=True, help_text="Where it came as one")
    display = models.JSONField(
        default=dict, blank=True, editable=False, help_text="How its readings look at first"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["stage"], condition=models.Q(stage="live"), name="one_live_version"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("version", args=[self.pk])

    @property
    def is_live(self) -> bool:
        return self.stage == Stage.LIVE

    @property
    def is_read_elsewhere(self) -> bool:
        """True of maps that came as files of another program: there is no network to use."""
        return self.architecture == READ_ELSEWHERE

    @property
    def weights_path(self) -> Path | None:
        return media_path(self.weights)

    @property
    def source_run(self) -> TrainingRun | None:
        """The run that fitted these weights, also where they were calibrated anew since.

        None of weights that came as a bundle.
        """
        version: ModelVersion | None = self
        while version and version.weights_sha256 == self.weights_sha256:
            if version.run:
                return version.run
            version = version.parent
        return None


class VersionImport(Job):
    """A bundle that somebody sent, on its way to be a version. As a job, it is its checking."""

    filename = models.CharField(max_length=255)
    bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, help_text="Of the bundle, as its sender told it")
    version_name = models.CharField(
        max_length=200, blank=True, help_text="Instead of the name it brings"
    )
    version = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="imports"
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
        return reverse("version-import", args=[self.pk])

    @property
    def path(self) -> Path:
        return Path(settings.UPLOAD_ROOT) / f"bundle-{self.pk}.zip"


class OnnxExport(Job):
    """A version's network as an ONNX file, for programs that know no Keras."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="exports")
    file = models.CharField(max_length=500, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)
    largest_difference = models.FloatField(
        null=True, blank=True, help_text="To Keras, over random patches; none: not compared"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return _("%(version)s as ONNX") % {"version": self.version}

    def get_absolute_url(self) -> str:
        return self.version.get_absolute_url()

    @property
    def path(self) -> Path | None:
        return media_path(self.file)


class Mining(Job):
    """A version's worst false alarms in normal tissue, to learn from."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="minings")
    slides = models.ManyToManyField(Slide, related_name="minings")
    per_slide = models.PositiveIntegerField(default=50, help_text="At most so many patches")
    lowest_score = models.FloatField(default=0.5, help_text="Probability from which it is one")
    patches = models.CharField(max_length=500, blank=True)
    patches_sha256 = models.CharField(max_length=64, blank=True)
    counts = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return _("False alarms of %(version)s") % {"version": self.version}

    def get_absolute_url(self) -> str:
        return reverse("mining", args=[self.pk])

    @property
    def patches_path(self) -> Path | None:
        return media_path(self.patches)


class Experiment(Job):
    """Several runs that answer one question, and the table they give."""

    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=ExperimentKind)
    plan = models.JSONField(default=dict, blank=True, help_text="What was asked for")
    results = models.JSONField(default=dict, blank=True)
    is_synthetic = models.BooleanField(default=False)
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
        return reverse("experiment", args=[self.pk])
