"""The gate over HTTP: trying a version, making it live, going back."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from predictions import gating, promotion, tasks
from predictions.gate_serializers import (
    GateRunSerializer,
    NewGateRunSerializer,
    NewPromotionSerializer,
    PromotionSerializer,
)
from predictions.models import GateRun, Promotion
from slides.api import JobViewSet, ReadViewSet, valid


class GateRunViewSet(JobViewSet):
    """Versions tried for going live, with every figure."""

    queryset = GateRun.objects.select_related("version", "live", "created_by")
    serializer_class = GateRunSerializer
    filterset_fields = ["version", "status", "verdict", "live"]
    ordering_fields = ["id", "created_at", "finished_at"]
    nudge = staticmethod(tasks.try_at_gate.delay_on_commit)

    @extend_schema(request=NewGateRunSerializer, responses={201: GateRunSerializer})
    def create(self, request: Request) -> Response:
        """Queue a trial of a version: test set, live version, canaries, leaks."""
        wanted = valid(NewGateRunSerializer, request)
        row = gating.request_gate(wanted["version"], by=request.user)
        if row.status == GateRun.Status.QUEUED:
            self.nudge(row.pk)
        return self.answer(row.pk, 201)


class PromotionViewSet(ReadViewSet):
    """Changes of the live version, newest first."""

    queryset = Promotion.objects.select_related("version", "by")
    serializer_class = PromotionSerializer
    filterset_fields = ["version", "kind"]
    ordering_fields = ["id", "at"]

    @extend_schema(request=NewPromotionSerializer, responses={201: PromotionSerializer})
    def create(self, request: Request) -> Response:
        """Make a version live: through the gate, or with a reason where it could not decide."""
        wanted = valid(NewPromotionSerializer, request)
        row = promotion.promote(**wanted, by=request.user)
        return self.answer(row.pk, 201)

    @extend_schema(request=None, responses={201: PromotionSerializer})
    @action(detail=False, methods=["post"], url_path="roll-back", url_name="roll-back")
    def roll_back(self, request: Request) -> Response:
        """Make the version live that was live before."""
        return self.answer(promotion.roll_back(by=request.user).pk, 201)
