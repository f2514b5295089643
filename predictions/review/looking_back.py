"""A version reads again what was signed as negative, and questions what it would call positive.

Slides are read one at a time, here and now: reading them all side by side would keep whoever works
with the site today waiting for what was signed long ago.
"""

from collections import defaultdict
from dataclasses import asdict, dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from predictions.gating import live_version, read_now
from predictions.models import Prediction, Promotion
from predictions.review import alarms, checking, discordance
from predictions.review.candidates import candidates_of
from predictions.review.models import Alarm, Candidate, Conclusion, LookBack, Review
from slides import audit
from slides.jobs import Reason, Report, Superseded
from slides.models import Slide
from training.models import ModelVersion
from training.refusals import read_elsewhere


def signed_negatives() -> Any:
    """Reviews in force that call a slide free of tumour."""
    rows = Review.objects.filter(state=Review.State.SIGNED, conclusion=Conclusion.NEGATIVE)
    return rows.exclude(is_adequate=False)


# Asking --------------------------------------------------------------------------------


@transaction.atomic
def request_look_back(version: ModelVersion, *, by: User | None = None) -> LookBack:
    """A look back waiting to be carried out; one that is active already is returned as it is."""
    if version.is_read_elsewhere:
        raise Reason(read_elsewhere(version, "look back with"), "read_elsewhere")
    ModelVersion.objects.select_for_update().get(pk=version.pk)
    active = version.look_backs.active().first()
    if active is not None:
        return active
    row = LookBack.objects.create(version=version, created_by=by)
    audit.record(by, "look back", version, look_back=row.pk)
    return row


@transaction.atomic
def after_promotion() -> LookBack | None:
    """The look back that the newest promotion asks for, made once; None if there is nothing to do.

    Only what was signed before counts: later reviews saw the live version's findings.
    """
    newest = Promotion.objects.order_by("-pk").select_related("version").first()
    if newest is None or LookBack.objects.filter(promotion=newest).exists():
        return None
    version = live_version()
    if version != newest.version or not signed_negatives().filter(signed_at__lt=newest.at).exists():
        return None
    row, is_new = LookBack.objects.get_or_create(promotion=newest, defaults={"version": version})
    if is_new:
        audit.record(None, "look back", version, look_back=row.pk, promotion=newest.pk)
    return row


# Carrying out --------------------------------------------------------------------------


@dataclass
class Tally:
    """What a look back found, as it is kept. unread: slides that it could not read, and why."""

    reviews: int = 0
    slides: int = 0
    positive: list[int] = field(default_factory=list)
    known: list[int] = field(default_factory=list)
    same: int = 0
    unread: list[dict[str, Any]] = field(default_factory=list)


def look_back(row: LookBack, *, report: Report | None = None) -> LookBack:
    """Read every slide that was signed as negative, and open alarms. May raise Cancelled."""
    report = report or row.report
    by_slide: dict[int, list[Review]] = defaultdict(list)
    for review in signed_negatives().select_related("slide", "reader").order_by("slide_id", "pk"):
        by_slide[review.slide_id].append(review)
    tally = Tally(reviews=sum(map(len, by_slide.values())), slides=len(by_slide))
    total = len(by_slide)
    for done, reviews in enumerate(by_slide.values()):
        report(done, total)
        _look_at(row, reviews, tally, lambda done=done: report(done, total))  # type: ignore[misc]
    report(total, total)
    return _kept(row, tally)


def _look_at(row: LookBack, reviews: list[Review], tally: Tally, tick: Any) -> None:
    slide = reviews[0].slide
    if not checking.check_file(slide, reviews, tick=tick):
        _unread(tally, slide, "its file is not the one that was signed")
        return
    try:
        prediction = read_now(slide, row.version, by=row.created_by, tick=tick)
        called = candidates_of(prediction)
    except Reason as refusal:
        _unread(tally, slide, str(refusal))
        return
    for review in reviews:
        _question(review, prediction, called, row, tally)


def _unread(tally: Tally, slide: Slide, reason: str) -> None:
    tally.unread.append({"slide": slide.pk, "name": slide.name, "reason": reason})


def _question(
    review: Review,
    prediction: Prediction,
    called: list[Candidate],
    row: LookBack,
    tally: Tally,
) -> None:
    """Open an alarm if the reading calls the slide for something that its reader did not judge.

    What was judged at the same place is questioned again only where it is strong evidence now.
    """
    if _is_same_reading(review, prediction):
        tally.same += 1
        return
    if not called:
        return
    evidence = evidence_of(review, prediction, [_as_finding(one) for one in called])
    if evidence is None:
        tally.known.append(review.pk)
        return
    tally.positive.append(review.pk)
    alarms.open_alarm(review, Alarm.Kind.LOOK_BACK, evidence, prediction=prediction, look_back=row)


def _is_same_reading(review: Review, prediction: Prediction) -> bool:
    seen = review.frozen["prediction"]
    if seen is None:
        return False
    told = (prediction.map_sha256, prediction.threshold)
    return (seen["map_sha256"], seen["threshold"]) == told


def evidence_of(
    review: Review, prediction: Prediction, called: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """What a later reading calls and the reader has not judged; None where all was judged."""
    new = discordance.new_places(called, review.frozen["findings"])
    strong = discordance.strong_findings(called, prediction.threshold)
    keys = {one["key"] for one in [*new, *strong]}
    told = [one for one in called if one["key"] in keys]
    if not told:
        return None
    version = prediction.version
    return {
        "version": {"id": version.pk, "name": version.name}
        | {"weights_sha256": version.weights_sha256},
        "map_sha256": prediction.map_sha256,
        "threshold": prediction.threshold,
        "slide_score": prediction.slide_score,
        "findings": told,
    }


def _as_finding(candidate: Candidate) -> dict[str, Any]:
    names = ("number", "confidence", "diameter_um", "size_class", "x_l0", "y_l0", "box_l0")
    told = {name: getattr(candidate, name) for name in names}
    return {"key": f"c{candidate.number}", "state": "open", "because": ""} | told


def _kept(row: LookBack, tally: Tally) -> LookBack:
    with transaction.atomic():
        rows = LookBack.objects.filter(pk=row.pk, attempt=row.attempt)
        if not rows.update(results=asdict(tally)):
            raise Superseded
        counts = {"reviews": tally.reviews, "positive": len(tally.positive)}
        audit.record(
            row.created_by, "looked back", row.version, look_back=row.pk,
            unread=len(tally.unread), **counts,
        )  # fmt: skip
    row.refresh_from_db()
    return row
