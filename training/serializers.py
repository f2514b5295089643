"""Datasets, runs and model versions as JSON."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from slides.serializers import JOB_FIELDS, LINKS, InputSerializer, JobSerializer, link
from training.choices import Architecture
from training.models import ModelVersion, TrainingRun

RUN_SETTINGS = [
    "architecture", "pooling", "weights", "weights_sha256", "first_version", "fold", "epochs",
    "frozen_epochs", "patience", "batch", "optimizer", "learning_rate", "body_rate", "schedule",
    "rho", "loss", "label_smoothing", "class_balance", "augmentation", "precision", "seed",
    "calibration", "operating_rule", "target_recall", "fp_budget",
]  # fmt: skip


class EpochSerializer(serializers.Serializer):
    """One epoch of a run's history."""

    epoch = serializers.IntegerField()
    loss = serializers.FloatField(allow_null=True)
    auc = serializers.FloatField(allow_null=True)
    recall = serializers.FloatField(allow_null=True)
    val_loss = serializers.FloatField(allow_null=True)
    val_auc = serializers.FloatField(allow_null=True)
    val_recall = serializers.FloatField(allow_null=True)
    precision = serializers.FloatField(allow_null=True, required=False)
    val_precision = serializers.FloatField(allow_null=True, required=False)
    learning_rate = serializers.FloatField(required=False)
    seconds = serializers.FloatField(allow_null=True)
    patches_per_second = serializers.FloatField(required=False, help_text="While training")
    wait_share = serializers.FloatField(
        required=False, help_text="Of the steps' time, spent waiting for patches"
    )


class StepSerializer(serializers.Serializer):
    """A point of the curve between epochs."""

    step = serializers.IntegerField()
    epoch = serializers.FloatField(help_text="Epochs done by then")
    loss = serializers.FloatField(help_text="Mean since the point before")
    auc = serializers.FloatField(required=False, help_text="Of the epoch so far")
    recall = serializers.FloatField(required=False, help_text="Of the epoch so far, at 0.5")
    precision = serializers.FloatField(required=False, help_text="Of the epoch so far, at 0.5")
    learning_rate = serializers.FloatField()


class ExampleSerializer(serializers.Serializer):
    """A patch of the last validation: one of the worst mistakes, or one that went well."""

    place = serializers.IntegerField(help_text="Row of the manifest, from 0")
    slide = serializers.IntegerField()
    x_l0 = serializers.IntegerField(help_text="Corner in level-0 px")
    y_l0 = serializers.IntegerField()
    mpp = serializers.FloatField(help_text="um per px at which it is read")
    label = serializers.IntegerField(help_text="1: tumour")
    score = serializers.FloatField()
    is_right = serializers.BooleanField(help_text="At a threshold of 0.5")


class RunSerializer(JobSerializer):
    """One fitting of a network to a dataset, without its history."""

    created_by = serializers.SlugRelatedField("username", read_only=True, allow_null=True)
    dataset_sha256 = serializers.CharField(source="dataset.manifest_sha256", read_only=True)
    is_synthetic = serializers.BooleanField(source="dataset.is_synthetic", read_only=True)
    mpp = serializers.FloatField(source="dataset.mpp", read_only=True)
    version = serializers.SerializerMethodField(help_text="The model version it left, if any")
    links = serializers.SerializerMethodField()

    class Meta:
        model = TrainingRun
        fields = [
            "id", "dataset", "dataset_sha256", "is_synthetic", "mpp", *RUN_SETTINGS, "experiment",
            "best_epoch", "version_name", "version", "created_by", "created_at", *JOB_FIELDS,
            "links",
        ]  # fmt: skip
        read_only_fields = fields

    def get_version(self, run: TrainingRun) -> int | None:
        return getattr(run, "version", None) and run.version.pk

    @extend_schema_field(LINKS)
    def get_links(self, run: TrainingRun) -> dict[str, str]:
        return {
            "page": link(self, "run", run.pk),
            "history": link(self, "api-run-history", run.pk),
            "steps": link(self, "api-run-steps", run.pk),
            "examples": link(self, "api-run-examples", run.pk),
        }


class NewRunSerializer(InputSerializer):
    """What to train. Settings left out take the values of the protocol."""

    architecture = serializers.ChoiceField(
        choices=Architecture.choices,
        required=False,
        help_text="May be left out where the run goes on from first_version",
    )

    class Meta:
        model = TrainingRun
        fields = ["dataset", *RUN_SETTINGS, "version_name"]


class VersionSerializer(serializers.ModelSerializer):
    """A network that can be used, with what explains it."""

    metrics = serializers.DictField(read_only=True, help_text="On validation slides")
    provenance = serializers.DictField(read_only=True)
    display = serializers.DictField(read_only=True, help_text="How its readings look at first")
    card = serializers.DictField(read_only=True)
    calibration = serializers.DictField(read_only=True)
    dataset = serializers.IntegerField(source="run.dataset_id", read_only=True, allow_null=True)
    links = serializers.SerializerMethodField()

    class Meta:
        model = ModelVersion
        fields = [
            "id", "name", "stage", "run", "parent", "dataset", "architecture", "pooling", "mpp",
            "patch_px", "threshold", "threshold_source", "calibration", "labelling",
            "tumour_bar", "centre_px", "weights_sha256", "metrics", "provenance",
            "is_synthetic", "card", "bundle_sha256", "display", "created_at", "links",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(LINKS)
    def get_links(self, version: ModelVersion) -> dict[str, str]:
        return {
            "page": link(self, "version", version.pk),
            "weights": link(self, "api-version-weights", version.pk),
        }
