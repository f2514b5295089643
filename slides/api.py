"""Slides and annotations over HTTP for scripts, and what every viewset shares."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db.models import Max, QuerySet
from django.http import FileResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from slides import annotations, services, tasks, withheld
from slides.jobs import Job, Reason
from slides.models import Annotation, Slide
from slides.outlines import Reading
from slides.roles import AnnotatorPermission
from slides.serializers import (
    AnnotationSerializer,
    MppSerializer,
    NodeSerializer,
    SlideSerializer,
    SlideUploadSerializer,
    TruthUploadSerializer,
)
from slides.storage import file_name
from slides.truth_terms import number_from

FILE = {(200, "application/octet-stream"): OpenApiTypes.BINARY}


def valid(serializer: type[Serializer], request: Request, data: Any = None) -> dict[str, Any]:
    """What the request asks for, checked. Raises ValidationError by field."""
    form = serializer(data=request.data if data is None else data)
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def download(file: BinaryIO, filename: str) -> FileResponse:
    return FileResponse(
        file, as_attachment=True, filename=filename, content_type="application/octet-stream"
    )


def streamed(parts: Iterator[bytes], filename: str) -> StreamingHttpResponse:
    """A file that is made while it is sent."""
    return StreamingHttpResponse(
        parts,
        content_type="application/octet-stream",
        headers={"Content-Disposition": content_disposition_header(True, filename)},
    )


@contextmanager
def on_disk(file: UploadedFile) -> Iterator[Path]:
    """A file that came with a request, under its own name in a folder that goes with the block."""
    root = Path(settings.UPLOAD_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=root, prefix="api-") as folder:
        path = Path(folder) / file_name(file.name or "")
        with path.open("wb") as target:
            for chunk in file.chunks():
                target.write(chunk)
        yield path


class ReadViewSet(viewsets.ReadOnlyModelViewSet):
    """Rows to list, filter, order and read."""

    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet:
        """The rows, but for those that are kept from whoever asks."""
        return withheld.without_kept(super().get_queryset(), self.request.user)

    def answer(self, pk: int, status: int = 200) -> Response:
        """A row just written, as this viewset reads it; 404 where it is kept from who wrote it."""
        row = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(self.get_serializer(row).data, status=status)


class JobViewSet(ReadViewSet):
    """Rows that a worker carries out: they can be cancelled and, once ended badly, retried.

    nudge: the task's delay_on_commit, told the id of a row that was queued.
    """

    nudge: Callable[[int], Any]

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """A queued job ends at once, a running one at its next report."""
        job = self.get_object()
        job.request_cancel()
        return self.answer(job.pk)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Queue a job again that failed or was cancelled."""
        job = self.get_object()
        if job.status not in {Job.Status.FAILED, Job.Status.CANCELLED} or not job.requeue():
            raise Reason(
                f"This job is {job.status}; only a failed or cancelled one can be tried again.",
                "conflict",
            )
        self.nudge(job.pk)
        return self.answer(job.pk)


class SlideFilter(filters.FilterSet):
    name = filters.CharFilter(lookup_expr="icontains")
    has_truth = filters.BooleanFilter("truth_revision", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Slide
        fields = ["subset", "status", "stage", "patient", "node", "is_synthetic", "sha256"]


class SlideViewSet(JobViewSet):
    """Whole-slide images and how their intake goes."""

    queryset = Slide.objects.select_related("uploaded_by").order_by("name", "pk")
    serializer_class = SlideSerializer
    filterset_class = SlideFilter
    ordering_fields = ["id", "name", "patient", "created_at", "bytes", "tissue_share"]
    parser_classes = [JSONParser, FormParser, MultiPartParser]
    nudge = staticmethod(tasks.ingest_slide.delay_on_commit)

    def get_queryset(self) -> QuerySet[Slide]:
        """Slides with the number of their latest truth, where it is not kept from who asks."""
        told = withheld.told(self.request.user, withheld.Kept.TRUTH)
        return (
            super()
            .get_queryset()
            .annotate(truth_revision=Max("annotations__revision", filter=told or None))
        )

    @extend_schema(
        request={"multipart/form-data": SlideUploadSerializer}, responses={201: SlideSerializer}
    )
    def create(self, request: Request) -> Response:
        """Send a whole slide file in one request; its intake is queued."""
        said = valid(SlideUploadSerializer, request)
        file = said.pop("file")
        with on_disk(file) as path:
            slide = services.register_file(
                path,
                original_name=file.name,
                said=services.Said(**said),
                keep=services.Keep.MOVE,
                uploaded_by=request.user,
            )
        self.nudge(slide.pk)
        return self.answer(slide.pk, 201)

    def destroy(self, request: Request, pk: str) -> Response:
        """Remove a slide with its truth and predictions, unless a dataset holds it."""
        services.delete_slide(self.get_object(), by=request.user)
        return Response(status=204)

    @extend_schema(request=MppSerializer)
    @action(detail=True, methods=["patch"])
    def mpp(self, request: Request, pk: str) -> Response:
        """Say how many um a level-0 px measures, whatever the file says."""
        slide = services.set_mpp(self.get_object(), mpp=valid(MppSerializer, request)["mpp"])
        return self.answer(slide.pk)

    @extend_schema(request=NodeSerializer)
    @action(detail=True, methods=["patch"])
    def node(self, request: Request, pk: str) -> Response:
        """Say which lymph node the slide is of; several slides may be of one."""
        node = valid(NodeSerializer, request)["node"]
        slide = services.set_node(self.get_object(), node=node, by=request.user)
        return self.answer(slide.pk)

    @extend_schema(responses=AnnotationSerializer)
    @action(detail=True, permission_classes=[AnnotatorPermission])
    def truth(self, request: Request, pk: str) -> Response:
        """The latest revision of what people say is in this slide; 404 where nobody has."""
        truth = self.get_object().truth
        if truth is None:
            raise NotFound("This slide has no truth yet.")
        return _annotation_answer(self, truth, 200)

    @extend_schema(
        request={
            "multipart/form-data": TruthUploadSerializer,
            "application/json": TruthUploadSerializer,
        },
        responses={
            201: AnnotationSerializer,
            200: OpenApiResponse(AnnotationSerializer, description="Already there, word for word"),
        },
    )
    @truth.mapping.post
    def add_truth(self, request: Request, pk: str) -> Response:
        """Keep a file, GeoJSON regions, or the word that the slide is normal: one more revision."""
        slide = self.get_object()
        wanted = valid(TruthUploadSerializer, request)
        if wanted["is_normal"]:
            before = slide.truth
            kept = annotations.declare_normal(slide=slide, author=request.user, note=wanted["note"])
            return _annotation_answer(self, kept, 200 if kept == before else 201)
        with on_disk(_truth_file(wanted)) as path:
            done = annotations.import_truth(
                slide=slide, path=path, author=request.user, terms=_terms(wanted)
            )
        return _annotation_answer(self, done.annotation, 201 if done.is_new else 200)

    @extend_schema(
        parameters=[
            OpenApiParameter("revision", int, OpenApiParameter.PATH),
            OpenApiParameter("mpp", float, description="um per px; the slide's own if absent"),
        ],
        responses=FILE,
    )
    @action(
        detail=True,
        url_path=r"truth/(?P<revision>\d+)/label-mask",
        url_name="label-mask",
        permission_classes=[AnnotatorPermission],
    )
    def label_mask(self, request: Request, pk: str, revision: str) -> FileResponse:
        """A revision as a pyramidal TIFF with one value a label; the legend is in its description.

        Refused (no_mpp, bad_mpp) where um per px are unknown or finer than the slide's.
        """
        annotation = self.get_object().annotations.filter(revision=int(revision)).first()
        if annotation is None:
            raise NotFound("This slide has no such revision.")
        mpp = number_from(request.query_params, "mpp")
        mpp = annotations.require_mask_mpp(annotation.slide, mpp)
        file = annotations.exported(annotation, "label-mask", mpp).open("rb")
        return download(file, annotations.export_name(annotation, "label-mask", mpp))


def _annotation_answer(view: viewsets.GenericViewSet, row: Annotation, status: int) -> Response:
    context = view.get_serializer_context()
    return Response(AnnotationSerializer(row, context=context).data, status=status)


def _truth_file(wanted: dict[str, Any]) -> UploadedFile:
    """The file sent, or the regions sent as one."""
    if wanted.get("file"):
        return wanted["file"]
    content = json.dumps(wanted["regions"]).encode()
    return SimpleUploadedFile("regions.geojson", content)


def _terms(wanted: dict[str, Any]) -> annotations.Terms:
    words = [word for word in wanted["labels"].split(",") if word.strip()]
    return annotations.Terms(
        reading=Reading.from_words(words, tumour_value=wanted["tumour_value"]),
        scale=wanted["scale"],
        is_forced=wanted["is_forced"],
        is_exhaustive=wanted["is_exhaustive"],
    )


class AnnotationViewSet(ReadViewSet):
    """Revisions of slides' truth. Append-only: add one at a slide's `truth`."""

    queryset = Annotation.objects.select_related("slide", "author").defer("regions").order_by("-pk")
    serializer_class = AnnotationSerializer
    filterset_fields = ["slide", "source", "author__username", "is_exhaustive", "revision"]
    ordering_fields = ["id", "created_at", "revision", "tumour_area_px"]

    @extend_schema(responses={(200, "application/geo+json"): OpenApiTypes.OBJECT})
    @action(detail=True)
    def geojson(self, request: Request, pk: str) -> FileResponse:
        """The outlines as GeoJSON in level-0 px, as QuPath reads it."""
        return self._exported("geojson")

    @extend_schema(responses=FILE)
    @action(detail=True, url_path="asap", url_name="asap")
    def asap_xml(self, request: Request, pk: str) -> FileResponse:
        """The outlines as ASAP XML."""
        return self._exported("xml")

    @extend_schema(responses=FILE)
    @action(detail=True)
    def ncrf(self, request: Request, pk: str) -> FileResponse:
        """Tumour and what is cut out of it as NCRF JSON."""
        return self._exported("ncrf")

    @extend_schema(responses=FILE)
    @action(detail=True)
    def mask(self, request: Request, pk: str) -> FileResponse:
        """The outlines as a pyramidal mask TIFF of the slide's size."""
        return self._exported("mask")

    def _exported(self, kind: str) -> FileResponse:
        annotation = self.get_object()
        file = annotations.exported(annotation, kind).open("rb")
        return download(file, annotations.export_name(annotation, kind))
