"""Datasets over HTTP for scripts."""

from typing import Any

from django.db.models import Prefetch
from django.http import FileResponse, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from slides.api import FILE, JobViewSet, download, valid
from slides.models import Slide
from training import datasets, tasks
from training.api import stored
from training.dataset_pictures import PictureMissing, sample_jpeg
from training.dataset_serializers import (
    DatasetSerializer,
    LeakSerializer,
    NewDatasetSerializer,
    SampleSerializer,
)
from training.models import Dataset


class DatasetViewSet(JobViewSet):
    """Tables of patches: previewed, then frozen. As a job, a dataset is that work."""

    queryset = Dataset.objects.select_related("created_by").prefetch_related(
        Prefetch("slides", Slide.objects.only("pk").order_by("pk")), "minings"
    )
    serializer_class = DatasetSerializer
    filterset_fields = ["status", "goal", "is_synthetic", "name", "slides", "parent"]
    ordering_fields = ["id", "created_at", "name"]
    nudge = staticmethod(tasks.freeze_dataset.delay_on_commit)

    @extend_schema(request=NewDatasetSerializer, responses={201: DatasetSerializer})
    def create(self, request: Request) -> Response:
        """Pin slides and truths now, and queue the preview or the freezing (goal)."""
        wanted = valid(NewDatasetSerializer, request)
        dataset = datasets.create_dataset(**wanted, created_by=request.user)
        self.nudge(dataset.pk)
        return self.answer(dataset.pk, 201)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def freeze(self, request: Request, pk: str) -> Response:
        """Queue the freezing of just what was previewed."""
        dataset = datasets.ask_to_freeze(self.get_object())
        self.nudge(dataset.pk)
        return self.answer(dataset.pk)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def preview(self, request: Request, pk: str) -> Response:
        """Queue another look at a dataset that is not frozen yet."""
        dataset = datasets.ask_for_preview(self.get_object())
        self.nudge(dataset.pk)
        return self.answer(dataset.pk)

    @extend_schema(responses=FILE)
    @action(detail=True)
    def manifest(self, request: Request, pk: str) -> FileResponse:
        """The table of patches itself; its SHA-256 is on the row."""
        path = stored(self.get_object().manifest_path)
        return download(path.open("rb"), path.name)

    @extend_schema(responses=LeakSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def leaks(self, request: Request, pk: str) -> Response:
        """Pairs of slides across the split that stop the freezing."""
        return Response(self.get_object().leaks)

    @extend_schema(responses=SampleSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def samples(self, request: Request, pk: str) -> Response:
        """Some of the patches, tumour first."""
        return Response(self.get_object().samples)

    @extend_schema(responses={(200, "image/jpeg"): bytes}, filters=False)
    @action(detail=True, url_path=r"samples/(?P<place>\d{1,4})")
    def sample(self, request: Request, pk: str, place: str) -> Any:
        """The picture of one of them, as a network reads it."""
        try:
            jpeg, _ = sample_jpeg(self.get_object(), int(place))
        except PictureMissing as error:
            raise NotFound(str(error)) from error
        return HttpResponse(jpeg, content_type="image/jpeg")
