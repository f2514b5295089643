"""Slides, annotations and uploads in the Django admin: look, filter, cancel, queue again."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect

from slides import audit, services, tasks, withheld
from slides.jobs import Job, Reason
from slides.models import (
    Annotation,
    AuditEvent,
    Bookmark,
    Edit,
    PendingTruth,
    SeenTissue,
    Slide,
    Upload,
)

JOB_FIELDS = [
    "status", "percent_done", "done_count", "total_count", "rate", "attempt", "lost_count",
    "queued_at", "started_at", "heartbeat_at", "finished_at", "cancel_requested", "reason", "error",
]  # fmt: skip


class GuardedAdmin(admin.ModelAdmin):
    """Rows but for those that are kept from whoever asks.

    told_of_deleted: fields that the audit log keeps of a row that is removed.
    """

    told_of_deleted: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return withheld.without_kept(super().get_queryset(request), request.user)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """What somebody removes by hand stays in the audit log, by its checksum too."""
        told = {name: getattr(obj, name) for name in self.told_of_deleted}
        with transaction.atomic():
            audit.record(request.user, "delete", obj, **told)
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        with transaction.atomic():
            for row in queryset:
                self.delete_model(request, row)


class ReadOnlyAdmin(GuardedAdmin):
    """Rows that only services write: the admin shows them and may delete them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class JobAdmin(GuardedAdmin):
    """Rows that a worker carries out: everything it measured is shown and not edited.

    nudge: the task's delay_on_commit, told the row's id when it is queued again.
    """

    actions = ["cancel", "requeue"]
    list_filter: Any = ["status", "reason"]
    date_hierarchy = "queued_at"
    nudge: Callable[[int], Any]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description="Cancel", permissions=["change"])
    def cancel(self, request: HttpRequest, rows: QuerySet) -> None:
        active = [job for job in rows if job.is_active]
        for job in active:
            job.request_cancel()
        self.message_user(request, f"{len(active)} cancelled or asked to stop.")

    @admin.action(description="Queue again (ended without result)", permissions=["change"])
    def requeue(self, request: HttpRequest, rows: QuerySet) -> None:
        ended = rows.filter(status__in=[Job.Status.FAILED, Job.Status.CANCELLED])
        queued = [job.pk for job in ended if job.requeue()]
        for pk in queued:
            type(self).nudge(pk)
        self.message_user(request, f"{len(queued)} queued again.", messages.SUCCESS)


@admin.register(Slide)
class SlideAdmin(JobAdmin):
    nudge = staticmethod(tasks.ingest_slide.delay_on_commit)
    list_display = [
        "name", "patient", "node", "subset", "is_synthetic", "status", "stage", "mpp", "reason",
    ]  # fmt: skip
    list_filter = ["status", "subset", "is_synthetic", "reason", "format"]
    search_fields = ["name", "patient", "original_name", "sha256"]
    fields = [
        "name", "patient", "node", "subset", "is_synthetic", "original_name", "uploaded_by",
        "created_at", "file", "sha256", "bytes", "stage", "format", "width", "height", "levels",
        "mpp", "mpp_source", "tissue_share", *JOB_FIELDS,
    ]  # fmt: skip
    readonly_fields = [name for name in fields if name not in {"name", "patient", "subset"}]
    list_select_related = ["uploaded_by"]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without the deletion of many at once, which would leave their files."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """Truth and predictions go with their slide, though none goes alone."""
        listed, counts, _, protected = super().get_deleted_objects(objs, request)
        return listed, counts, set(), protected

    def delete_model(self, request: HttpRequest, obj: Slide) -> None:
        services.delete_slide(obj, by=request.user)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except Reason as reason:
            self.message_user(request, str(reason), messages.ERROR)
            return redirect("admin:slides_slide_change", object_id)


@admin.register(Annotation)
class AnnotationAdmin(ReadOnlyAdmin):
    """Append-only: a change is the next revision, written by import or in the viewer."""

    list_display = ["slide", "revision", "source", "author", "tumour_area_px", "created_at"]
    list_filter = ["source", "is_exhaustive"]
    search_fields = ["slide__name", "source_name", "checksum"]
    list_select_related = ["slide", "author"]
    exclude = ["regions"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Edit)
class EditAdmin(ReadOnlyAdmin):
    """Append-only: edits come from drawing in the viewer and are held by the next revision."""

    list_display = ["slide", "sequence", "author", "device", "created_at"]
    list_filter = ["created_at"]
    search_fields = ["slide__name", "author__username", "key"]
    list_select_related = ["slide", "author"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(PendingTruth)
class PendingTruthAdmin(ReadOnlyAdmin):
    list_display = ["filename", "owner", "slide", "status", "wish", "bytes", "expires_at"]
    list_filter = ["status"]
    list_select_related = ["owner", "slide"]
    search_fields = ["filename", "owner__username", "slide__name"]


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    list_display = ["filename", "owner", "offset", "size", "slide", "created_at", "expires_at"]
    list_select_related = ["owner", "slide"]
    search_fields = ["filename", "owner__username"]


@admin.register(SeenTissue)
class SeenTissueAdmin(ReadOnlyAdmin):
    """What a reader looked at, written by the viewer alone."""

    list_display = ["slide", "reader", "columns", "rows", "updated_at"]
    list_filter = ["updated_at"]
    search_fields = ["slide__name", "reader__username"]
    list_select_related = ["slide", "reader"]
    exclude = ["bits"]


@admin.register(Bookmark)
class BookmarkAdmin(ReadOnlyAdmin):
    """Views that readers keep and may share; made and renamed in the viewer."""

    list_display = ["name", "slide", "author", "is_shared", "created_at"]
    list_filter = ["is_shared", "created_at"]
    search_fields = ["name", "slide__name", "author__username"]
    list_select_related = ["slide", "author"]


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """What happened is never edited, nor removed."""

    list_display = ["id", "at", "actor", "action", "subject_type", "subject_name"]
    list_filter = ["action", "subject_type", "actor"]
    search_fields = ["subject_name", "sha256"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
