"""Studies over HTTP, and what an adjudicator decides between two readers."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from predictions.review import (
    adjudicating,
    study_progress,
    study_results,
    studying,
    tasks,
    visibility,
)
from predictions.review.adjudication_facts import facts_of
from predictions.review.models import Review, Study, WorkItem
from predictions.review.study_serializers import (
    AdjudicationSerializer,
    NewStudySerializer,
    ProgressSerializer,
    ResultsSerializer,
    StudySerializer,
    TakeSerializer,
)
from predictions.review.studying import People, Rules
from slides.api import ReadViewSet, valid
from slides.roles import AnnotatorPermission

KIN = ("item__study", "slide", "prediction__version", "reader")
RULES = ("name", "readings", "is_unaided_first", "is_blinded", "seed")


class StudyViewSet(mixins.DestroyModelMixin, ReadViewSet):
    """Studies that you take part in, and closed ones; all to an admin."""

    queryset = Study.objects.select_related("adjudicator").prefetch_related("readers")
    serializer_class = StudySerializer
    filterset_fields = ["state", "is_unaided_first", "is_blinded", "readings"]
    ordering_fields = ["id", "name", "created_at"]

    def get_queryset(self) -> QuerySet[Study]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        visible = visibility.visible_studies(self.request.user)
        return super().get_queryset().filter(pk__in=visible.values("pk")).order_by("-pk")

    @extend_schema(request=NewStudySerializer, responses={201: StudySerializer})
    def create(self, request: Request) -> Response:
        """Set a study up. Nobody reads in it before it is opened."""
        wanted = valid(NewStudySerializer, request)
        sentinels = {one["slide"].pk: one["answer"] for one in wanted["sentinels"]}
        known = [one["slide"] for one in wanted["sentinels"]]
        study = studying.make(
            rules=Rules(**{name: wanted[name] for name in RULES}),
            people=People(wanted["readers"], wanted["adjudicator"]),
            slides=[*wanted["slides"], *known],
            sentinels=sentinels,
            by=request.user,
        )
        return self.answer(study.pk, 201)

    def perform_destroy(self, instance: Study) -> None:
        """Take away a study that was never opened."""
        studying.discard(study=instance, by=self.request.user)

    @extend_schema(request=None, responses=StudySerializer)
    @action(detail=True, methods=["post"])
    def open(self, request: Request, pk: str) -> Response:
        """Deal the slides out among the readers; they are told."""
        study = studying.open_study(study=self.get_object(), by=request.user)
        return self.answer(study.pk)

    @extend_schema(request=None, responses=StudySerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """End a study: what is signed is shown to all, what is open is given up."""
        study = studying.close_study(study=self.get_object(), by=request.user)
        tasks.keep_study_corrections.delay_on_commit(study.pk)
        return self.answer(study.pk)

    @extend_schema(responses=ProgressSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def progress(self, request: Request, pk: str) -> Response:
        """How far the readers are; a reader of an open study sees their own row."""
        study = self.get_object()
        is_outside = visibility.shows_results(request.user, study)
        rows = study_progress.rows_of(study)
        own = [row for row in rows if is_outside or row.reader == request.user]
        return Response(ProgressSerializer(own, many=True).data)

    @extend_schema(responses=ResultsSerializer)
    @action(detail=True)
    def results(self, request: Request, pk: str) -> Response:
        """What the study comes to; to its readers once it is closed."""
        study = self.get_object()
        if not visibility.shows_results(request.user, study):
            raise PermissionDenied(
                _("The results are shown to its readers once the study is closed.")
            )
        return Response(study_results.results_of(study))


class AdjudicationViewSet(viewsets.GenericViewSet):
    """Reviews in the third seat: two readers' outlines, and what is taken of them."""

    queryset = Review.objects.all()
    serializer_class = AdjudicationSerializer
    permission_classes = [AnnotatorPermission]
    parser_classes = [JSONParser]
    lookup_value_regex = r"\d+"
    filter_backends: list[Any] = []
    pagination_class = None

    def get_queryset(self) -> QuerySet[Review]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        visible = visibility.visible_reviews(self.request.user).select_related(*KIN)
        return visible.filter(item__seat=WorkItem.ADJUDICATION, item__study__isnull=False)

    @extend_schema(responses=AdjudicationSerializer)
    @action(detail=True, url_path="adjudication", url_name="facts")
    def facts(self, request: Request, pk: str) -> Response:
        """The two readers' outlines, lesion by lesion, with their overlap."""
        return self._answer(self.get_object())

    @extend_schema(request=TakeSerializer, responses=AdjudicationSerializer)
    @facts.mapping.post
    def take(self, request: Request, pk: str) -> Response:
        """Take an outline for a lesion as a finding of your review, or say it is no tumour."""
        review, wanted = self.get_object(), valid(TakeSerializer, request)
        adjudicating.take(review=review, by=request.user, **wanted)
        return self._answer(review)

    def _answer(self, review: Review) -> Response:
        facts = facts_of(review, adjudicating.two_of(review.item))
        return Response(AdjudicationSerializer(facts).data)
