"""What became of a reader's corrections: drawn, frozen into datasets, learnt by versions.

A region of the drawing names the review and verdict that it comes from, and a dataset names the
revision of each slide that it was frozen with: a correction is in a dataset if that very region is
in that revision. What changed on the test set is told by the reports that hold a version against
the one it went on from.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.cache import cache
from django.db.models import QuerySet
from django.http import Http404

from predictions.models import Report
from predictions.origin import NotPredicted
from predictions.reports import request_report
from predictions.review.models import Review, Verdict
from predictions.review.sealing import seal_of
from predictions.review.visibility import visible_reviews
from slides import withheld
from slides.features import content_of
from slides.models import Annotation
from slides.revisions import features_of
from slides.roles import is_admin
from training.models import Dataset, ModelVersion

KEPT_SECONDS = 24 * 3600
CHANGING = (
    *(Verdict.Kind.REJECTED, Verdict.Kind.REDRAWN, Verdict.Kind.ADDED),
    Verdict.Kind.RECLASSIFIED,
)
TEST = "test"


@dataclass(frozen=True)
class Correction:
    """One region that a review drew. label: what it is called; empty datasets: not learnt yet.

    is_change: False where the reader only confirmed what the model had called.
    """

    review: int
    verdict: int
    slide: int
    slide_name: str
    patient: str
    kind: str
    because: str
    label: str
    at: datetime
    revision: int
    region: str
    datasets: tuple[int, ...] = ()

    @property
    def is_change(self) -> bool:
        return self.kind in CHANGING


@dataclass(frozen=True)
class Learnt:
    """A version that learnt from corrections of the reader, and how it differs from its parent.

    own: changes of the reader that the parent had not learnt from. others: of everybody else.
    pair: of a report; None: not measured.
    """

    version: ModelVersion
    dataset: Dataset
    parent: ModelVersion | None
    own: int
    own_slides: int
    others: int
    report: Report | None = None
    pair: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Ledger:
    """Everything of one reader. kept: changes in reviews that became no drawing, by reason."""

    reader: User
    corrections: list[Correction]
    learnt: list[Learnt]
    datasets: dict[int, Dataset]
    versions: dict[int, list[ModelVersion]]
    kept: dict[str, int] = field(default_factory=dict)

    @property
    def changes(self) -> list[Correction]:
        return [one for one in self.corrections if one.is_change]

    @property
    def confirmed(self) -> list[Correction]:
        return [one for one in self.corrections if not one.is_change]

    @property
    def waiting(self) -> list[Correction]:
        """Changes that are in no dataset yet."""
        return [one for one in self.changes if not one.datasets]


def ledger_of(reader: User, user: Any) -> Ledger:
    """The corrections of a reader as far as a user may see them, newest first."""
    reviews = list(_reviews(reader, user))
    frozen = _datasets(reviews)
    corrections = [one for review in reviews for one in _corrections(review, frozen)]
    used = {pk for one in corrections for pk in one.datasets}
    datasets = {dataset.pk: dataset for dataset in frozen if dataset.pk in used}
    versions: dict[int, list[ModelVersion]] = defaultdict(list)
    for version in _versions(datasets):
        versions[version.run.dataset_id].append(version)
    told = [
        _learnt(version, datasets[pk], corrections, user)
        for pk, each in versions.items()
        for version in each
    ]
    learnt = sorted((one for one in told if one), key=lambda one: -one.version.pk)
    return Ledger(reader, corrections, learnt, datasets, dict(versions), _kept(reviews))


def asked(user: Any, name: str) -> Ledger:
    """One's own; an admin's, that of the reader who is named. Raises Http404 otherwise."""
    if not name or name == user.get_username():
        return ledger_of(user, user)
    found = readers(user).filter(username=name).first()
    if found is None or not is_admin(user):
        raise Http404("You do not see corrections of such a reader.")
    return ledger_of(found, user)


def readers(user: Any) -> QuerySet[User]:
    """Whose corrections a user may see: everybody with a signed review that is visible."""
    signed = visible_reviews(user).filter(frozen_sha256__gt="")
    return User.objects.filter(pk__in=signed.values("reader")).order_by("username")


# What was corrected --------------------------------------------------------------------


def _reviews(reader: User, user: Any) -> QuerySet[Review]:
    rows = visible_reviews(user).filter(reader=reader, frozen_sha256__gt="")
    kin = ("slide", "annotation", "item__study")
    return rows.select_related(*kin).defer("annotation__regions").order_by("-signed_at", "-pk")


def _kept(reviews: Iterable[Review]) -> dict[str, int]:
    """Changes in reviews whose corrections became no drawing, by why."""
    told: dict[str, int] = defaultdict(int)
    for review in reviews:
        decision = review.frozen.get("corrections", {}).get("decision", "")
        if review.annotation_id is None and decision != "drawing":
            changed = [one for one in review.frozen["findings"] if one["state"] != "open"]
            told[decision or "review_only"] += sum(one["state"] != "accepted" for one in changed)
    return {name: n for name, n in told.items() if n}


def _corrections(review: Review, frozen: Iterable[Dataset]) -> list[Correction]:
    """The regions that a review drew, with the datasets that hold them as they were drawn."""
    if review.annotation_id is None:
        return []
    own = _drawn(review.annotation_id)
    mine = {key: one for key, one in own.items() if one["review"] == review.pk}
    verdicts = Verdict.objects.in_bulk([one["verdict"] for one in mine.values()])
    told = []
    for region, one in mine.items():
        verdict = verdicts.get(one["verdict"])
        if verdict is None:
            continue
        told.append(
            Correction(
                review=review.pk,
                verdict=verdict.pk,
                slide=review.slide_id,
                slide_name=review.slide.name,
                patient=review.slide.patient,
                kind=verdict.kind,
                because=verdict.because,
                label=one["label"],
                at=verdict.at,
                revision=review.annotation.revision,
                region=region,
                datasets=tuple(_holding(review.slide_id, region, one["content"], frozen)),
            )
        )
    return told


def _holding(slide: int, region: str, content: str, frozen: Iterable[Dataset]) -> Iterable[int]:
    """Datasets that were frozen with a revision in which the region is as it was drawn."""
    for dataset in frozen:
        revision = dataset.revisions.get(str(slide))
        if revision is None:
            continue
        annotation = _annotation(slide, revision)
        if annotation is None:
            continue
        there = _drawn(annotation).get(region)
        if there is not None and there["content"] == content:
            yield dataset.pk


def _annotation(slide: int, revision: int) -> int | None:
    key = f"ledger-revision-{slide}-{revision}"
    known: int | None = cache.get(key)
    if known is None:
        rows = Annotation.objects.filter(slide=slide, revision=revision)
        known = rows.values_list("pk", flat=True).first()
        cache.set(key, known, KEPT_SECONDS)
    return known


def _drawn(annotation: int) -> dict[str, dict[str, Any]]:
    """Of a revision, which is never edited: the regions that reviews drew, by id."""
    key = f"ledger-drawn-{annotation}"
    told: dict[str, dict[str, Any]] | None = cache.get(key)
    if told is None:
        row = Annotation.objects.get(pk=annotation)
        told = {
            region: {
                "review": origin["review"],
                "verdict": origin.get("verdict"),
                "label": feature["properties"]["classification"]["name"],
                "content": seal_of(content_of(feature)),
            }
            for region, feature in features_of(row).items()
            if "review" in (origin := feature["properties"].get("origin") or {})
        }
        cache.set(key, told, KEPT_SECONDS)
    return told


# What learnt from it -------------------------------------------------------------------


def _datasets(reviews: Iterable[Review]) -> list[Dataset]:
    """Frozen datasets with a slide that was corrected."""
    slides = {review.slide_id for review in reviews if review.annotation_id is not None}
    rows = Dataset.objects.frozen().filter(slides__in=slides).distinct()
    return list(rows.order_by("pk").only("pk", "name", "revisions", "parent_id", "manifest_sha256"))


def _versions(datasets: Iterable[int]) -> QuerySet[ModelVersion]:
    rows = ModelVersion.objects.filter(run__dataset__in=list(datasets))
    return rows.select_related("run__dataset", "run__first_version", "parent")


def _learnt(
    version: ModelVersion, dataset: Dataset, corrections: Iterable[Correction], user: Any
) -> Learnt | None:
    """What a version learnt of the reader that its parent had not; None if that is nothing."""
    parent = version.run.first_version or version.parent
    source = parent.source_run if parent else None
    before = source.dataset if source else None
    own = [
        one
        for one in corrections
        if one.is_change
        and dataset.pk in one.datasets
        and (before is None or before.pk not in one.datasets)
    ]
    if not own:
        return None
    report, pair = measured(parent, version, user) if parent else (None, None)
    new = changes_in(dataset) - (changes_in(before) if before else 0)
    return Learnt(
        version=version,
        dataset=dataset,
        parent=parent,
        own=len(own),
        own_slides=len({one.slide for one in own}),
        others=max(0, new - len(own)),
        report=report,
        pair=pair,
    )


def changes_in(dataset: Dataset) -> int:
    """How many changes of signed reviews a dataset holds, whoever made them."""
    if not dataset.manifest_sha256:
        return 0
    key = f"ledger-changes-{dataset.pk}-{dataset.manifest_sha256[:16]}"
    known: int | None = cache.get(key)
    if known is None:
        drawn = [one for pk in _reviewed(dataset) for one in _drawn(pk).values()]
        verdicts = [one["verdict"] for one in drawn]
        known = Verdict.objects.filter(pk__in=verdicts, kind__in=CHANGING).count()
        cache.set(key, known, KEPT_SECONDS)
    return known


def _reviewed(dataset: Dataset) -> list[int]:
    """The revisions that a dataset holds of slides on which a review drew."""
    slides = Review.objects.filter(annotation__isnull=False, slide__in=dataset.slides.all())
    rows = Annotation.objects.filter(slide__in=slides.values("slide"))
    told = rows.values_list("pk", "slide", "revision")
    return [pk for pk, slide, revision in told if dataset.revisions.get(str(slide)) == revision]


# What it changed -----------------------------------------------------------------------


def measured(
    parent: ModelVersion, version: ModelVersion, user: Any
) -> tuple[Report | None, Mapping[str, Any] | None]:
    """The newest report of the test slides that holds a version against its parent, and the pair.

    Of the report, which is large, only what is told is fetched.
    """
    rows = Report.objects.filter(status=Report.Status.DONE, subset=TEST, versions=parent)
    rows = withheld.without_kept(rows.filter(versions=version), user).order_by("-pk")
    for row in rows.defer("results", "inputs"):
        pairs = Report.objects.filter(pk=row.pk).values_list("results__pairs", flat=True).first()
        for pair in pairs or []:
            if (pair["a"], pair["b"]) == (parent.pk, version.pk):
                return row, pair
    return None, None


def unmeasured() -> list[tuple[ModelVersion, ModelVersion]]:
    """Versions that learnt from corrections of reviews and were never held against their parent."""
    used = ModelVersion.objects.filter(run__first_version__isnull=False, run__dataset__isnull=False)
    told = []
    for version in used.select_related("run__dataset", "run__first_version").order_by("pk"):
        parent = version.run.first_version
        if changes_in(version.run.dataset) and not _is_asked(parent, version):
            told.append((parent, version))
    return told


def _is_asked(parent: ModelVersion, version: ModelVersion) -> bool:
    rows = Report.objects.filter(subset=TEST, versions=parent).filter(versions=version)
    return any(row.order and row.order[0] == parent.pk for row in rows.only("order"))


def wanted_reports() -> list[Report]:
    """Reports to be made of such versions, asked for once both have read a test slide."""
    told = []
    for parent, version in unmeasured():
        with suppress(NotPredicted):
            told.append(request_report([parent, version], TEST))
    return [row for row in told if row.status == Report.Status.QUEUED]
