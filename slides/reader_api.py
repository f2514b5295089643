"""What a reader keeps of a slide over HTTP: the tissue they have seen, and bookmarks."""

from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from slides import seen, withheld
from slides.api import valid
from slides.models import Bookmark, Slide
from slides.reader_serializers import (
    BookmarkChangeSerializer,
    BookmarkSerializer,
    SeenPartSerializer,
    SeenQuerySerializer,
    SeenSerializer,
    SeenSummarySerializer,
)
from slides.roles import AnnotatorPermission, is_admin


class SeenViewSet(viewsets.GenericViewSet):
    """The tissue that a reader has looked at under 10x or more."""

    queryset = Slide.objects.ready()
    permission_classes = [AnnotatorPermission]
    parser_classes = [JSONParser]
    lookup_value_regex = r"\d+"
    filter_backends: list[Any] = []
    pagination_class = None

    @extend_schema(parameters=[SeenQuerySerializer], responses=SeenSerializer)
    @action(detail=True, url_path="seen", url_name="tissue")
    def tissue(self, request: Request, pk: str) -> Response:
        """What you have seen of a slide; an admin may ask for another reader's."""
        slide, reader = self.get_object(), self._asked_for(request)
        is_own = reader == request.user
        if not is_own and withheld.is_kept(request.user, withheld.Kept.MARKS, slide.pk):
            raise PermissionDenied("You read this slide yourself, in a blinded study.")
        return Response(SeenSerializer(seen.standing(slide, reader)).data)

    @extend_schema(request=SeenPartSerializer, responses=SeenSummarySerializer)
    @tissue.mapping.put
    def look_at(self, request: Request, pk: str) -> Response:
        """Add what you have looked at. It is merged: two windows lose nothing of each other."""
        part = valid(SeenPartSerializer, request)["part"]
        now = seen.look_at(self.get_object(), request.user, part)
        return Response(SeenSummarySerializer(now).data)

    @extend_schema(responses={204: None})
    @tissue.mapping.delete
    def start_over(self, request: Request, pk: str) -> Response:
        """Forget what you have seen of this slide."""
        seen.start_over(self.get_object(), request.user)
        return Response(status=204)

    def _asked_for(self, request: Request) -> User:
        name = valid(SeenQuerySerializer, request, request.query_params).get("reader")
        if name is None or name == request.user.get_username():
            return request.user
        if not is_admin(request.user):
            raise PermissionDenied("What a reader has seen is shown to them and to admins only.")
        return get_object_or_404(User, username=name)


class BookmarkViewSet(
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet,
):
    """Named places on slides: one's own, and those that colleagues share."""

    queryset = Bookmark.objects.select_related("author", "slide").order_by("pk")
    serializer_class = BookmarkSerializer
    permission_classes = [AnnotatorPermission]
    parser_classes = [JSONParser]
    lookup_value_regex = r"\d+"
    filterset_fields = ["slide", "is_shared"]

    def get_queryset(self) -> QuerySet[Bookmark]:
        visible = self.queryset.visible_to(self.request.user)
        return withheld.without_kept(visible, self.request.user)

    def perform_create(self, serializer: BookmarkSerializer) -> None:
        serializer.save(author=self.request.user)

    @extend_schema(request=BookmarkChangeSerializer, responses=BookmarkSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Give a bookmark of yours another name, share it, or keep it to yourself."""
        bookmark = self._own()
        form = BookmarkChangeSerializer(bookmark, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        form.save()
        return Response(self.get_serializer(bookmark).data)

    def perform_destroy(self, instance: Bookmark) -> None:
        self._own().delete()

    def _own(self) -> Bookmark:
        bookmark = self.get_object()
        if bookmark.author_id != self.request.user.pk:
            raise PermissionDenied("Only the one who set a bookmark may change or remove it.")
        return bookmark
