"""The drawing of a slide over HTTP: read it, follow its changes, send edits, finish a revision."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from slides import drawing, presence, revisions
from slides.api import valid
from slides.drawing_serializers import (
    BadRegionsSerializer,
    ChangesQuerySerializer,
    ChangesSerializer,
    DrawingSerializer,
    EditSerializer,
    FinishSerializer,
    OutcomeSerializer,
)
from slides.models import Slide
from slides.roles import AnnotatorPermission
from slides.serializers import AnnotationSerializer


class DrawingViewSet(viewsets.GenericViewSet):
    """What is drawn on a slide now: its latest revision and the edits after it."""

    queryset = Slide.objects.all()
    permission_classes = [AnnotatorPermission]
    parser_classes = [JSONParser]
    lookup_value_regex = r"\d+"
    filter_backends: list[Any] = []
    pagination_class = None

    @extend_schema(responses=DrawingSerializer)
    @action(detail=True, url_path="drawing", url_name="now")
    def now(self, request: Request, pk: str) -> Response:
        """All regions as they are now, each with an id, and who else has them open."""
        slide = self.get_object()
        facts = {"now": drawing.current(slide), "editors": presence.others(slide.pk)}
        return Response(DrawingSerializer(facts).data)

    @extend_schema(parameters=[ChangesQuerySerializer], responses=ChangesSerializer)
    @action(detail=True, url_path="drawing/changes", url_name="changes")
    def changes(self, request: Request, pk: str) -> Response:
        """Regions that changed after a sequence, as they stand; tells others that you are here."""
        slide = self.get_object()
        asked = valid(ChangesQuerySerializer, request, request.query_params)
        device = str(asked.get("device", ""))
        if device:
            presence.heartbeat(
                slide.pk,
                device=device,
                name=drawing.name_of(request.user),
                is_drawing=asked["drawing"],
            )
        since = drawing.since(slide, asked["after"])
        facts = {"since": since, "editors": presence.others(slide.pk, device)}
        return Response(ChangesSerializer(facts).data)

    @extend_schema(
        request=EditSerializer,
        responses={
            201: OutcomeSerializer,
            200: OpenApiResponse(OutcomeSerializer, description="This key was known already"),
            422: BadRegionsSerializer,
        },
    )
    @action(detail=True, methods=["post"], url_path="drawing/edits", url_name="edits")
    def edits(self, request: Request, pk: str) -> Response:
        """Change regions. What others changed after you looked is left alone and told."""
        slide = self.get_object()
        wanted = valid(EditSerializer, request)
        _check_author(request, wanted)
        try:
            outcome = drawing.take_edit(
                slide=slide,
                sender=revisions.Sender(request.user, wanted["key"], wanted["device"]),
                wishes=[
                    drawing.Wish(change["id"], change["feature"], change["was"])
                    for change in wanted["changes"]
                ],
            )
        except drawing.BadRegions as bad:
            body = {"code": bad.code, "detail": str(bad), "regions": bad.regions}
            return Response(body, status=422)
        return Response(OutcomeSerializer(outcome).data, status=201 if outcome.is_new else 200)

    @extend_schema(
        request=FinishSerializer,
        responses={
            201: AnnotationSerializer,
            200: OpenApiResponse(AnnotationSerializer, description="It held everything already"),
        },
    )
    @action(detail=True, methods=["post"], url_path="drawing/revision", url_name="finish")
    def finish(self, request: Request, pk: str) -> Response:
        """Make one revision of the edits that are in none yet."""
        slide = self.get_object()
        wanted = valid(FinishSerializer, request)
        _check_author(request, wanted)
        revision, is_new = revisions.finish(
            slide=slide,
            author=request.user,
            note=wanted["note"],
            is_exhaustive=wanted["isExhaustive"],
        )
        if revision is None:
            raise NotFound("Nothing was ever drawn on this slide.")
        context = self.get_serializer_context()
        body = AnnotationSerializer(revision, context=context).data
        return Response(body, status=201 if is_new else 200)


def _check_author(request: Request, wanted: dict[str, Any]) -> None:
    """Nobody's strokes are taken in under another name, whoever has logged in meanwhile."""
    if wanted.get("author", request.user.pk) != request.user.pk:
        raise PermissionDenied(
            f"You are logged in as {drawing.name_of(request.user)}, who did not draw this. "
            "Log in as whoever drew it.",
            "other_reader",
        )
