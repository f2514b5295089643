"""Experiments over HTTP for scripts."""

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from slides.api import JobViewSet, valid
from training import tasks
from training.experiment_exports import as_csv, as_markdown
from training.experiment_serializers import (
    ExperimentDetailSerializer,
    ExperimentSerializer,
    NewExperimentSerializer,
    RowSerializer,
)
from training.experiments import create_experiment, create_run_like
from training.models import Experiment
from training.serializers import RunSerializer

MARKDOWN = {(200, "text/markdown"): OpenApiTypes.STR}
CSV = {(200, "text/csv"): OpenApiTypes.STR}


class ExperimentViewSet(JobViewSet):
    """Several runs that answer one question: zoom levels, cross-validation, a search."""

    queryset = Experiment.objects.select_related("created_by")
    serializer_class = ExperimentSerializer
    filterset_fields = ["status", "kind", "name", "is_synthetic"]
    ordering_fields = ["id", "created_at", "name"]
    nudge = staticmethod(tasks.carry_out_experiment.delay_on_commit)

    @extend_schema(request=NewExperimentSerializer, responses={201: ExperimentDetailSerializer})
    def create(self, request: Request) -> Response:
        """Ask for an experiment; settings left out take their defaults."""
        wanted = valid(NewExperimentSerializer, request)
        row = create_experiment(
            kind=wanted["kind"],
            name=wanted["name"],
            created_by=request.user,
            **wanted["plan"],
        )
        self.nudge(row.pk)
        return Response(self._whole(row), status=201)

    @extend_schema(responses=ExperimentDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """The experiment with its results so far."""
        return Response(self._whole(self.get_object()))

    def _whole(self, row: Experiment) -> dict:
        return ExperimentDetailSerializer(row, context=self.get_serializer_context()).data

    @extend_schema(responses=MARKDOWN)
    @action(detail=True)
    def markdown(self, request: Request, pk: str) -> HttpResponse:
        """Its table as Markdown."""
        return HttpResponse(as_markdown(self.get_object()), "text/markdown; charset=utf-8")

    @extend_schema(responses=CSV)
    @action(detail=True)
    def csv(self, request: Request, pk: str) -> HttpResponse:
        """Its table as CSV, numbers unrounded."""
        return HttpResponse(as_csv(self.get_object()), "text/csv; charset=utf-8")

    @extend_schema(request=RowSerializer, responses={201: RunSerializer})
    @action(detail=True, methods=["post"])
    def train(self, request: Request, pk: str) -> Response:
        """Queue a run that leaves a version, with the best trial's settings or a row's."""
        place = valid(RowSerializer, request)["row"]
        run = create_run_like(self.get_object(), place=place, created_by=request.user)
        tasks.train_run.delay_on_commit(run.pk)
        return Response(RunSerializer(run, context=self.get_serializer_context()).data, status=201)
