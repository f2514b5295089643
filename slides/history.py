"""How a slide's truth came about: its revisions, how two of them differ, what was deleted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import Http404
from django.utils.timezone import now

from slides.comparison import gained_and_lost
from slides.drawing import Standing, name_of, standing_of
from slides.features import Features, counts, revision_named_in
from slides.models import Annotation, Slide
from slides.revisions import features_of, latest_changes

DAYS_DELETED_SHOWN = 30
MOST_DELETED_SHOWN = 500


@dataclass(frozen=True)
class Entry:
    """One line of the history. counts: regions, and how many were added, removed, changed."""

    annotation: Annotation
    by: str
    at: datetime
    counts: dict[str, int]


def entries(slide: Slide) -> list[Entry]:
    """Every revision of a slide, the newest first."""
    rows = slide.annotations.select_related("author", "slide").defer("regions")
    result, before = [], None
    for row in rows.order_by("revision"):
        known = row.counts or counts(features_of(before), features_of(row))
        result.append(Entry(row, name_of(row.author), row.created_at, known))
        before = row
    return result[::-1]


def revision_of(slide: Slide, number: int) -> Annotation:
    """A revision by its number. Raises Http404."""
    row = slide.annotations.filter(revision=number).first()
    if row is None:
        raise Http404(f"{slide} has no revision {number}.")
    return row


def features_at(slide: Slide, number: int) -> Features:
    """The regions of a revision by id; 0 is before the first: none."""
    return features_of(revision_of(slide, number)) if number else {}


def difference(slide: Slide, number: int, other: int) -> dict[str, Any]:
    """What a revision has that another has not (gained), and the other way (lost), as GeoJSON."""
    before, after = features_at(slide, other), features_at(slide, number)
    return {
        "type": "FeatureCollection",
        "features": gained_and_lost(before, after),
        "counts": counts(before, after),
    }


def deleted(slide: Slide) -> list[Standing]:
    """Regions deleted lately and not there now, as they were before, the newest first."""
    since = now() - timedelta(days=DAYS_DELETED_SHOWN)
    rows = latest_changes(slide).filter(feature__isnull=True, edit__created_at__gte=since)
    gone = list(
        rows.select_related("edit__author").order_by("-sequence", "pk")[:MOST_DELETED_SHOWN]
    )
    features = _last_features(slide, [change.region for change in gone])
    return [
        standing_of(change, features[change.region]) for change in gone if change.region in features
    ]


def _last_features(slide: Slide, regions: list[str]) -> Features:
    """Each region as it last was before it was deleted."""
    rows = latest_changes(slide, region__in=regions, feature__isnull=False)
    found = dict(rows.values_list("region", "feature"))
    untouched = [region for region in regions if region not in found]
    numbers = {revision_named_in(region) for region in untouched} - {None}
    for row in slide.annotations.filter(revision__in=numbers):
        features = features_of(row)
        found |= {region: features[region] for region in untouched if region in features}
    return found
