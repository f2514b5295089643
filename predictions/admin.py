"""Predictions and their figures in the Django admin."""

from django.contrib import admin

from predictions import tasks
from predictions.models import (
    Cohort,
    Evaluation,
    GateRun,
    MapImport,
    Prediction,
    Promotion,
    Report,
)
from slides.admin import JOB_FIELDS, JobAdmin, ReadOnlyAdmin


@admin.register(Prediction)
class PredictionAdmin(JobAdmin):
    nudge = staticmethod(tasks.predict_slide.delay_on_commit)
    list_display = [
        "id", "slide", "version", "exposure", "status", "percent_done", "slide_score", "created_at",
    ]  # fmt: skip
    list_filter = ["status", "version", "exposure", "slide__subset", "reason"]
    list_select_related = ["slide", "version__run__dataset"]
    search_fields = ["slide__name", "slide__patient", "version__name", "key"]
    fields = [
        "slide", "version", "tissue_bar", "threshold", "exposure", "key", "map", "map_sha256",
        "columns", "rows", "side_l0", "assessed_count", "tumour_count", "slide_score", "warnings",
        "provenance", "created_by", "created_at", *JOB_FIELDS,
    ]  # fmt: skip
    readonly_fields = fields


@admin.register(Evaluation)
class EvaluationAdmin(ReadOnlyAdmin):
    list_display = ["id", "prediction", "annotation", "tumour_bar", "created_at"]
    list_filter = ["prediction__version", "prediction__exposure"]
    list_select_related = ["prediction__slide", "prediction__version", "annotation__slide"]
    search_fields = ["prediction__slide__name", "prediction__version__name"]


@admin.register(Cohort)
class CohortAdmin(ReadOnlyAdmin):
    list_display = ["id", "version", "name", "is_synthetic", "created_at"]
    list_filter = ["version", "name", "is_synthetic"]
    list_select_related = ["version"]


@admin.register(GateRun)
class GateRunAdmin(JobAdmin):
    nudge = staticmethod(tasks.try_at_gate.delay_on_commit)
    list_display = ["id", "version", "live", "verdict", "status", "percent_done", "created_at"]
    list_filter = ["verdict", "status", "version"]
    list_select_related = ["version", "live"]
    search_fields = ["version__name", "test_sha256"]
    fields = [
        "version", "live", "margin", "verdict", "checks", "test_slides", "test_sha256", "cohort",
        "created_by", "created_at", *JOB_FIELDS,
    ]  # fmt: skip
    readonly_fields = fields


@admin.register(Report)
class ReportAdmin(JobAdmin):
    nudge = staticmethod(tasks.make_report.delay_on_commit)
    list_display = ["id", "name", "subset", "status", "percent_done", "is_synthetic", "created_at"]
    list_filter = ["status", "subset", "is_synthetic"]
    search_fields = ["name", "inputs_sha256", "versions__name"]
    fields = [
        "name", "subset", "versions", "order", "tissue_bar", "inputs", "inputs_sha256",
        "is_synthetic", "created_by", "created_at", *JOB_FIELDS,
    ]  # fmt: skip
    readonly_fields = fields


@admin.register(Promotion)
class PromotionAdmin(ReadOnlyAdmin):
    list_display = ["id", "kind", "version", "previous", "by", "at"]
    list_filter = ["kind"]
    list_select_related = ["version", "previous", "by"]
    search_fields = ["version__name", "override"]


@admin.register(MapImport)
class MapImportAdmin(JobAdmin):
    nudge = staticmethod(tasks.import_maps.delay_on_commit)
    list_display = ["id", "filename", "version", "status", "percent_done", "created_at"]
    list_filter = ["status"]
    list_select_related = ["version"]
    search_fields = ["filename", "version__name"]
    fields = [
        "filename", "bytes", "terms", "version", "created_by", "created_at", *JOB_FIELDS,
    ]  # fmt: skip
    readonly_fields = fields
