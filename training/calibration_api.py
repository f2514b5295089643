"""Calibration and operating point over HTTP, as actions on a version."""

from dataclasses import replace
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from slides.api import valid
from training import calibrating, calibration_figures
from training.calibration_serializers import (
    CalibrateSerializer,
    CalibrationSerializer,
    ScoresSerializer,
)
from training.scored import ScoresError


class CalibrationActions:
    """What a viewset of versions can do with their operating points."""

    @extend_schema(responses=CalibrationSerializer, filters=False)
    @action(detail=True, pagination_class=None)
    def calibration(self: Any, request: Request, pk: str) -> Response:
        """Threshold, calibration, reliability and curves on validation patches."""
        facts = calibration_figures.facts(self.get_object())
        return Response(CalibrationSerializer(facts).data)

    @extend_schema(responses=ScoresSerializer, filters=False)
    @action(detail=True, pagination_class=None)
    def scores(self: Any, request: Request, pk: str) -> Response:
        """The validation patches that calibration and operating point were chosen on."""
        try:
            columns = calibration_figures.scores(self.get_object())
        except ScoresError as refusal:
            raise NotFound(str(refusal), refusal.code) from refusal
        return Response(ScoresSerializer(columns).data)

    @extend_schema(request=CalibrateSerializer, responses={201: CalibrationSerializer})
    @action(detail=True, methods=["post"])
    def calibrate(self: Any, request: Request, pk: str) -> Response:
        """Make a candidate of the same weights with another operating point or calibration.

        From the stored validation scores, without training; the version itself stays as it is.
        """
        version = self.get_object()
        wanted = valid(CalibrateSerializer, request)
        name = wanted.pop("name", "")
        new = calibrating.recalibrate(
            version=version,
            terms=replace(calibrating.terms_of(version), **wanted),
            name=name,
            created_by=request.user,
        )
        return Response(CalibrationSerializer(calibration_figures.facts(new)).data, status=201)
