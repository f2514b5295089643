"""A threshold that a person chose on slides, as a version of its own: never an edit of another."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.timezone import now

from slides import audit
from training import calibrating, calibration, operating
from training.calibrating import SAME_OF_SAME_WEIGHTS, NotCalibrated
from training.lineage import CHOSEN_ON
from training.models import ModelVersion
from training.refusals import read_elsewhere
from training.scored import ScoresError

LONGEST_REASON = 1000
LONGEST_SOURCE = 300
# Of a version's validation figures, what depends on its threshold.
OF_A_THRESHOLD = (
    *("threshold", "operating_rule", "target_recall", "fp_budget", "operating_note", "chosen"),
    *("confusion", "recall", "specificity", "precision", "accuracy"),
    *("false_positive_rate", "fp_per_mm2"),
)


@dataclass(frozen=True)
class Point:
    """A threshold, why, and what it was chosen on.

    on: in words, for example "report 3: 12 development slides of 9 patients". slides: checksums
    of their files. facts: whatever else is to be kept of the choice. warning: what is wrong with
    the choice, which then stands first wherever the threshold's source is told.
    """

    threshold: float
    reason: str
    on: str
    slides: tuple[str, ...]
    warning: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def choose_threshold(
    *, version: ModelVersion, point: Point, name: str = "", by: User | None = None
) -> ModelVersion:
    """A candidate of the same weights and calibration with this threshold.

    Slides it was chosen on are from then on slides that the candidate and all that comes of it
    have seen, as validation. Raises NotCalibrated where it cannot be, or nothing would differ.
    """
    point = _checked(version, point)
    fields = _fields(version, point)
    chosen = {"by": by.get_username() if by else "", "at": now().isoformat(timespec="seconds")}
    chosen |= {"reason": point.reason, "on": point.on, "warning": point.warning, **point.facts}
    fields["metrics"] |= {"operating_rule": operating.CHOSEN, "chosen": chosen}
    fields["threshold_source"] = source(point, chosen)
    with transaction.atomic():
        ModelVersion.objects.select_for_update().get(pk=version.pk)
        _refuse_twins(version, point.threshold)
        new = ModelVersion.objects.create(
            name=_name(version, point, name),
            run=None,
            parent=version,
            threshold=point.threshold,
            calibration=version.calibration,
            provenance=version.provenance
            | {"calibrated_from": version.name, CHOSEN_ON: {"slides": list(point.slides)}},
            **fields,
            **{field: getattr(version, field) for field in SAME_OF_SAME_WEIGHTS},
        )
        _record(by, version, new, chosen)
    return new


def source(point: Point, chosen: Mapping[str, Any]) -> str:
    """Who chose a threshold, when, on what and why; the reason is cut where there is no room."""
    warning = f"{point.warning}: " if point.warning else ""
    who = (chosen["by"] or "unknown")[:60]
    words = f"{warning}chosen by {who} on {chosen['at'][:10]}, {point.on}: {point.reason}"
    return words if len(words) <= LONGEST_SOURCE else words[: LONGEST_SOURCE - 1] + "…"


def _record(
    by: User | None, version: ModelVersion, new: ModelVersion, chosen: Mapping[str, Any]
) -> None:
    thresholds = {"before": version.threshold, "after": new.threshold}
    told = {key: value for key, value in chosen.items() if key not in ("by", "at")}
    audit.record(by, "choose threshold", new, parent=version.name, threshold=thresholds, **told)


# Refusing ------------------------------------------------------------------


def _checked(version: ModelVersion, point: Point) -> Point:
    """The point as it can be kept: in single precision, as maps are, so that both ways of
    comparing agree."""
    if version.is_read_elsewhere:
        raise NotCalibrated(read_elsewhere(version, "make another version of"), "read_elsewhere")
    if not math.isfinite(point.threshold) or not 0 <= point.threshold <= 1:
        raise NotCalibrated(f"a threshold is in 0..1, got {point.threshold:g}", "bad_input")
    reason = point.reason.strip()
    if not reason:
        raise NotCalibrated("say why this threshold: the reason is empty", "reason_missing")
    if len(reason) > LONGEST_REASON:
        raise NotCalibrated(
            f"a reason has at most {LONGEST_REASON} characters, got {len(reason)}", "bad_input"
        )
    threshold = float(np.float32(point.threshold))
    if np.float32(version.threshold) == np.float32(threshold):
        raise NotCalibrated(
            f"{version} has this very threshold: {version.threshold:.4g}", "nothing_new"
        )
    return replace(point, threshold=threshold, reason=" ".join(reason.split()))


def _refuse_twins(version: ModelVersion, threshold: float) -> None:
    """A second click, or a second person, makes no second version of one setting."""
    same = ModelVersion.objects.filter(
        weights_sha256=version.weights_sha256, threshold=threshold, weights=version.weights
    )
    for other in same.order_by("pk"):
        if calibration.named(other.calibration) == calibration.named(version.calibration):
            raise NotCalibrated(
                f"{other} ({other.get_stage_display()}) has the same weights and this very "
                f"threshold, {threshold:.4g}; use it",
                "nothing_new",
            )


def _name(version: ModelVersion, point: Point, wanted: str) -> str:
    return calibrating.free_name(f"{version.name[:150]} (at {point.threshold:.4g})", wanted)


# Figures on validation patches ----------------------------------------------


def _fields(version: ModelVersion, point: Point) -> dict[str, Any]:
    """Metrics on the validation patches at the threshold, where their scores are kept; else what
    holds of them at any threshold."""
    kept = {name: value for name, value in version.metrics.items() if name not in OF_A_THRESHOLD}
    terms = replace(calibrating.terms_of(version), rule=operating.CHOSEN, threshold=point.threshold)
    try:
        found = calibrating.fields_of(calibrating.scores_of(version), terms, dataset="")
    except ScoresError:
        return {"metrics": kept}
    if calibration.named(found["calibration"]) != calibration.named(version.calibration):
        return {"metrics": kept}  # fitted elsewhere: these figures would be of another scale
    return {"metrics": calibrating.kept_of(version) | found["metrics"]}
