"""A report to print and its curves as pictures, over HTTP."""

from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import GenericViewSet

from predictions import report_document, report_pictures, report_plots
from predictions.models import Report
from predictions.report_serializers import ReportPlotSerializer

PDF = {(200, "application/pdf"): OpenApiTypes.BINARY}
PICTURES = {
    (200, "image/png"): OpenApiTypes.BINARY,
    (200, "image/svg+xml"): OpenApiTypes.STR,
}
EXAMPLE = {
    "id": "froc",
    "title": "Lesions found (FROC)",
    "x": "false findings per slide",
    "y": "share of lesions found",
    "based_on": "18 lesions, 39 slides, 14 patients",
    "png": "https://sentinode.example/api/reports/1/plots/froc.png/",
    "svg": "https://sentinode.example/api/reports/1/plots/froc.svg/",
}


class FileActions(GenericViewSet):
    """What of a report goes on paper and into papers. Words follow `Accept-Language`."""

    @extend_schema(responses=PDF)
    @action(detail=True, url_path=r"report\.pdf", url_name="pdf")
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """All of a done report: figures with n and interval, curves, slides, origin."""
        pages = report_document.pdf_of(self._done())
        name = f'attachment; filename="report-{pk}.pdf"'
        return HttpResponse(pages, "application/pdf", headers={"Content-Disposition": name})

    @extend_schema(
        responses=ReportPlotSerializer(many=True),
        examples=[OpenApiExample("A plot", EXAMPLE, response_only=True)],
    )
    @action(detail=True, filterset_class=None)
    def plots(self, request: Request, pk: str) -> Response:
        """Which curves a done report has, and where their pictures are."""
        told = [self._plot(request, pk, plot) for plot in report_plots.plots_of(self._done())]
        page = self.paginate_queryset(told)
        return self.get_paginated_response(ReportPlotSerializer(page, many=True).data)

    def _plot(self, request: Request, pk: str, plot: dict[str, Any]) -> dict[str, Any]:
        arguments = [pk, plot["id"]]
        addresses = {
            kind: reverse("api-report-plot", args=[*arguments, kind], request=request)
            for kind in report_pictures.KINDS
        }
        return plot | addresses

    @extend_schema(
        operation_id="reports_plot_retrieve",
        responses=PICTURES,
        parameters=[
            OpenApiParameter("name", str, "path", description="As `plots` lists it: `froc`"),
            OpenApiParameter("kind", str, "path", enum=list(report_pictures.KINDS)),
        ],
    )
    @action(detail=True, url_path=r"plots/(?P<name>[\w-]+)\.(?P<kind>png|svg)", url_name="plot")
    def plot(self, request: Request, pk: str, name: str, kind: str) -> HttpResponse:
        """One curve with its band, for every version."""
        row = self._done()
        try:
            plot = report_pictures.plot_of(row, name)
        except report_pictures.NoSuchPlot as error:
            raise Http404(str(error)) from error
        content = report_pictures.plot_file(row, plot, kind)
        return HttpResponse(content, report_pictures.KINDS[kind])

    def _done(self) -> Report:
        row: Report = self.get_object()
        if row.status != Report.Status.DONE:
            raise Http404(f"report {row.pk} is {row.status}; only a done one has files")
        return row
