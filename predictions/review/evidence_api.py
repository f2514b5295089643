"""Evidence of a signed review over HTTP: have it made, see how it goes, take it away."""

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from predictions.review import evidence, tasks
from predictions.review.models import Evidence, Review
from predictions.review.visibility import visible_reviews
from slides.api import FILE, download
from slides.roles import AnnotatorPermission
from slides.serializers import JOB_FIELDS, LINKS, JobSerializer, link

A_SUM = "1d6f4f4f8f1f6b1c1d4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c57f3c1f0b"


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A bundle that was made",
            response_only=True,
            value={
                "review": 12,
                "is_here": True,
                "bytes": 1834211,
                "file_sha256": A_SUM,
                "manifest_sha256": A_SUM[::-1],
                "status": "done",
                "links": {"file": "https://site/api/reviews/12/bundle/file/"},
            },
        )
    ]
)
class EvidenceSerializer(JobSerializer):
    """A signed review as one file that proves itself, and how its making goes."""

    is_here = serializers.BooleanField(read_only=True, help_text="It can be taken away")
    links = serializers.SerializerMethodField()

    class Meta:
        model = Evidence
        fields = ["review", "is_here", "bytes", "file_sha256", "manifest_sha256"] + [
            *JOB_FIELDS,
            "links",
        ]
        read_only_fields = fields

    @extend_schema_field(LINKS)
    def get_links(self, row: Evidence) -> dict[str, str]:
        return {"file": link(self, "api-review-bundle-file", row.review_id)}


class EvidenceViewSet(viewsets.GenericViewSet):
    """Bundles of reviews that you may see."""

    serializer_class = EvidenceSerializer
    permission_classes = [AnnotatorPermission]
    lookup_value_regex = r"\d+"
    filter_backends: list[Any] = []
    pagination_class = None

    def get_queryset(self) -> QuerySet[Review]:
        return visible_reviews(self.request.user).select_related("slide", "prediction")

    @extend_schema(responses=EvidenceSerializer)
    @action(detail=True, url_path="bundle", url_name="state")
    def bundle(self, request: Request, pk: str) -> Response:
        """How the making of the bundle goes; 404 where nobody asked for it."""
        return self._answer(_made(self.get_object()), 200)

    @extend_schema(request=None, responses={200: EvidenceSerializer, 202: EvidenceSerializer})
    @bundle.mapping.post
    def make(self, request: Request, pk: str) -> Response:
        """Have the bundle made, at once or by a worker; one that is there is left as it is."""
        review = self.get_object()
        row = evidence.request_evidence(review, by=request.user)
        if row.status == Evidence.Status.QUEUED:
            if evidence.is_quick(review):
                tasks.run_evidence(row)
            else:
                tasks.make_evidence.delay_on_commit(row.pk)
        return self._answer(row, 200 if row.is_here else 202)

    @extend_schema(responses=FILE)
    @action(detail=True, url_path="bundle/file", url_name="file")
    def file(self, request: Request, pk: str) -> FileResponse:
        """Take the bundle away. The audit log is told, with the manifest's checksum."""
        row = _made(self.get_object())
        if not row.is_here:
            raise NotFound("The bundle is not made yet; see its status.")
        evidence.note_export(row, by=request.user)
        return download(row.path.open("rb"), evidence.file_name(row))

    def _answer(self, row: Evidence, status: int) -> Response:
        context = {"request": self.request}
        return Response(EvidenceSerializer(row, context=context).data, status=status)


def _made(review: Review) -> Evidence:
    row = Evidence.objects.select_related("review").filter(review=review).first()
    if row is None:
        raise NotFound("Nobody has had a bundle of this review made yet: POST here.")
    return row
