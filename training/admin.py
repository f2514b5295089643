"""Datasets, runs and model versions in the Django admin."""

from django.contrib import admin

from slides.admin import JOB_FIELDS, JobAdmin, ReadOnlyAdmin
from training import tasks
from training.models import (
    Dataset,
    Experiment,
    Mining,
    ModelVersion,
    OnnxExport,
    TrainingRun,
    VersionImport,
)


@admin.register(Dataset)
class DatasetAdmin(JobAdmin):
    told_of_deleted = ("manifest_sha256",)
    nudge = staticmethod(tasks.freeze_dataset.delay_on_commit)
    list_display = [
        "name", "goal", "mpp", "patch_px", "is_synthetic", "status", "reason", "created_at",
    ]  # fmt: skip
    list_filter = ["status", "goal", "is_synthetic", "reason"]
    search_fields = ["name", "manifest_sha256"]
    fields = [
        "name", "goal", "mpp", "mpps", "patch_px", "tissue_bar", "stride", "jitter_px", "labelling",
        "tumour_bar", "centre_px", "validation_share", "test_share", "folds", "per_slide_cap",
        "balance", "seed", "parent", "is_synthetic", "manifest", "manifest_sha256", "counts",
        "warnings", "leaks", "created_by", "created_at", *JOB_FIELDS,
    ]  # fmt: skip
    readonly_fields = fields[1:]


@admin.register(TrainingRun)
class TrainingRunAdmin(JobAdmin):
    nudge = staticmethod(tasks.train_run.delay_on_commit)
    list_display = [
        "id", "dataset", "architecture", "epochs", "best_epoch", "status", "percent_done", "reason",
    ]  # fmt: skip
    list_filter = ["status", "architecture", "dataset", "reason"]
    list_select_related = ["dataset"]
    search_fields = ["dataset__name"]
    fields = [
        "dataset", "architecture", "pooling", "weights", "epochs", "batch", "learning_rate", "rho",
        "seed", "target_recall", "best_epoch", "history", "created_by", "created_at", *JOB_FIELDS,
    ]  # fmt: skip
    readonly_fields = fields


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    told_of_deleted = ("weights_sha256", "stage", "threshold", "threshold_source")
    list_display = [
        "name",
        "stage",
        "architecture",
        "mpp",
        "threshold",
        "is_synthetic",
        "created_at",
    ]
    list_filter = ["stage", "architecture", "is_synthetic"]
    search_fields = ["name", "weights_sha256"]
    list_select_related = ["run"]


@admin.register(VersionImport)
class VersionImportAdmin(JobAdmin):
    nudge = staticmethod(tasks.import_version.delay_on_commit)
    list_display = ["filename", "version_name", "version", "status", "reason", "created_at"]
    list_filter = ["status", "reason"]
    list_select_related = ["version"]
    search_fields = ["filename", "sha256", "version_name"]
    fields = [
        "filename", "bytes", "sha256", "version_name", "version", "created_by", "created_at",
        *JOB_FIELDS,
    ]  # fmt: skip
    readonly_fields = fields


@admin.register(OnnxExport)
class OnnxExportAdmin(JobAdmin):
    nudge = staticmethod(tasks.export_onnx.delay_on_commit)
    list_display = ["version", "file", "bytes", "largest_difference", "status", "created_at"]
    list_filter = ["status", "reason"]
    list_select_related = ["version"]
    search_fields = ["version__name", "file_sha256"]
    fields = [
        "version", "file", "file_sha256", "bytes", "largest_difference", "created_by",
        "created_at", *JOB_FIELDS,
    ]  # fmt: skip
    readonly_fields = fields


@admin.register(Mining)
class MiningAdmin(JobAdmin):
    nudge = staticmethod(tasks.mine_negatives.delay_on_commit)
    list_display = ["version", "per_slide", "lowest_score", "status", "reason", "created_at"]
    list_filter = ["status", "reason"]
    list_select_related = ["version"]
    search_fields = ["version__name", "patches_sha256"]
    fields = [
        "version", "per_slide", "lowest_score", "patches", "patches_sha256", "counts",
        "created_by", "created_at", *JOB_FIELDS,
    ]  # fmt: skip
    readonly_fields = fields


@admin.register(Experiment)
class ExperimentAdmin(JobAdmin):
    nudge = staticmethod(tasks.carry_out_experiment.delay_on_commit)
    list_display = ["name", "kind", "is_synthetic", "status", "reason", "created_at"]
    list_filter = ["status", "kind", "is_synthetic", "reason"]
    search_fields = ["name"]
    fields = [
        "name", "kind", "plan", "results", "is_synthetic", "created_by", "created_at", *JOB_FIELDS,
    ]  # fmt: skip
    readonly_fields = fields[1:]
