"""Slides that wait for a reader, the findings in them, and the rules of studies."""

from typing import Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from predictions.models import Prediction
from slides.models import Annotation, Slide

USER = settings.AUTH_USER_MODEL


class Conclusion(models.TextChoices):
    """What a slide holds, by its largest metastasis."""

    NEGATIVE = "negative", _("negative")
    ITC = "itc", _("isolated tumour cells")
    MICRO = "micro", _("micrometastasis")
    MACRO = "macro", _("macrometastasis")


class Study(models.Model):
    """Rules under which slides are read: by whom, how often, and what a reader may see."""

    class State(models.TextChoices):
        DRAFT = "draft", _("being set up")
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")

    name = models.CharField(max_length=120, unique=True)
    state = models.CharField(max_length=6, choices=State, default=State.DRAFT)
    is_unaided_first = models.BooleanField(
        default=False, help_text="A reader decides before the model's findings are shown"
    )
    is_blinded = models.BooleanField(
        default=True, help_text="No reader sees another's marks before the study is closed"
    )
    readings = models.PositiveSmallIntegerField(
        default=1, help_text="Readers of each slide, 1 or 2"
    )
    readers = models.ManyToManyField(USER, related_name="studies", blank=True)
    adjudicator = models.ForeignKey(
        USER, null=True, blank=True, on_delete=models.PROTECT, related_name="adjudicated_studies"
    )
    has_sentinels = models.BooleanField(
        default=False, help_text="Slides with known answers are among them; readers are told so"
    )
    created_by = models.ForeignKey(
        USER, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    seed = models.PositiveIntegerField(default=0, help_text="Of the lot that deals slides out")
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("study", args=[self.pk])

    @property
    def work_address(self) -> str:
        """The worklist of one's own seats in it."""
        return f"{reverse('worklist')}?study={self.pk}"


class StudySlide(models.Model):
    """A slide that a study reads. A sentinel's answer is known beforehand."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="slides")
    slide = models.ForeignKey(Slide, on_delete=models.CASCADE, related_name="+")
    is_sentinel = models.BooleanField(default=False)
    answer = models.CharField(max_length=8, choices=Conclusion, blank=True)
    truth = models.ForeignKey(
        Annotation,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The revision that readings are held against, as of the opening",
    )
    known = models.JSONField(
        default=dict, blank=True, help_text="Lesions of that truth, once they were told apart"
    )

    class Meta:
        ordering = ["study_id", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["study", "slide"], name="study_slide_once"),
            models.CheckConstraint(
                condition=models.Q(is_sentinel=False) | models.Q(answer__gt=""),
                name="sentinel_has_answer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slide} in {self.study}"


# Name of an order -> the column that it goes by.
WORK_ORDERS = {
    "score": "-score",
    "doubt": "-uncertainty",
    "dispute": "-disagreement",
    "value": "-value",
    "date": "arrived_at",
    "patient": "patient",
}
OPEN_WORK = ~models.Q(state="signed")


class WorkItemQuerySet(models.QuerySet):
    def routine(self) -> Self:
        return self.filter(study=None)

    def unsigned(self) -> Self:
        return self.exclude(state=WorkItem.State.SIGNED)


class WorkItem(models.Model):
    """A slide that waits for a reader. What the list is ordered by is kept here, in columns."""

    class State(models.TextChoices):
        WAITING = "waiting", _("to be read")
        BEGUN = "begun", _("begun")
        SIGNED = "signed", _("signed")

    ADJUDICATION = 3  # the seat of who decides between two readers

    slide = models.ForeignKey(Slide, on_delete=models.CASCADE, related_name="work_items")
    study = models.ForeignKey(
        Study, null=True, blank=True, on_delete=models.CASCADE, related_name="work_items"
    )
    seat = models.PositiveSmallIntegerField(default=1, help_text="First reader, second, or 3")
    prediction = models.ForeignKey(
        Prediction,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="work_items",
        help_text="The reading to be reviewed; none: there is none yet",
    )
    map_sha256 = models.CharField(max_length=64, blank=True, help_text="That its figures are of")
    assigned_to = models.ForeignKey(
        USER, null=True, blank=True, on_delete=models.SET_NULL, related_name="work_items"
    )
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    is_urgent = models.BooleanField(default=False)
    patient = models.CharField(max_length=200, help_text="Of the slide")
    name = models.CharField(max_length=200, help_text="Of the slide")
    score = models.FloatField(default=0.0, help_text="Highest probability on the slide")
    uncertainty = models.FloatField(default=0.0, help_text="0..1, highest where score = threshold")
    disagreement = models.FloatField(default=0.0, help_text="0..1, between versions")
    value = models.FloatField(default=0.0, help_text="Expected value of a review, 0..1")
    finding_count = models.PositiveIntegerField(default=0)
    size_class = models.CharField(max_length=5, blank=True, help_text="Of its largest finding")
    arrived_at = models.DateTimeField(help_text="When the slide came in")
    updated_at = models.DateTimeField(auto_now=True)

    objects = WorkItemQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["slide", "seat"],
                condition=models.Q(study=None),
                name="routine_work_once",
            ),
            models.UniqueConstraint(
                fields=["study", "slide", "seat"],
                condition=models.Q(study__isnull=False),
                name="study_work_once",
            ),
        ]
        # Each order that is offered, urgent first: pages are read off these, of what is open, and
        # of all. Of all alone, a page of what is open would be looked for among what is signed.
        indexes = [
            *(
                models.Index(
                    fields=["study", "-is_urgent", field, "id"],
                    name=f"work_by_{name}",
                    condition=OPEN_WORK,
                )
                for name, field in WORK_ORDERS.items()
            ),
            *(
                models.Index(fields=["study", "-is_urgent", field, "id"], name=f"work_all_{name}")
                for name, field in WORK_ORDERS.items()
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Candidate(models.Model):
    """A lesion that a reading calls at its threshold, to be judged by a reader."""

    prediction = models.ForeignKey(Prediction, on_delete=models.CASCADE, related_name="candidates")
    map_sha256 = models.CharField(max_length=64)
    threshold = models.FloatField()
    number = models.PositiveIntegerField(help_text="1 = the surest of its slide")
    confidence = models.FloatField()
    uncertainty = models.FloatField(default=0.0, help_text="0..1, highest where it is a toss-up")
    disagreement = models.FloatField(default=0.0, help_text="0..1, to what other versions say")
    x_l0 = models.FloatField(help_text="Of its surest cell")
    y_l0 = models.FloatField()
    box_l0 = models.JSONField(help_text="left, top, right, bottom")
    cells = models.PositiveIntegerField()
    area_um2 = models.FloatField(null=True)
    diameter_um = models.FloatField(null=True, help_text="Empty where um per px is unknown")
    uncertainty_um = models.FloatField(null=True)
    size_class = models.CharField(max_length=5, blank=True)

    class Meta:
        ordering = ["prediction_id", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["prediction", "map_sha256", "threshold", "number"], name="candidate_once"
            )
        ]

    def __str__(self) -> str:
        return f"finding {self.number} of {self.prediction}"


class SavedView(models.Model):
    """A worklist as somebody filtered and ordered it, under a name."""

    owner = models.ForeignKey(USER, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=120)
    query = models.CharField(max_length=600, help_text="The part of the page's address after ?")
    is_shared = models.BooleanField(default=False, help_text="Colleagues see it too")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="saved_view_once")]

    def __str__(self) -> str:
        return self.name
