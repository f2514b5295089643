"""Predictions, evaluations, cohorts and all jobs over HTTP for scripts."""

from typing import Any

from django.db.models import Prefetch
from django.http import FileResponse, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from predictions import exports, gating, job_list, services, tasks
from predictions.models import Cohort, Evaluation, Prediction
from predictions.serializers import (
    CohortSerializer,
    EvaluationSerializer,
    ListedJobSerializer,
    MaskTermsSerializer,
    NewCohortSerializer,
    NewEvaluationSerializer,
    NewPredictionSerializer,
    PredictionSerializer,
)
from predictions.stitching import map_to_png
from slides.api import FILE, JobViewSet, ReadViewSet, download, valid
from slides.models import Slide

PNG = {(200, "image/png"): OpenApiTypes.BINARY}


class PredictionViewSet(JobViewSet):
    """One reading of a slide by a model version: a probability per grid cell."""

    queryset = Prediction.objects.select_related("slide", "version", "created_by")
    serializer_class = PredictionSerializer
    filterset_fields = ["slide", "version", "status", "exposure", "slide__subset"]
    ordering_fields = ["id", "created_at", "finished_at", "slide_score"]
    nudge = staticmethod(tasks.predict_slide.delay_on_commit)

    @extend_schema(
        request=NewPredictionSerializer,
        responses={201: PredictionSerializer, 200: PredictionSerializer},
    )
    def create(self, request: Request) -> Response:
        """Ask for a prediction: 201 if it is new, 200 if the same was asked for before."""
        wanted = valid(NewPredictionSerializer, request)
        wanted["version"] = wanted.get("version") or gating.require_live()
        known = set(Prediction.objects.filter(slide=wanted["slide"]).values_list("pk", flat=True))
        prediction = services.request_prediction(**wanted, created_by=request.user)
        if prediction.status == Prediction.Status.QUEUED:
            self.nudge(prediction.pk)
        return self.answer(prediction.pk, 200 if prediction.pk in known else 201)

    @extend_schema(responses=EvaluationSerializer)
    @action(detail=True)
    def metrics(self, request: Request, pk: str) -> Response:
        """The newest evaluation of this prediction; 404 without one."""
        mine = EvaluationViewSet.queryset.filter(prediction=self.get_object())
        evaluation = mine.order_by("-annotation__revision", "-pk").first()
        if evaluation is None:
            raise NotFound("This prediction has not been measured against a truth.")
        return Response(EvaluationSerializer(evaluation).data)

    @extend_schema(responses=FILE)
    @action(detail=True, url_path=r"map\.npz", url_name="map-npz")
    def map_npz(self, request: Request, pk: str) -> FileResponse:
        """The stored map: probabilities (NaN = not assessed), tissue share, grid, provenance."""
        prediction = self.get_object()
        services.load_map(prediction)
        file = prediction.map_path.open("rb")
        return download(file, exports.file_name(prediction, "map.npz"))

    @extend_schema(responses=PNG)
    @action(detail=True, url_path=r"map\.png", url_name="map-png")
    def map_png(self, request: Request, pk: str) -> HttpResponse:
        """One grey pixel per cell: 0 = not assessed, v = probability (v - 1) / 254."""
        prediction = self.get_object()
        picture = map_to_png(services.load_map(prediction).probabilities, prediction.threshold)
        return HttpResponse(picture, content_type="image/png")

    @extend_schema(parameters=[MaskTermsSerializer], responses=FILE)
    @action(detail=True, url_path=r"mask\.tif", url_name="mask-tif")
    def mask_tif(self, request: Request, pk: str) -> FileResponse:
        """A pyramidal TIFF of the slide's size: the mask at a threshold, or probabilities."""
        prediction = self.get_object()
        terms = valid(MaskTermsSerializer, request, request.query_params)
        terms.setdefault("threshold", prediction.threshold)
        path = exports.cached_mask(prediction, **terms)
        return download(path.open("rb"), exports.file_name(prediction, f"{terms['kind']}.tif"))


class EvaluationViewSet(ReadViewSet):
    """Predictions measured against revisions of the truth."""

    queryset = Evaluation.objects.select_related(
        "prediction__slide", "prediction__version", "annotation"
    ).defer("annotation__regions")
    serializer_class = EvaluationSerializer
    filterset_fields = ["prediction", "annotation", "prediction__slide", "prediction__version"]
    ordering_fields = ["id", "created_at"]

    @extend_schema(
        request=NewEvaluationSerializer,
        responses={201: EvaluationSerializer, 200: EvaluationSerializer},
    )
    def create(self, request: Request) -> Response:
        """Measure a map: 201 if the question is new, 200 if it was answered before."""
        wanted = valid(NewEvaluationSerializer, request)
        prediction = wanted["prediction"]
        truth = wanted.pop("annotation", None) or prediction.slide.truth
        if truth is None:
            raise services.NotPredicted("This slide has no truth to measure against.", "no_truth")
        known = set(prediction.evaluations.values_list("pk", flat=True))
        evaluation = services.evaluate(annotation=truth, **wanted)
        return self.answer(evaluation.pk, 200 if evaluation.pk in known else 201)


class CohortViewSet(ReadViewSet):
    """Versions measured over many slides, with intervals over patients."""

    queryset = Cohort.objects.select_related("version").prefetch_related(
        Prefetch("evaluations", Evaluation.objects.only("pk"))
    )
    serializer_class = CohortSerializer
    filterset_fields = ["version", "name", "is_synthetic"]
    ordering_fields = ["id", "created_at"]

    @extend_schema(
        request=NewCohortSerializer, responses={201: CohortSerializer, 200: CohortSerializer}
    )
    def create(self, request: Request) -> Response:
        """Measure a version over the slides of a subset that have a prediction and a truth."""
        wanted = valid(NewCohortSerializer, request)
        known = set(wanted["version"].cohorts.values_list("pk", flat=True))
        cohort = services.evaluate_cohort(**wanted)
        return self.answer(cohort.pk, 200 if cohort.pk in known else 201)


class JobListViewSet(viewsets.GenericViewSet):
    """What waits and runs, of every kind."""

    queryset = Slide.objects.none()
    serializer_class = ListedJobSerializer
    filter_backends: list[Any] = []

    def list(self, request: Request) -> Response:
        """Running jobs first, then those that wait, oldest first."""
        page = self.paginate_queryset(job_list.current())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)
