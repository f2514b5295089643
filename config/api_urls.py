"""The API's addresses, one router over the three apps."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from config.api_docs import SchemaView, docs
from config.tokens import TokenViewSet
from predictions.api import (
    CohortViewSet,
    EvaluationViewSet,
    JobListViewSet,
    PredictionViewSet,
)
from predictions.gate_api import GateRunViewSet, PromotionViewSet
from predictions.outside_api import OutsideViewSet, ResultsViewSet
from predictions.report_api import ReportViewSet
from predictions.review.activity_api import ReviewActivityViewSet, SlideActivityViewSet
from predictions.review.alarm_api import AlarmViewSet, LookBackViewSet
from predictions.review.candidate_api import CandidateViewSet
from predictions.review.deciding_api import DecidingViewSet
from predictions.review.evidence_api import EvidenceViewSet
from predictions.review.ledger_api import CorrectionViewSet
from predictions.review.notice_api import NoticeViewSet
from predictions.review.pins_api import PinViewSet
from predictions.review.review_api import ReviewViewSet
from predictions.review.study_api import AdjudicationViewSet, StudyViewSet
from predictions.review.time_api import ReadingTimeViewSet
from predictions.review.work_api import SavedViewViewSet, WorkViewSet
from predictions.review.worksheet_api import WorksheetViewSet
from slides.api import AnnotationViewSet, SlideViewSet
from slides.audit_api import AuditViewSet
from slides.drawing_api import DrawingViewSet
from slides.history_api import HistoryViewSet
from slides.reader_api import BookmarkViewSet, SeenViewSet
from training.api import RunViewSet, VersionViewSet
from training.dataset_api import DatasetViewSet
from training.experiment_api import ExperimentViewSet
from training.mining_api import MiningViewSet
from training.version_api import VersionImportViewSet

router = SimpleRouter()
router.register("slides", SlideViewSet, basename="api-slide")
router.register("slides", DrawingViewSet, basename="api-slide-drawing")
router.register("slides", HistoryViewSet, basename="api-slide-revision")
router.register("slides", SeenViewSet, basename="api-slide-seen")
router.register("slides", SlideActivityViewSet, basename="api-slide-activity")
router.register("candidates", CandidateViewSet, basename="api-candidate")
router.register("reviews", ReviewViewSet, basename="api-review")
router.register("reviews", ReviewActivityViewSet, basename="api-review-activity")
router.register("reviews", DecidingViewSet, basename="api-review-unaided")
router.register("reviews", AdjudicationViewSet, basename="api-review-adjudication")
router.register("studies", StudyViewSet, basename="api-study")
router.register("work", WorkViewSet, basename="api-work")
router.register("saved-views", SavedViewViewSet, basename="api-saved-view")
router.register("alarms", AlarmViewSet, basename="api-alarm")
router.register("look-backs", LookBackViewSet, basename="api-look-back")
router.register("corrections", CorrectionViewSet, basename="api-correction")
router.register("reading-times", ReadingTimeViewSet, basename="api-reading-time")
router.register("notices", NoticeViewSet, basename="api-notice")
router.register("reviews", EvidenceViewSet, basename="api-review-bundle")
router.register("bookmarks", BookmarkViewSet, basename="api-bookmark")
router.register("annotations", AnnotationViewSet, basename="api-annotation")
router.register("datasets", DatasetViewSet, basename="api-dataset")
router.register("runs", RunViewSet, basename="api-run")
router.register("experiments", ExperimentViewSet, basename="api-experiment")
router.register("versions", VersionViewSet, basename="api-version")
router.register("minings", MiningViewSet, basename="api-mining")
router.register("predictions", PredictionViewSet, basename="api-prediction")
router.register("evaluations", EvaluationViewSet, basename="api-evaluation")
router.register("cohorts", CohortViewSet, basename="api-cohort")
router.register("reports", ReportViewSet, basename="api-report")
router.register("outside", OutsideViewSet, basename="api-outside")
router.register("results", ResultsViewSet, basename="api-results")
router.register("imports", VersionImportViewSet, basename="api-import")
router.register("gate-runs", GateRunViewSet, basename="api-gate")
router.register("promotions", PromotionViewSet, basename="api-promotion")
router.register("audit", AuditViewSet, basename="api-audit")
router.register("pins", PinViewSet, basename="api-pin")
router.register("worksheets", WorksheetViewSet, basename="api-worksheet")
router.register("jobs", JobListViewSet, basename="api-job")
router.register("tokens", TokenViewSet, basename="api-token")

urlpatterns = [
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", docs, name="api-docs"),
    path("", include(router.urls)),
]
