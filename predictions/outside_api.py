"""Maps of other programs coming in, results as the challenges' files going out."""

from django.http import StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from predictions import official_files, outside, tasks
from predictions.models import MapImport
from predictions.outside import ImportTerms
from predictions.outside_serializers import (
    MapImportSerializer,
    NewOutsideSerializer,
    ResultsTermsSerializer,
)
from slides.api import FILE, JobViewSet, on_disk, streamed, valid
from slides.roles import AdminPermission
from training.models import ModelVersion


class OutsideViewSet(JobViewSet):
    """Maps that another program made, on their way to be a version. For admins."""

    queryset = MapImport.objects.select_related("version", "created_by")
    serializer_class = MapImportSerializer
    permission_classes = [AdminPermission]
    filterset_fields = ["status", "version"]
    ordering_fields = ["id", "created_at", "finished_at"]
    parser_classes = [MultiPartParser, FormParser]
    nudge = staticmethod(tasks.import_maps.delay_on_commit)

    @extend_schema(
        request={"multipart/form-data": NewOutsideSerializer},
        responses={201: MapImportSerializer},
    )
    def create(self, request: Request) -> Response:
        """Send maps; a worker makes a version of them, the same version of the same maps.

        What is wrong with any row of any file is told in the error, a line each, and nothing is
        taken.
        """
        given = valid(NewOutsideSerializer, request)
        file = given.pop("file")
        with on_disk(file) as path:
            row = outside.request_import(
                path, ImportTerms(**given), filename=file.name, by=request.user
            )
        self.nudge(row.pk)
        return self.answer(row.pk, 201)


class ResultsViewSet(viewsets.GenericViewSet):
    """What a version has read, as the CAMELYON challenges' files."""

    queryset = ModelVersion.objects.select_related("run__dataset")
    serializer_class = ResultsTermsSerializer

    @extend_schema(parameters=[ResultsTermsSerializer], responses=FILE)
    def retrieve(self, request: Request, pk: str) -> StreamingHttpResponse:
        """A zip: lesions (confidence, X, Y) by slide, slide scores, stages, what is left out.

        It comes while maps are read; a map that is gone is named in about.json.
        """
        terms = valid(ResultsTermsSerializer, request, request.query_params)
        plan = official_files.planned(self.get_object(), **terms)
        return streamed(official_files.zip_parts(plan), official_files.zip_name(plan.results))
