"""Notices over HTTP: one's own, to read and to mark as read."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from predictions.review import notices
from predictions.review.alarm_serializers import NoticeSerializer, ReadNoticesSerializer
from predictions.review.models import Notice
from slides.roles import AnnotatorPermission


class NoticeFilter(filters.FilterSet):
    is_unread = filters.BooleanFilter("read_at", lookup_expr="isnull")

    class Meta:
        model = Notice
        fields = ["kind"]


class NoticeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """What you were told in the page, newest first."""

    queryset = Notice.objects.all()
    serializer_class = NoticeSerializer
    permission_classes = [AnnotatorPermission]
    lookup_value_regex = r"\d+"
    filterset_class = NoticeFilter
    ordering_fields = ["id", "created_at"]

    def get_queryset(self) -> QuerySet[Notice]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return Notice.objects.filter(user=self.request.user).order_by("-created_at", "-pk")

    @extend_schema(request=None, responses=NoticeSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """Mark one as read."""
        notice = self.get_object()
        notices.mark_read(request.user, notice)
        notice.refresh_from_db()
        return Response(self.get_serializer(notice).data)

    @extend_schema(operation_id="notices_read_all", request=None, responses=ReadNoticesSerializer)
    @action(detail=False, methods=["post"], url_path="read", url_name="read-all")
    def read_all(self, request: Request) -> Response:
        """Mark all of yours as read."""
        return Response({"read": notices.mark_read(request.user)})
