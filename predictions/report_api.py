"""Reports over HTTP: asking, reading, slides one by one, files."""

from typing import Any

from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from predictions import report_exports, report_inputs, reports, tasks
from predictions.cockpit_api import CockpitActions
from predictions.models import Report
from predictions.release_api import ReleaseActions
from predictions.report_file_api import FileActions
from predictions.report_serializers import (
    NewReportSerializer,
    ReportDetailSerializer,
    ReportSerializer,
    ReportSlideSerializer,
    ReportSlideTermsSerializer,
)
from slides.api import JobViewSet, valid
from training.models import ModelVersion

CSV = {(200, "text/csv"): OpenApiTypes.STR}


class ReportFilter(filters.FilterSet):
    version = filters.ModelChoiceFilter(
        field_name="versions", queryset=ModelVersion.objects.all(), label="One of its versions"
    )
    name = filters.CharFilter(lookup_expr="icontains")

    class Meta:
        model = Report
        fields = ["status", "subset", "is_synthetic", "inputs_sha256"]


class ReportViewSet(FileActions, CockpitActions, ReleaseActions, JobViewSet):
    """Versions measured over slides, and against each other."""

    queryset = Report.objects.select_related("created_by").defer("results")
    serializer_class = ReportSerializer
    filterset_class = ReportFilter
    ordering_fields = ["id", "created_at", "finished_at", "name"]
    nudge = staticmethod(tasks.make_report.delay_on_commit)

    def list(self, request: Request) -> Response:
        """Reports without their figures, newest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        context = self.get_serializer_context() | {"changes": report_inputs.changes(page)}
        return self.get_paginated_response(ReportSerializer(page, many=True, context=context).data)

    @extend_schema(responses=ReportDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """A report with every figure and all that it was made of."""
        return Response(self._whole(self.get_object()))

    @extend_schema(
        request=NewReportSerializer,
        responses={201: ReportDetailSerializer, 200: ReportDetailSerializer},
    )
    def create(self, request: Request) -> Response:
        """Ask for a report: 201 if it is new, 200 if the same was asked for before."""
        wanted = valid(NewReportSerializer, request)
        newest = Report.objects.values_list("pk", flat=True).order_by("-pk").first() or 0
        row = reports.request_report(**wanted, created_by=request.user)
        return self._asked(row, newest)

    @extend_schema(
        request=None, responses={201: ReportDetailSerializer, 200: ReportDetailSerializer}
    )
    @action(detail=True, methods=["post"])
    def again(self, request: Request, pk: str) -> Response:
        """The same question of truths, maps and thresholds as they are now; the old row stays."""
        newest = Report.objects.values_list("pk", flat=True).order_by("-pk").first() or 0
        return self._asked(
            reports.request_again(self.get_object(), created_by=request.user), newest
        )

    def _asked(self, row: Report, newest: int) -> Response:
        if row.status == Report.Status.QUEUED:
            self.nudge(row.pk)
        return Response(self._whole(row), status=201 if row.pk > newest else 200)

    def _whole(self, row: Report) -> dict[str, Any]:
        context = self.get_serializer_context() | {"changes": report_inputs.changes([row])}
        return dict(ReportDetailSerializer(row, context=context).data)

    @extend_schema(
        parameters=[ReportSlideTermsSerializer], responses=ReportSlideSerializer(many=True)
    )
    @action(detail=True)
    def slides(self, request: Request, pk: str) -> Response:
        """Slides one by one, page by page."""
        terms = valid(ReportSlideTermsSerializer, request, request.query_params)
        found = [
            {"version": pk} | entry
            for pk, version in report_exports.versions_of(self.get_object())
            for entry in version["slides"]
            if _is_meant(pk, entry, terms)
        ]
        page = self.paginate_queryset(found)
        return self.get_paginated_response(ReportSlideSerializer(page, many=True).data)

    @extend_schema(responses=CSV)
    @action(detail=True, url_path=r"figures\.csv", url_name="figures-csv")
    def figures_csv(self, request: Request, pk: str) -> HttpResponse:
        """Every figure, one a row, unrounded."""
        return HttpResponse(
            report_exports.figures_csv(self.get_object()), "text/csv; charset=utf-8"
        )

    @extend_schema(responses=CSV)
    @action(detail=True, url_path=r"slides\.csv", url_name="slides-csv")
    def slides_csv(self, request: Request, pk: str) -> HttpResponse:
        """Every slide under every version, one a row."""
        return HttpResponse(report_exports.slides_csv(self.get_object()), "text/csv; charset=utf-8")


def _is_meant(pk: int, entry: dict[str, Any], terms: dict[str, Any]) -> bool:
    if terms.get("version") not in (None, pk):
        return False
    if terms["has_tumour"] not in (None, entry["has_tumour"]):
        return False
    return terms.get("node_class") in (None, entry["node_class"])
