"""The worklist over HTTP: filtered, ordered and paged as the page has it, assigned, begun."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from predictions.review import assigning, reviewing, saved_views
from predictions.review.models import SavedView, WorkItem
from predictions.review.visibility import visible_items
from predictions.review.work_filters import (
    ORDERS,
    SIZES,
    STATES,
    WHOSE,
    YES_NO,
    Filters,
    listed,
    scope_of,
)
from predictions.review.work_pages import PER_PAGE, counted, neighbours, next_unsigned, page_of
from predictions.review.work_rows import rows_of
from predictions.review.work_serializers import (
    AssignSerializer,
    BegunSerializer,
    ChangedSerializer,
    ItemsSerializer,
    NeighboursSerializer,
    SavedViewSerializer,
    ShareSerializer,
    UrgentSerializer,
    WorkPageSerializer,
    WorkSerializer,
)
from slides.api import valid
from slides.roles import AdminPermission, AnnotatorPermission

MOST_PER_PAGE = 200


def _choice(name: str, choices: dict[str, Any], words: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, enum=[key for key in choices if key], description=words)


FILTERS = [
    _choice("order", ORDERS, "score unless told; what is urgent comes first in each"),
    _choice("state", STATES, "Not signed yet unless told"),
    _choice("whose", WHOSE, "Yours and nobody's unless told"),
    OpenApiParameter("q", str, description="A part of the slide's or the patient's name"),
    OpenApiParameter("patient", str),
    _choice("urgent", YES_NO, ""),
    OpenApiParameter("version", int, description="That read it"),
    _choice("synthetic", YES_NO, ""),
    _choice("size", SIZES, "Of the largest finding"),
    _choice("second", YES_NO, "Whether something speaks against what was signed"),
    OpenApiParameter("study", int, description="Your work in a study, instead of routine work"),
]
PLACES = [
    OpenApiParameter("after", int, description="Work that the page comes after"),
    OpenApiParameter("before", int, description="Work that the page comes before"),
    OpenApiParameter("at", int, description="Work that the page begins with"),
    OpenApiParameter("page_size", int, description=f"{PER_PAGE} unless told, at most 200"),
]


class WorkViewSet(viewsets.GenericViewSet):
    """Slides that wait for a reader: routine work, and your own in studies."""

    queryset = WorkItem.objects.all()
    serializer_class = WorkSerializer
    permission_classes = [AnnotatorPermission]
    lookup_value_regex = r"\d{1,18}"
    filter_backends: list[Any] = []
    pagination_class = None

    def get_queryset(self) -> QuerySet[WorkItem]:
        kin = ("slide", "study", "assigned_to", "prediction__version")
        return visible_items(self.request.user).select_related(*kin)

    @extend_schema(parameters=[*FILTERS, *PLACES], responses=WorkPageSerializer)
    def list(self, request: Request) -> Response:
        """One page, each row with the reason why it is listed. Pages go from row to row."""
        scope = scope_of(request.user, _filters(request))
        page = page_of(scope, given=request.query_params, per_page=_page_size(request))
        count = counted(listed(scope))
        told = {
            "count": count.n,
            "is_more": count.is_more,
            "before": page.before,
            "after": page.after,
            "results": rows_of(scope, page.items),
        }
        return Response(WorkPageSerializer(told).data)

    @extend_schema(responses=WorkSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        item = self.get_object()
        study = str(item.study_id or "")
        scope = scope_of(request.user, Filters(study=study))
        return Response(WorkSerializer(rows_of(scope, [item])[0]).data)

    @extend_schema(parameters=FILTERS, responses=NeighboursSerializer)
    @action(detail=True)
    def neighbours(self, request: Request, pk: str) -> Response:
        """What comes before and after within a filter, also of work that has left it."""
        item, filters = self.get_object(), _filters(request)
        beside = neighbours(item, filters, request.user)
        told = {
            "previous": beside.previous,
            "next": beside.next,
            "next_unsigned": next_unsigned(item, filters, request.user),
        }
        return Response(NeighboursSerializer(told).data)

    @extend_schema(request=None, parameters=FILTERS, responses={201: BegunSerializer})
    @action(detail=True, methods=["post"])
    def begin(self, request: Request, pk: str) -> Response:
        """Take the work and open its review, or go on with it."""
        review = reviewing.begin(item=self.get_object(), reader=request.user)
        query = _filters(request).query
        address = review.get_absolute_url() + (f"?{query}" if query else "")
        return Response(BegunSerializer({"review": review.pk, "address": address}).data, 201)

    # By admins ----------------------------------------------------------------------

    @extend_schema(request=AssignSerializer, responses=ShareSerializer(many=True))
    @action(detail=False, methods=["post"], permission_classes=[AdminPermission])
    def assign(self, request: Request) -> Response:
        """Give routine work to readers, by hand, by lot, or balanced by findings."""
        wanted = valid(AssignSerializer, request)
        shares = assigning.assign(
            items=wanted["items"],
            to=wanted["readers"],
            way=wanted["way"],
            seed=wanted["seed"],
            by=request.user,
        )
        told = [{"reader": who.get_username(), "n": n} for who, n in shares.items()]
        return Response(ShareSerializer(told, many=True).data)

    @extend_schema(request=ItemsSerializer, responses=ChangedSerializer)
    @action(detail=False, methods=["post"], permission_classes=[AdminPermission])
    def unassign(self, request: Request) -> Response:
        """Give routine work back to nobody."""
        wanted = valid(ItemsSerializer, request)
        n = assigning.unassign(items=wanted["items"], by=request.user)
        return Response(ChangedSerializer({"changed": n}).data)

    @extend_schema(request=UrgentSerializer, responses=ChangedSerializer)
    @action(detail=False, methods=["post"])
    def urgent(self, request: Request) -> Response:
        """Put work before everything else, or back in its place."""
        wanted = valid(UrgentSerializer, request)
        rows = self.get_queryset().filter(pk__in=wanted["items"])
        n = assigning.mark_urgent(
            items=rows.values_list("pk", flat=True),
            is_urgent=wanted["is_urgent"],
            by=request.user,
        )
        return Response(ChangedSerializer({"changed": n}).data)


def _filters(request: Request) -> Filters:
    return Filters.of(request.query_params)


def _page_size(request: Request) -> int:
    told = request.query_params.get("page_size", "")
    if not told:
        return PER_PAGE
    if not (told.isascii() and told.isdigit() and 0 < int(told[:9]) <= MOST_PER_PAGE):
        raise ValidationError({"page_size": [f"From 1 to {MOST_PER_PAGE}, got {told!r}."]})
    return int(told)


class SavedViewViewSet(viewsets.GenericViewSet):
    """Worklists kept under a name: yours, and what colleagues share."""

    queryset = SavedView.objects.all()
    serializer_class = SavedViewSerializer
    permission_classes = [AnnotatorPermission]
    lookup_value_regex = r"\d{1,18}"
    filter_backends: list[Any] = []

    def get_queryset(self) -> QuerySet[SavedView]:
        return saved_views.views_of(self.request.user)

    @extend_schema(responses=SavedViewSerializer(many=True))
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(responses={201: SavedViewSerializer})
    def create(self, request: Request) -> Response:
        """Keep a list; your view of that name is replaced."""
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        told = {"query": "", **form.validated_data}
        view = saved_views.save_view(owner=request.user, **told)
        return Response(self.get_serializer(view).data, 201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Forget a view of yours."""
        saved_views.forget_view(view=self.get_object(), by=request.user)
        return Response(status=204)
