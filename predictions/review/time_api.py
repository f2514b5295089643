"""Reading times over HTTP."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from predictions.review.times import Asked, by_reader
from slides.roles import AnnotatorPermission


class ReadingTimeViewSet(viewsets.ViewSet):
    """Active seconds of signed readings: your own, or all that an admin may see."""

    permission_classes = [AnnotatorPermission]

    @extend_schema(
        parameters=[
            OpenApiParameter("since", OpenApiTypes.DATE, description="The last 90 days if absent"),
            OpenApiParameter("until", OpenApiTypes.DATE),
            OpenApiParameter("reader", str, description="For admins"),
            OpenApiParameter("study", str, description="A study's number, or routine"),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def list(self, request: Request) -> Response:
        """By reader: n, median with its exact 95 % interval, quartiles and total, in s."""
        asked = Asked.of(request.query_params.dict())
        told = [one.as_json() for one in by_reader(asked, request.user)]
        return Response({"since": str(asked.since), "until": str(asked.until), "readers": told})
