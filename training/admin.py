"""Datasets, runs and model versions in the Django admin."""

from django.contrib import admin

from slides.admin import JOB_FIELDS, JobAdmin, ReadOnlyAdmin
from training import tasks
from training.models import Dataset, ModelVersion, TrainingRun


@admin.register(Dataset)
class DatasetAdmin(JobAdmin):
    nudge = staticmethod(tasks.freeze_dataset.delay_on_commit)
    list_display = ["name", "mpp", "patch_px", "is_synthetic", "status", "reason", "created_at"]
    list_filter = ["status", "is_synthetic", "reason"]
    search_fields = ["name", "manifest_sha256"]
    fields = [
        "name", "mpp", "patch_px", "tissue_bar", "tumour_bar", "validation_share", "per_slide_cap",
        "balance", "seed", "is_synthetic", "manifest", "manifest_sha256", "counts",
        "created_by", "created_at", *JOB_FIELDS,
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
    list_display = ["name", "architecture", "mpp", "threshold", "is_synthetic", "created_at"]
    list_filter = ["architecture", "is_synthetic"]
    search_fields = ["name", "weights_sha256"]
    list_select_related = ["run"]
