"""Reviews over HTTP: begun, judged finding by finding, signed, superseded."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from predictions.review import carrying, reviewing, signing, tasks
from predictions.review.findings import conclusion_of
from predictions.review.models import Review, Verdict
from predictions.review.review_serializers import (
    BeginSerializer,
    CarriedSerializer,
    ChangedElsewhereSerializer,
    JudgementSerializer,
    LeftOpenSerializer,
    LeftSerializer,
    NewVerdictSerializer,
    ReviewFindingsSerializer,
    ReviewSerializer,
    SignSerializer,
    StandingFindingsSerializer,
    StrokeSerializer,
    SupersedeSerializer,
    VerdictSerializer,
)
from predictions.review.visibility import visible_items, visible_reviews
from slides.api import valid
from slides.roles import AnnotatorPermission

CHANGED = OpenApiResponse(ChangedElsewhereSerializer, description="Said in another window")
LEFT_OPEN = OpenApiResponse(LeftOpenSerializer, description="What is left to do or to confirm")
KIN = ("item__study", "slide", "prediction__version", "reader", "annotation", "superseded_by")


class ReviewFilter(filters.FilterSet):
    reader = filters.CharFilter("reader__username")
    study = filters.NumberFilter("item__study")
    patient = filters.CharFilter("slide__patient")
    signed_after = filters.IsoDateTimeFilter("signed_at", lookup_expr="gte")
    signed_before = filters.IsoDateTimeFilter("signed_at", lookup_expr="lt")

    class Meta:
        model = Review
        fields = ["slide", "item", "state", "conclusion", "is_adequate"]


class ReviewViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Reviews that you may see: your own, signed ones, and what no study keeps back."""

    queryset = Review.objects.all()
    serializer_class = ReviewFindingsSerializer
    permission_classes = [AnnotatorPermission]
    parser_classes = [JSONParser]
    lookup_value_regex = r"\d+"
    filterset_class = ReviewFilter
    ordering_fields = ["id", "begun_at", "signed_at", "active_seconds"]

    def get_queryset(self) -> QuerySet[Review]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return visible_reviews(self.request.user).select_related(*KIN).order_by("-pk")

    def get_serializer_class(self) -> Any:
        return ReviewSerializer if self.action == "list" else self.serializer_class

    @extend_schema(request=BeginSerializer, responses={201: ReviewFindingsSerializer})
    def create(self, request: Request) -> Response:
        """Begin a work item, or go on with it: the slide is yours then."""
        items = visible_items(request.user)
        form = BeginSerializer(data=request.data)
        form.fields["item"].queryset = items
        form.is_valid(raise_exception=True)
        review = reviewing.begin(item=form.validated_data["item"], reader=request.user)
        return self._answer(review.pk, 201)

    @extend_schema(request=JudgementSerializer, responses=ReviewFindingsSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Say of the slide whether it can be judged, and what it holds."""
        review, said = self.get_object(), valid(JudgementSerializer, request)
        review = reviewing.judge_slide(review=review, by=request.user, **said)
        return self._answer(review.pk)

    # Verdicts ----------------------------------------------------------------------

    @extend_schema(responses=VerdictSerializer(many=True))
    @action(detail=True, pagination_class=None, filter_backends=[])
    def verdicts(self, request: Request, pk: str) -> Response:
        """All verdicts in the order they were given, undone ones too."""
        given = self.get_object().verdicts.select_related("by", "undoes").order_by("sequence")
        return Response(VerdictSerializer(given, many=True).data)

    @extend_schema(
        request=NewVerdictSerializer,
        responses={201: StandingFindingsSerializer, 409: CHANGED},
    )
    @verdicts.mapping.post
    def give(self, request: Request, pk: str) -> Response:
        """Say something of a finding, or add one. It is kept at once, and once for its key."""
        review, wanted = self.get_object(), valid(NewVerdictSerializer, request)
        after = wanted.pop("after")
        said = reviewing.Said(**wanted)
        try:
            verdict = reviewing.give_verdict(review=review, said=said, by=request.user, after=after)
        except reviewing.ChangedElsewhere as changed:
            return _changed(changed)
        return _standing(review, [verdict])

    @extend_schema(request=StrokeSerializer, responses={201: StandingFindingsSerializer})
    @action(detail=True, methods=["post"], url_path="accept-rest", url_name="accept-rest")
    def accept_rest(self, request: Request, pk: str) -> Response:
        """Accept all findings that are still open, in one stroke."""
        review, wanted = self.get_object(), valid(StrokeSerializer, request)
        given = reviewing.accept_rest(review=review, by=request.user, key=wanted["key"])
        return _standing(review, given)

    @extend_schema(
        request=StrokeSerializer, responses={201: StandingFindingsSerializer, 409: CHANGED}
    )
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Undo the last stroke; again and again, back to the beginning."""
        review, wanted = self.get_object(), valid(StrokeSerializer, request)
        try:
            given = reviewing.undo(review=review, by=request.user, **wanted)
        except reviewing.ChangedElsewhere as changed:
            return _changed(changed)
        return _standing(review, given)

    # Its end -----------------------------------------------------------------------

    @extend_schema(responses=LeftSerializer(many=True))
    @action(detail=True, pagination_class=None, filter_backends=[])
    def left(self, request: Request, pk: str) -> Response:
        """What signing would ask about."""
        return Response(LeftSerializer(signing.still_open(self.get_object()), many=True).data)

    @extend_schema(
        request=SignSerializer, responses={200: ReviewFindingsSerializer, 409: LEFT_OPEN}
    )
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, pk: str) -> Response:
        """Freeze the review as it stands. Signed, it is never changed."""
        review, wanted = self.get_object(), valid(SignSerializer, request)
        terms = signing.Terms(**wanted | {"knowing": frozenset(wanted["knowing"])})
        try:
            review = signing.sign(review=review, by=request.user, terms=terms)
        except (signing.LeftOpen, signing.OtherReading) as error:
            return _not_signed(error)
        tasks.after_signing.delay_on_commit(review.pk)
        return self._answer(review.pk)

    @extend_schema(request=None, responses={201: CarriedSerializer})
    @action(detail=True, methods=["post"], url_path="carry-over", url_name="carry-over")
    def carry_over(self, request: Request, pk: str) -> Response:
        """Go on with what the slide was read by since: decisions are carried over by overlap."""
        carried = carrying.carry_over(review=self.get_object(), by=request.user)
        row = Review.objects.select_related(*KIN).get(pk=carried.review.pk)
        carried.review = row
        body = CarriedSerializer(carried, context=self.get_serializer_context()).data
        return Response(body, status=201)

    @extend_schema(request=SupersedeSerializer, responses={201: ReviewFindingsSerializer})
    @action(detail=True, methods=["post"])
    def supersede(self, request: Request, pk: str) -> Response:
        """Begin the review that is to take a signed one's place; that one holds until then."""
        review, wanted = self.get_object(), valid(SupersedeSerializer, request)
        following = signing.supersede(review=review, by=request.user, **wanted)
        return self._answer(following.pk, 201)

    @extend_schema(request=None, responses=ReviewSerializer)
    @action(detail=True, methods=["post"])
    def leave(self, request: Request, pk: str) -> Response:
        """Give the review up: the slide waits for a reader again, what you said stays."""
        review = reviewing.leave(review=self.get_object(), by=request.user)
        return Response(ReviewSerializer(review, context=self.get_serializer_context()).data)

    def _answer(self, pk: int, status: int = 200) -> Response:
        row = Review.objects.select_related(*KIN).get(pk=pk)
        return Response(self.get_serializer(row).data, status=status)


def _standing(review: Review, given: list[Verdict]) -> Response:
    """What a stroke made of the review."""
    found = reviewing.shown_findings(review)
    about = {one.finding for one in given}
    rows = Verdict.objects.filter(pk__in=[one.pk for one in given])
    body = {
        "verdicts": rows.select_related("by", "undoes").order_by("sequence"),
        "findings": [one for one in found if one.key in about],
        "suggested": conclusion_of(found),
        "last": max((one.last for one in found), default=0),
    }
    return Response(StandingFindingsSerializer(body).data, status=201)


def _not_signed(error: signing.LeftOpen | signing.OtherReading) -> Response:
    body = {
        "code": error.code,
        "detail": str(error),
        "left": getattr(error, "left", []),
        "reading": getattr(error, "reading", None),
    }
    return Response(LeftOpenSerializer(body).data, status=409)


def _changed(error: reviewing.ChangedElsewhere) -> Response:
    body = {"code": error.code, "detail": str(error), "finding": error.finding}
    return Response(ChangedElsewhereSerializer(body).data, status=409)
