"""What became of a reader's corrections over HTTP."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from predictions.review.ledger import asked
from predictions.review.ledger_files import as_json
from slides.roles import AnnotatorPermission


class CorrectionViewSet(viewsets.ViewSet):
    """Corrections of signed reviews, and the versions that learnt from them."""

    permission_classes = [AnnotatorPermission]

    @extend_schema(
        parameters=[
            OpenApiParameter("reader", str, description="Another reader's: for admins only")
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def list(self, request: Request) -> Response:
        """Yours, newest first; differences are of a version and the one it went on from."""
        return Response(as_json(asked(request.user, request.query_params.get("reader", ""))))
