"""Datasets, runs and model versions over HTTP for scripts."""

from pathlib import Path

from django.http import FileResponse
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from slides.api import FILE, JobViewSet, ReadViewSet, download, valid
from slides.roles import AdminPermission
from training import runs, tasks
from training.calibration_api import CalibrationActions
from training.mining_api import CorrectionActions
from training.models import ModelVersion, TrainingRun
from training.refusals import read_elsewhere
from training.serializers import (
    EpochSerializer,
    ExampleSerializer,
    NewRunSerializer,
    RunSerializer,
    StepSerializer,
    VersionSerializer,
)
from training.version_api import RegistryActions


def stored(path: Path | None) -> Path:
    """A file that a row names. Raises NotFound where it is not (yet) there."""
    if path is None or not path.is_file():
        raise NotFound("This file does not exist: the job that writes it has not finished.")
    return path


class RunViewSet(JobViewSet):
    """Fittings of a network to a dataset."""

    queryset = TrainingRun.objects.select_related("dataset", "version", "created_by")
    serializer_class = RunSerializer
    filterset_fields = [
        "status", "dataset", "architecture", "experiment", "fold", "dataset__is_synthetic",
    ]  # fmt: skip
    ordering_fields = ["id", "created_at", "finished_at"]
    nudge = staticmethod(tasks.train_run.delay_on_commit)

    @extend_schema(request=NewRunSerializer, responses={201: RunSerializer})
    def create(self, request: Request) -> Response:
        """Queue a training run on a dataset that is frozen, or about to be."""
        run = runs.create_run(**valid(NewRunSerializer, request), created_by=request.user)
        self.nudge(run.pk)
        return self.answer(run.pk, 201)

    @extend_schema(responses=EpochSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def history(self, request: Request, pk: str) -> Response:
        """Loss, AUC, recall, precision and learning rate of every epoch so far."""
        return Response(self.get_object().history)

    @extend_schema(responses=StepSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def steps(self, request: Request, pk: str) -> Response:
        """The curve between epochs, thinned to some hundred points."""
        return Response(self.get_object().steps)

    @extend_schema(responses=ExampleSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def examples(self, request: Request, pk: str) -> Response:
        """The worst mistakes of the last validation, and some patches that went well."""
        return Response(self.get_object().examples)


class VersionViewSet(CalibrationActions, CorrectionActions, RegistryActions, ReadViewSet):
    """Networks that can be used, with what explains them."""

    queryset = ModelVersion.objects.select_related("run", "parent").live_first()
    serializer_class = VersionSerializer
    filterset_fields = ["name", "stage", "architecture", "is_synthetic", "run", "run__dataset"]
    ordering_fields = ["id", "created_at", "name"]

    @extend_schema(responses=FILE)
    @action(detail=True, permission_classes=[AdminPermission])
    def weights(self, request: Request, pk: str) -> FileResponse:
        """The weights file; its SHA-256 is on the row. For admins."""
        version = self.get_object()
        if version.is_read_elsewhere:
            raise NotFound(read_elsewhere(version, "give away"))
        path = stored(version.weights_path)
        return download(path.open("rb"), path.name)
