"""Maps of other programs coming in, results as the challenges' files going out."""

from django.http import StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from predictions import official_files, outside
from predictions.outside import ImportTerms
from predictions.outside_serializers import NewOutsideSerializer, ResultsTermsSerializer
from slides.api import FILE, on_disk, streamed, valid
from slides.roles import AdminPermission
from training.models import ModelVersion
from training.serializers import VersionSerializer


class OutsideViewSet(viewsets.GenericViewSet):
    """Maps that another program made, on their way to be a version. For admins."""

    queryset = ModelVersion.objects.none()
    serializer_class = VersionSerializer
    permission_classes = [AdminPermission]
    parser_classes = [MultiPartParser, FormParser]

    @extend_schema(
        request={"multipart/form-data": NewOutsideSerializer},
        responses={201: VersionSerializer, 200: VersionSerializer},
    )
    def create(self, request: Request) -> Response:
        """Make a version of maps: 201 if it is new, 200 if the same maps came before.

        What is wrong with any row of any file is told, a line each, and nothing is taken.
        """
        given = valid(NewOutsideSerializer, request)
        known = set(ModelVersion.objects.values_list("pk", flat=True))
        with on_disk(given.pop("file")) as path:
            version = outside.import_archive(path, ImportTerms(**given), by=request.user)
        status = 200 if version.pk in known else 201
        return Response(self.get_serializer(version).data, status=status)


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
