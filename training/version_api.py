"""Cards, bundles, ONNX files and stages of versions over HTTP, and bundles coming in."""

from django.http import FileResponse
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from slides.api import FILE, JobViewSet, download, on_disk, valid
from slides.formats import download_name
from slides.roles import AdminPermission
from training import cards, exports, tasks, versions
from training.models import ModelVersion, OnnxExport, VersionImport
from training.version_serializers import (
    BundleSerializer,
    CardSerializer,
    CardTextsSerializer,
    NewImportSerializer,
    OnnxSerializer,
    StageChangeSerializer,
    VersionImportSerializer,
)

PLACES = {"archive": versions.archive, "restore": versions.restore}


class RegistryActions:
    """What the API of versions does for the registry."""

    @extend_schema(responses=CardSerializer, filters=False)
    @action(detail=True)
    def card(self, request: Request, pk: str) -> Response:
        """The version's card; its Markdown is at the page's card.md."""
        return Response(cards.as_json(self.get_object()))

    @extend_schema(request=CardTextsSerializer, responses=CardSerializer)
    @card.mapping.patch
    def edit_card(self, request: Request, pk: str) -> Response:
        """Write texts of the card; what they said before is kept in the audit log."""
        texts = valid(CardTextsSerializer, request)
        version = versions.edit_card(self.get_object(), texts, by=request.user)
        return Response(cards.as_json(version))

    @extend_schema(responses=FILE)
    @action(detail=True, permission_classes=[AdminPermission])
    def bundle(self, request: Request, pk: str) -> FileResponse:
        """The bundle made last, as a file. For admins."""
        made = exports.newest_bundle(self.get_object())
        if made is None:
            raise NotFound("No bundle of this version lies here: POST here to make one.")
        return download(made[1].path.open("rb"), made[1].filename)

    @extend_schema(request=None, responses={201: BundleSerializer})
    @bundle.mapping.post
    def make_bundle(self, request: Request, pk: str) -> Response:
        """Make the version's bundle; tell its receiver the SHA-256 by another way."""
        made = exports.make_bundle(self.get_object(), by=request.user)
        return Response(BundleSerializer(made).data, status=201)

    @extend_schema(responses=OnnxSerializer)
    @action(detail=True, permission_classes=[AdminPermission])
    def onnx(self, request: Request, pk: str) -> Response:
        """How the version's ONNX file comes along. For admins."""
        return Response(OnnxSerializer(_onnx(self.get_object())).data)

    @extend_schema(request=None, responses={202: OnnxSerializer})
    @onnx.mapping.post
    def make_onnx(self, request: Request, pk: str) -> Response:
        """Have a worker write the version as ONNX; the same file is not written twice."""
        row = exports.request_onnx(self.get_object(), by=request.user)
        if row.status == OnnxExport.Status.QUEUED:
            tasks.export_onnx.delay_on_commit(row.pk)
        return Response(OnnxSerializer(row).data, status=202)

    @extend_schema(responses=FILE)
    @action(
        detail=True,
        url_path=r"file\.onnx",
        url_name="onnx-file",
        permission_classes=[AdminPermission],
    )
    def onnx_file(self, request: Request, pk: str) -> FileResponse:
        """The version as ONNX; its SHA-256 is on the row. For admins."""
        row = _onnx(self.get_object())
        if row.path is None or not row.path.is_file():
            raise NotFound("The ONNX file is not written (yet).")
        return download(row.path.open("rb"), download_name(f"{row.version.name}.onnx"))

    @extend_schema(request=StageChangeSerializer)
    @action(detail=True, methods=["post"])
    def stage(self, request: Request, pk: str) -> Response:
        """Archive a candidate or restore an archived version. To go live: POST to promotions."""
        to = valid(StageChangeSerializer, request)["to"]
        version = PLACES[to](self.get_object(), by=request.user)
        return self.answer(version.pk)


def _onnx(version: ModelVersion) -> OnnxExport:
    row = version.exports.first()
    if row is None:
        raise NotFound("Nobody asked for an ONNX file of this version: POST here to have one.")
    return row


class VersionImportViewSet(JobViewSet):
    """Bundles on their way to be versions. For admins."""

    queryset = VersionImport.objects.select_related("version", "created_by")
    serializer_class = VersionImportSerializer
    permission_classes = [AdminPermission]
    filterset_fields = ["status", "version", "sha256"]
    ordering_fields = ["id", "created_at"]
    parser_classes = [MultiPartParser, FormParser]
    nudge = staticmethod(tasks.import_version.delay_on_commit)

    @extend_schema(
        request={"multipart/form-data": NewImportSerializer},
        responses={201: VersionImportSerializer},
    )
    def create(self, request: Request) -> Response:
        """Send a bundle and its SHA-256; a worker checks it and makes a candidate of it."""
        given = valid(NewImportSerializer, request)
        with on_disk(given["file"]) as path:
            row = exports.request_import(
                path,
                filename=given["file"].name,
                sha256=given["sha256"],
                version_name=given.get("version_name", ""),
                by=request.user,
            )
        self.nudge(row.pk)
        return self.answer(row.pk, 201)
