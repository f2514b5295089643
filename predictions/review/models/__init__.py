"""The reviewer's desk as rows."""

from predictions.review.models.around import Alarm, LookBack, Notice, Sitting
from predictions.review.models.decisions import Pin, Remark, Review, Verdict
from predictions.review.models.staged import Evidence, Staging
from predictions.review.models.work import (
    Candidate,
    Conclusion,
    SavedView,
    Study,
    StudySlide,
    WorkItem,
)

__all__ = [
    "Alarm",
    "Candidate",
    "Conclusion",
    "Evidence",
    "LookBack",
    "Notice",
    "Pin",
    "Remark",
    "Review",
    "SavedView",
    "Sitting",
    "Staging",
    "Study",
    "StudySlide",
    "Verdict",
    "WorkItem",
]
