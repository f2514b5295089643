"""Reviews as text for a terminal, a spreadsheet or a script. English, as all commands."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from predictions.report_exports import csv_text
from predictions.review.findings import Finding
from predictions.review.models import Review, Verdict
from predictions.review.rows import findings_of

KIN = ("slide", "reader", "prediction__version", "item__study", "annotation")
REVIEW_COLUMNS = (
    "review", "slide_id", "slide", "patient", "node", "is_synthetic", "subset", "study", "seat",
    "reader", "state", "version", "map_sha256", "threshold", "is_adequate", "inadequate_reason",
    "conclusion", "unaided", "unaided_seconds", "active_seconds", "begun_at", "signed_at",
    "supersedes", "revision", "frozen_sha256",
)  # fmt: skip
FINDING_COLUMNS = (
    "key", "number", "finding_state", "because", "label", "size_class", "diameter_um",
    "uncertainty_um", "confidence", "x_l0", "y_l0", "note", "verdicts",
)  # fmt: skip


def review_facts(review: Review) -> dict[str, Any]:
    """A review on one line."""
    slide, study, prediction = review.slide, review.item.study, review.prediction
    own = (
        "map_sha256", "threshold", "state", "is_adequate", "inadequate_reason", "conclusion",
        "unaided", "unaided_seconds", "active_seconds", "frozen_sha256",
    )  # fmt: skip
    return {
        "review": review.pk,
        "slide_id": slide.pk,
        "slide": slide.name,
        **{name: getattr(slide, name) for name in ("patient", "node", "is_synthetic", "subset")},
        "study": study.name if study else "",
        "seat": review.item.seat,
        "reader": review.reader.get_username(),
        "version": prediction.version.name if prediction else "",
        "begun_at": review.begun_at.isoformat(),
        "signed_at": review.signed_at.isoformat() if review.signed_at else None,
        "supersedes": review.supersedes_id,
        "revision": review.annotation.revision if review.annotation else None,
        **{name: getattr(review, name) for name in own},
    }


def as_text(reviews: Iterable[Review]) -> Iterator[str]:
    """One line a review."""
    for review in reviews:
        told = review_facts(review)
        synthetic = " (synthetic data)" if told["is_synthetic"] else ""
        said = told["conclusion"] or "no conclusion"
        if told["is_adequate"] is False:
            said = f"cannot be judged ({told['inadequate_reason'] or 'no reason given'})"
        study = f", study {told['study']}" if told["study"] else ""
        seal = f", sealed {told['frozen_sha256'][:12]}" if told["frozen_sha256"] else ""
        yield (
            f"{told['review']:>6} {told['state']:<10} {told['slide']}{synthetic} by "
            f"{told['reader']}: {said}, {told['active_seconds']:.0f} s{study}{seal}"
        )


def as_json(reviews: Iterable[Review]) -> str:
    """Each review with its findings, all verdicts, and what was frozen."""
    told = [
        review_facts(review)
        | {
            "findings": [finding_facts(one) for one in findings_of(review)],
            "verdicts": [_verdict(one) for one in review.verdicts.select_related("by", "undoes")],
            "frozen": review.frozen,
        }
        for review in reviews
    ]
    return json.dumps(told, indent=1, allow_nan=False)


def as_csv(reviews: Iterable[Review]) -> str:
    """One row a review."""
    return csv_text(REVIEW_COLUMNS, (review_facts(review) for review in reviews))


def findings_csv(reviews: Iterable[Review]) -> str:
    """One row a finding, with all that is told of its review."""
    rows = (
        review_facts(review) | finding_facts(one)
        for review in reviews
        for one in findings_of(review)
    )
    return csv_text((*REVIEW_COLUMNS, *FINDING_COLUMNS), rows)


def finding_facts(one: Finding) -> dict[str, Any]:
    same = [name for name in FINDING_COLUMNS if name not in ("finding_state", "verdicts")]
    told = {name: getattr(one, name) for name in same}
    return told | {"finding_state": one.state, "verdicts": len(one.history)}


def _verdict(verdict: Verdict) -> dict[str, Any]:
    same = (
        "sequence", "finding", "kind", "because", "label", "size_class", "region", "diameter_um",
        "caliper", "note",
    )  # fmt: skip
    return {name: getattr(verdict, name) for name in same} | {
        "undoes": verdict.undoes.sequence if verdict.undoes else None,
        "by": verdict.by.get_username(),
        "at": verdict.at.isoformat(),
    }
