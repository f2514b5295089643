"""The drawing of a slide: what it is now, how it changed, and edits taken in without loss."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max

from slides.feature_checks import Extent, FeatureError, check_id, checked
from slides.features import Feature, merged
from slides.jobs import Reason
from slides.models import Change, Edit, Slide
from slides.revisions import (
    Sender,
    features_of,
    last_sequence,
    last_sequences,
    latest_changes,
    lock,
    record,
)


class BadRegions(Reason):
    """Features that no drawing may keep. regions: id, code and detail of each."""

    code = "bad_region"

    def __init__(self, regions: list[dict[str, str]]) -> None:
        self.regions = regions
        first = regions[0]
        more = f" So are {len(regions) - 1} more." if len(regions) > 1 else ""
        super().__init__(
            f"Region {first['id']} is not kept: {first['detail']}{more} Nothing of this edit was "
            "kept."
        )


@dataclass(frozen=True)
class Wish:
    """A change that somebody wants. was: the region's sequence as they knew it, 0 for new."""

    region: str
    feature: Any
    was: int


@dataclass(frozen=True)
class Standing:
    """A region as it stands since a sequence. feature: None where it was deleted."""

    region: str
    feature: Feature | None
    sequence: int
    by: str
    at: datetime


@dataclass(frozen=True)
class Since:
    """What happened after a sequence: how far it is now, and what changed, oldest first."""

    revision: int
    sequence: int
    changes: list[Standing]


@dataclass(frozen=True)
class Outcome:
    """What became of an edit. conflicts: wishes that ran into what others did."""

    edit: Edit
    applied: list[str]
    conflicts: list[Standing]
    is_new: bool


@dataclass(frozen=True)
class Drawing:
    """All regions as they are now. sequences: by id, when each last changed, 0 for never.

    pending: how many edits are in no revision yet.
    """

    revision: int
    sequence: int
    is_exhaustive: bool
    pending: int
    features: list[Feature]
    sequences: dict[str, int]


def name_of(author: User | None) -> str:
    """What others call a person; empty once the account is gone."""
    return (author.get_full_name() or author.get_username()) if author else ""


def current(slide: Slide) -> Drawing:
    """The drawing of a slide as it is now.

    The sequence is read first, so that without a lock nothing up to it can be missing; what came
    in meanwhile is told once more as a change.
    """
    sequence, latest = last_sequence(slide), slide.truth
    since = latest.edits_until if latest else 0
    pending = slide.edits.filter(sequence__gt=since, sequence__lte=sequence)
    changes = latest_changes(slide, sequence__gt=since, sequence__lte=sequence)
    features = merged(features_of(latest), changes.values_list("region", "feature"))
    known = last_sequences(slide, sequence__lte=sequence)
    return Drawing(
        revision=latest.revision if latest else 0,
        sequence=sequence,
        is_exhaustive=latest.is_exhaustive if latest else False,
        pending=pending.count(),
        features=list(features.values()),
        sequences={region: known.get(region, 0) for region in features},
    )


def take_edit(*, slide: Slide, sender: Sender, wishes: Sequence[Wish]) -> Outcome:
    """Keep an edit, whole or but for the regions that others changed meanwhile.

    Sent again under the same key, it is answered the same and kept once. Raises Reason if the
    slide is not ready, BadRegions if a feature cannot be: then nothing is kept.
    """
    if not slide.is_ready:
        raise Reason(f"{slide.name} is not ready to be drawn on. Wait for its intake.", "not_ready")
    features = _checked(slide, wishes)
    with transaction.atomic():
        lock(slide)
        if known := Edit.objects.filter(key=sender.key).first():
            return _known_outcome(known, slide)
        last = last_sequences(slide, region__in=features)
        refused = [
            {"id": wish.region, "sequence": last[wish.region]}
            for wish in wishes
            if last.get(wish.region, 0) > wish.was
        ]
        for refusal in refused:
            del features[refusal["id"]]
        edit = record(slide, features, sender, refused=refused)
        return _outcome(edit, is_new=True)


def _checked(slide: Slide, wishes: Sequence[Wish]) -> dict[str, Feature | None]:
    extent = Extent(slide.width, slide.height)
    revision = slide.annotations.aggregate(latest=Max("revision"))["latest"] or 0
    features: dict[str, Feature | None] = {}
    bad = []
    for wish in wishes:
        try:
            check_id(wish.region, revision)
            is_kept = wish.feature is not None
            features[wish.region] = checked(wish.feature, wish.region, extent) if is_kept else None
        except FeatureError as error:
            bad.append({"id": wish.region, "code": error.code, "detail": str(error)})
    if bad:
        raise BadRegions(bad)
    return features


def _known_outcome(edit: Edit, slide: Slide) -> Outcome:
    if edit.slide_id != slide.pk:
        raise Reason(
            f"This key belongs to an edit of slide {edit.slide_id}. Give every edit its own key.",
            "conflict",
        )
    return _outcome(edit, is_new=False)


def _outcome(edit: Edit, *, is_new: bool) -> Outcome:
    refused = {refusal["id"]: refusal["sequence"] for refusal in edit.refused}
    rows = Change.objects.filter(
        slide=edit.slide_id, region__in=refused, sequence__in=set(refused.values())
    )
    theirs = {
        change.region: standing_of(change)
        for change in rows.select_related("edit__author")
        if change.sequence == refused[change.region]
    }
    applied = list(edit.changes.values_list("region", flat=True))
    return Outcome(edit, applied, [theirs[region] for region in refused], is_new)


def since(slide: Slide, sequence: int) -> Since:
    """What happened after a sequence. Regions that came as a whole, from a file, are among it."""
    last, latest = last_sequence(slide), slide.annotations.aggregate(revision=Max("revision"))
    standings: dict[str, Standing] = {}
    edits = slide.edits.filter(sequence__gt=sequence, sequence__lte=last)
    wholes = edits.filter(replacement__isnull=False).select_related("author", "replacement")
    if whole := wholes.order_by("sequence").last():
        for region, feature in features_of(whole.replacement).items():
            standings[region] = _standing(whole, region, feature)
    changes = latest_changes(slide, sequence__gt=sequence, sequence__lte=last)
    for change in changes.select_related("edit__author"):
        standings[change.region] = standing_of(change)
    changed = sorted(standings.values(), key=lambda standing: standing.sequence)
    return Since(latest["revision"] or 0, last, changed)


def standing_of(change: Change, feature: Feature | None = None) -> Standing:
    """A change as others are told of it. feature: as it was, where the change deleted it."""
    return _standing(change.edit, change.region, change.feature or feature)


def _standing(edit: Edit, region: str, feature: Feature | None) -> Standing:
    return Standing(region, feature, edit.sequence, name_of(edit.author), edit.created_at)
