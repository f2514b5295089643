"""What the desk page of a review knows: the case, why it is here, its findings and its verdicts."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse

from predictions import reading
from predictions.models import Prediction
from predictions.review import findings, rows, signing, visibility
from predictions.review.models import Conclusion, Review, Verdict, WorkItem
from predictions.review.review_serializers import FindingSerializer, VerdictSerializer
from predictions.review.work_filters import Filters, Scope, scope_of
from predictions.review.work_pages import Neighbours, neighbours, next_unsigned
from predictions.review.work_progress import Progress, progress_of
from predictions.review.work_rows import Row, rows_of
from slides.drawing import name_of
from slides.models import Annotation, Slide

# Shown as keys 1 to 8, in this order.
REASONS = [
    *("germinal_centre", "histiocytes", "capsule", "fold", "ink", "blur", "truth_wrong", "other"),
]
# The tissue of a finding is to be seen, and a known truth does not judge for the reader.
LOOK = {"layers": {"truth": False}, "styles": {"probability": "outline"}}


@dataclass(frozen=True)
class Desk:
    """A review as its page shows it to somebody. filters: of the list it was come to from."""

    review: Review
    user: User
    filters: Filters

    @property
    def item(self) -> WorkItem:
        return self.review.item

    @property
    def is_own(self) -> bool:
        return self.review.reader_id == self.user.pk

    @property
    def is_open(self) -> bool:
        """Whether this person can go on with it here."""
        return self.is_own and self.review.state == Review.State.OPEN

    @cached_property
    def tells(self) -> bool:
        """False while a decision without the model is due: no finding, map or score is shown."""
        return visibility.shows_candidates(self.review)

    @cached_property
    def truth(self) -> Annotation | None:
        return self.review.slide.truth if visibility.shows_truth(self.review) else None

    @cached_property
    def readings(self) -> list[Prediction]:
        """The reading that is reviewed, then the others of the slide."""
        if not self.tells:
            return []
        done = reading.done_readings(self.review.slide)
        return sorted(done, key=lambda one: one.pk != self.review.prediction_id)

    @cached_property
    def scope(self) -> Scope:
        return scope_of(self.user, self.filters)

    @cached_property
    def row(self) -> Row:
        return rows_of(self.scope, [self.item])[0]

    @cached_property
    def progress(self) -> Progress:
        return progress_of(self.scope)

    @cached_property
    def around(self) -> Neighbours:
        return neighbours(self.item, self.filters, self.user)

    @cached_property
    def following(self) -> WorkItem | None:
        """The slide that is opened when this one is signed."""
        return next_unsigned(self.item, self.filters, self.user)

    @property
    def query(self) -> str:
        """What keeps the list's filter in an address, with its question mark."""
        return f"?{self.filters.query}" if self.filters.query else ""

    @cached_property
    def data(self) -> dict[str, Any]:
        """The JSON that the page's scripts read."""
        slide = self.review.slide
        told = reading.page_data(slide, self.truth, self.readings, self.user)
        chosen = self.review.prediction_id if self.tells else None
        return told | {"review": self._review(), "chosen": chosen, "look": LOOK}

    def _review(self) -> dict[str, Any]:
        review = self.review
        return {
            "id": review.pk,
            "state": review.state,
            "isOpen": self.is_open,
            "isDue": not self.tells,
            "said": {
                "is_adequate": review.is_adequate,
                "inadequate_reason": review.inadequate_reason,
                "conclusion": review.conclusion,
            },
            "candidates": self._candidates(),
            "verdicts": self._verdicts(),
            "cropUrl": reverse("review-crop", args=[review.pk, "KEY"]),
            "mark": review.map_sha256[:12],
            "reasons": [[name, str(Verdict.Because(name).label)] for name in REASONS],
            "conclusions": [[name, str(label)] for name, label in Conclusion.choices],
            "ahead": self._ahead(),
        }

    def _candidates(self) -> Any:
        if not self.tells:
            return []
        untouched = findings.fold(rows.candidates_of(self.review), [])
        return FindingSerializer(untouched, many=True).data

    def _verdicts(self) -> Any:
        given = self.review.verdicts.select_related("by", "undoes").order_by("sequence")
        if not self.tells:
            given = given.filter(candidate=None)
        return VerdictSerializer(given, many=True).data

    def _ahead(self) -> list[str]:
        """What the next slide's page will ask for first, so that browsers may have it by then."""
        item = self.following
        if item is None or not self.is_open:
            return []
        slide = item.slide
        places = [reverse("slide-dzi", args=[slide.pk])]
        if slide.thumbnail:
            places.append(reverse("slide-thumbnail", args=[slide.pk]))
        if item.prediction is not None and visibility.shows_figures(self.user, item):
            places.append(reading.map_address(item.prediction))
        return places

    @property
    def may_supersede(self) -> bool:
        return signing.may_supersede(self.review, self.user)

    @property
    def holder(self) -> str:
        return name_of(self.review.reader)


@dataclass(frozen=True)
class Work:
    """What of a slide somebody may go to: a review that was signed, or work to begin."""

    signed: Review | None = None
    item: WorkItem | None = None


def work_on(slide: Slide, user: Any) -> Work:
    """The routine review of a slide, or one's own seat in a study that is not signed yet."""
    own = visibility.visible_items(user).filter(slide=slide)
    item = own.filter(study=None).first() or own.unsigned().filter(assigned_to=user.pk).first()
    if item is None:
        return Work()
    reviews = visibility.visible_reviews(user).filter(item=item)
    signed = reviews.filter(state=Review.State.SIGNED).first()
    is_begun = reviews.filter(state=Review.State.OPEN, reader=user.pk).exists()
    return Work(item=item) if is_begun or not signed else Work(signed=signed)
