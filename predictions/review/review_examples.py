"""Requests and answers of reviews, as the API's schema shows them."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer

A_KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"
AT = "2026-11-30T09:12:00Z"
A_SHAPE = {
    "type": "Polygon",
    "coordinates": [[[2000, 1000], [2400, 1000], [2400, 1500], [2000, 1000]]],
}
NOT_SAID: dict[str, Any] = {
    "because": "",
    "label": "",
    "size_class": "",
    "region": None,
    "diameter_um": None,
    "caliper": None,
    "note": "",
}
A_FINDING = NOT_SAID | {
    "key": "c2",
    "number": 2,
    "state": "rejected",
    "because": "fold",
    "label": "artefact",
    "size_class": "micro",
    "diameter_um": 320.5,
    "uncertainty_um": 16.0,
    "box_l0": [256.0, 384.0, 896.0, 448.0],
    "x_l0": 272.0,
    "y_l0": 400.0,
    "confidence": 0.8,
    "uncertainty": 0.4,
    "disagreement": 0.1,
    "cells": 40,
    "area_um2": 10240.0,
    "is_own": False,
    "last": 1,
    "at": AT,
}
A_VERDICT = NOT_SAID | {
    "sequence": 1,
    "key": A_KEY,
    "finding": "c2",
    "kind": "rejected",
    "because": "fold",
    "undoes": None,
    "stroke": None,
    "by": "Bea Berg",
    "at": AT,
}
LEFT = {
    "code": "open_findings",
    "words": "2 findings are not judged.",
    "amount": 2.0,
    "is_needed": False,
}


def _shown(*examples: OpenApiExample) -> Any:
    return extend_schema_serializer(examples=list(examples))


NEW_VERDICTS = _shown(
    OpenApiExample(
        "Rejected",
        value={"kind": "rejected", "finding": "c2", "because": "fold", "after": 0, "key": A_KEY},
    ),
    OpenApiExample(
        "Outline corrected",
        value={"kind": "redrawn", "finding": "c1", "region": A_SHAPE, "after": 3, "key": A_KEY},
    ),
    OpenApiExample(
        "Measured by hand",
        value={"kind": "measured", "finding": "c1", "caliper": [[2000, 1000], [2400, 1500]]}
        | {"after": 4, "key": A_KEY},
    ),
    OpenApiExample(
        "Missed by the model",
        value={"kind": "added", "region": {"type": "Point", "coordinates": [2100, 1200]}}
        | {"size_class": "itc", "key": A_KEY},
    ),
)
STANDING = _shown(
    OpenApiExample(
        "A finding was rejected",
        response_only=True,
        value={"verdicts": [A_VERDICT], "findings": [A_FINDING], "suggested": "itc", "last": 1},
    )
)
CHANGED = _shown(
    OpenApiExample(
        "Judged in another window",
        response_only=True,
        status_codes=["409"],
        value={
            "code": "changed_elsewhere",
            "detail": "Finding 2 was judged in another window meanwhile: it is rejected now. Look "
            "at it again.",
            "finding": A_FINDING,
        },
    )
)
SIGNING = _shown(
    OpenApiExample(
        "Signed in spite of what was asked about",
        value={"knowing": ["open_findings", "unseen"], "keeps_corrections": True},
    ),
    OpenApiExample("Signed on the reading that was looked at", value={"on_old_reading": True}),
)
NOT_SIGNED = _shown(
    OpenApiExample(
        "Something is left",
        response_only=True,
        status_codes=["409"],
        value={"code": "left_open", "detail": LEFT["words"], "left": [LEFT], "reading": None},
    ),
    OpenApiExample(
        "Read again meanwhile",
        response_only=True,
        status_codes=["409"],
        value={
            "code": "other_reading",
            "detail": "node_3 was read again by resnet-2 while you reviewed it.",
            "left": [],
            "reading": {"prediction": 81, "version": "resnet-2", "map_sha256": "9f2c" * 16},
        },
    ),
)
BEGINNING = _shown(OpenApiExample("A slide of the worklist", value={"item": 12}))
JUDGEMENTS = _shown(
    OpenApiExample("Conclusion", value={"conclusion": "micro"}),
    OpenApiExample(
        "Not to be judged",
        value={"is_adequate": False, "inadequate_reason": "out of focus"},
    ),
)
SUPERSEDING = _shown(
    OpenApiExample("With its reason", value={"reason": "Finding 2 was overlooked."})
)
