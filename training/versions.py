"""What can be done with a model version once it is there."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from slides import audit
from slides.jobs import Reason
from training import cards
from training.display import checked_display
from training.models import ModelVersion, Stage


def set_display(version: ModelVersion, display: Any) -> ModelVersion:
    """Make a look the default of all that the version has read. Raises ValueError if it is none."""
    version.display = checked_display(display)
    version.save(update_fields=["display"])
    return version


@transaction.atomic
def edit_card(version: ModelVersion, texts: Mapping[str, str], *, by: User | None) -> ModelVersion:
    """Write texts of the card. What each said before and after is kept in the audit log.

    Raises Reason for a text that no card has, or that is too long.
    """
    if unknown := sorted(set(texts) - set(cards.TEXTS)):
        known = ", ".join(cards.TEXTS)
        raise Reason(f"a card has no text {unknown[0]!r:.60}; it has {known}", "bad_input")
    for name, text in texts.items():
        if not isinstance(text, str) or len(text) > cards.LONGEST_TEXT:
            raise Reason(
                f"{name} must be text of at most {cards.LONGEST_TEXT} characters", "bad_input"
            )
    version.refresh_from_db(fields=["card"])
    before = cards.card_of(version)["texts"]
    written = {name: text.strip() for name, text in texts.items()}
    changed = {name: text for name, text in written.items() if text != before[name]}
    if not changed:
        return version
    cards.put(version, "texts", lambda known: (known or {}) | changed)
    told = {name: {"before": before[name], "after": text} for name, text in changed.items()}
    audit.record(by, "edit card", version, texts=told)
    return version


@transaction.atomic
def archive(version: ModelVersion, *, by: User | None) -> ModelVersion:
    """Put a candidate aside; what it predicted stays. Raises Reason for the live version."""
    row = ModelVersion.objects.select_for_update().get(pk=version.pk)
    if row.stage == Stage.LIVE:
        raise Reason(
            f"{row} is live; promote another, or roll back, and it is archived by that", "conflict"
        )
    return _moved(row, Stage.ARCHIVED, "archive", by)


@transaction.atomic
def restore(version: ModelVersion, *, by: User | None) -> ModelVersion:
    """Make an archived version a candidate again."""
    row = ModelVersion.objects.select_for_update().get(pk=version.pk)
    if row.stage == Stage.LIVE:
        raise Reason(f"{row} is live", "conflict")
    return _moved(row, Stage.CANDIDATE, "restore", by)


def _moved(row: ModelVersion, stage: str, action: str, by: User | None) -> ModelVersion:
    if row.stage != stage:
        before, row.stage = row.stage, stage
        row.save(update_fields=["stage"])
        audit.record(by, action, row, stage={"before": before, "after": stage})
    return row
