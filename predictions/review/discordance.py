"""What speaks against a slide that was signed as negative.

The rule in words: the signature is questioned where the model had a finding that is sure and large
and the reader let it go, or where it calls the slide's surest place all but certain. A threshold
above these limits takes their place: nothing is strong that the version itself does not call.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

NEGATIVE = "negative"
JUDGED = ("rejected", "accepted", "added")

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Rule:
    """confidence: of one finding, which must be at least diameter_um across: more than isolated
    tumour cells. slide_score: the highest probability on the slide, whatever its size.
    """

    confidence: float = 0.9
    diameter_um: float = 200.0
    slide_score: float = 0.98


RULE = Rule()


def is_negative(frozen: Mapping[str, Any]) -> bool:
    """Whether the slide was signed as free of tumour. One that cannot be judged was not."""
    said = frozen["said"]
    return said["conclusion"] == NEGATIVE and said["is_adequate"] is not False


def strong_evidence(frozen: Mapping[str, Any], rule: Rule = RULE) -> dict[str, Any] | None:
    """What the reader saw of the model and signed as negative all the same; None if it was weak.

    findings: those that are strong, surest first. is_sure_slide: whether the slide's score is.
    """
    prediction = frozen.get("prediction")
    if prediction is None or not is_negative(frozen):
        return None
    found = strong_findings(frozen["findings"], prediction["threshold"], rule)
    score = prediction["slide_score"]
    is_sure = is_sure_slide(score, prediction["threshold"], rule)
    if not found and not is_sure:
        return None
    return {
        "map_sha256": prediction["map_sha256"],
        "threshold": prediction["threshold"],
        "slide_score": score,
        "is_sure_slide": is_sure,
        "findings": [_told(one) for one in found],
        "rule": asdict(rule),
    }


def strong_findings(
    findings: Iterable[Mapping[str, Any]], threshold: float, rule: Rule = RULE
) -> list[Mapping[str, Any]]:
    """Findings of the model that are sure and large, surest first. Of unknown size none is."""
    least = max(threshold, rule.confidence)
    strong = [
        one
        for one in findings
        if (one.get("confidence") or 0.0) >= least
        and (one.get("diameter_um") or 0.0) >= rule.diameter_um
    ]
    return sorted(strong, key=lambda one: -one["confidence"])


def is_sure_slide(score: float | None, threshold: float, rule: Rule = RULE) -> bool:
    return score is not None and score >= max(threshold, rule.slide_score)


def new_places(
    called: Sequence[Mapping[str, Any]], judged: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Findings of a later reading that lie where the reader judged none."""
    known = [_box(one) for one in judged if one["state"] in JUDGED]
    return [one for one in called if not any(_meet(_box(one), box) for box in known)]


def _box(finding: Mapping[str, Any]) -> Box:
    left, top, right, bottom = finding["box_l0"]
    return left, top, right, bottom


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _told(finding: Mapping[str, Any]) -> dict[str, Any]:
    names = ("key", "number", "state", "because", "confidence", "diameter_um", "size_class")
    told = {name: finding.get(name) for name in names}
    return told | {name: finding[name] for name in ("x_l0", "y_l0", "box_l0")}
