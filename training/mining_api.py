"""Minings, corrections and retraining over HTTP for scripts."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from slides.api import JobViewSet, valid
from training import corrections, mining, retraining, tasks
from training.mining_serializers import (
    CorrectionsSerializer,
    MinedPatchSerializer,
    MiningSerializer,
    NewMiningSerializer,
    RetrainingSerializer,
    RetrainSerializer,
)
from training.models import Mining


class MiningViewSet(JobViewSet):
    """Versions looking for their worst false alarms in tissue known to be normal."""

    queryset = Mining.objects.select_related("version", "created_by").prefetch_related("slides")
    serializer_class = MiningSerializer
    filterset_fields = ["status", "version", "slides"]
    ordering_fields = ["id", "created_at", "finished_at"]
    nudge = staticmethod(tasks.mine_negatives.delay_on_commit)

    @extend_schema(request=NewMiningSerializer, responses={201: MiningSerializer})
    def create(self, request: Request) -> Response:
        """Queue a mining: training-side development slides with a truth only."""
        wanted = valid(NewMiningSerializer, request)
        row = mining.request_mining(**wanted, created_by=request.user)
        self.nudge(row.pk)
        return self.answer(row.pk, 201)

    @extend_schema(responses=MinedPatchSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def patches(self, request: Request, pk: str) -> Response:
        """What it kept, the worst first."""
        found = mining.found_by(self.get_object())
        names = ("row", "column", "x_l0", "y_l0", "mpp", "author")
        rows = [
            {name: patch[name].item() for name in names}
            | {"slide": int(patch["slide_id"]), "score": float(score)}
            for patch, score in zip(found.patches, found.scores, strict=True)
        ]
        return Response(MinedPatchSerializer(rows, many=True).data)


class CorrectionActions:
    """What a viewset of versions can do with corrections made since."""

    @extend_schema(responses=CorrectionsSerializer, filters=False)
    @action(detail=True, pagination_class=None)
    def corrections(self: Any, request: Request, pk: str) -> Response:
        """What people corrected since the version's dataset was pinned, and who said so."""
        told = corrections.since(self.get_object())
        return Response(CorrectionsSerializer(told).data)

    @extend_schema(request=RetrainSerializer, responses={201: RetrainingSerializer})
    @action(detail=True, methods=["post"])
    def retrain(self: Any, request: Request, pk: str) -> Response:
        """Go on from this version on a dataset of the latest truths, split as before."""
        version = self.get_object()
        wanted = valid(RetrainSerializer, request)
        begun = retraining.retrain(version=version, created_by=request.user, **wanted)
        tasks.nudge_first(begun)
        return Response(RetrainingSerializer(begun).data, status=201)
