"""Verdicts fold in the browser as on the server, whatever was said, undone and taken back."""

import json
import random
import shutil
from dataclasses import asdict, dataclass, field
from typing import Any

import pytest

from predictions.review import findings
from tests.js.test_js import SCRIPTS, answer_of

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None, reason="node is absent: scripts are not tested"
)
TOLD = [
    *("key", "number", "state", "because", "label", "size_class", "diameter_um"),
    *("uncertainty_um", "caliper", "region", "note", "last"),
]
REASONS = ["germinal_centre", "fold", "ink", "truth_wrong", "other"]


@dataclass
class Candidate:
    number: int
    pk: int = 0
    confidence: float = 0.9
    uncertainty: float = 0.1
    disagreement: float = 0.0
    x_l0: float = 5.0
    y_l0: float = 5.0
    box_l0: list[float] = field(default_factory=lambda: [0.0, 0.0, 10.0, 10.0])
    cells: int = 4
    area_um2: float | None = 400.0
    diameter_um: float | None = 150.0
    uncertainty_um: float | None = 20.0
    size_class: str = "itc"


@dataclass
class Verdict:
    sequence: int
    finding: str
    kind: str
    because: str = ""
    label: str = ""
    size_class: str = ""
    region: Any = None
    diameter_um: float | None = None
    caliper: Any = None
    note: str = ""
    undoes_id: int | None = None
    stroke: str | None = None
    at: str = "2026-11-30T09:12:00Z"

    @property
    def pk(self) -> int:
        return self.sequence


def a_square(draw: random.Random) -> dict[str, Any]:
    side = draw.randint(5, 900)
    ring = [[0, 0], [side, 0], [side, side], [0, side], [0, 0]]
    return {"type": "Polygon", "coordinates": [ring]}


def said(draw: random.Random, sequence: int, finding: str, kind: str) -> Verdict:
    verdict = Verdict(sequence, finding, kind, note=draw.choice(["", "see level 2"]))
    if kind == "rejected":
        verdict.because, verdict.label = draw.choice(REASONS), draw.choice(["", "ignore"])
    elif kind == "reclassified":
        verdict.size_class = draw.choice(["itc", "micro", "macro", ""])
        verdict.label = "" if verdict.size_class else draw.choice(["normal", "tumour"])
    elif kind in ("redrawn", "added"):
        verdict.region, verdict.diameter_um = a_square(draw), draw.choice([None, 180.0, 2400.0])
    elif kind == "measured":
        verdict.caliper, verdict.diameter_um = [[0, 0], [3, 4]], draw.choice([90.0, 700.0])
    return verdict


def a_review(seed: int) -> tuple[list[Candidate], list[Verdict]]:
    """Some minutes at the desk: verdicts at random, some of them undone, one after the other."""
    draw = random.Random(seed)
    candidates = [Candidate(number) for number in range(1, draw.randint(1, 4))]
    keys, given = [f"c{one.number}" for one in candidates], []
    for _ in range(draw.randint(0, 14)):
        sequence = len(given) + 1
        standing = findings.standing_verdicts(given)
        if standing and draw.random() < 0.25:
            last = standing[-1]
            given.append(Verdict(sequence, last.finding, "withdrawn", undoes_id=last.pk))
        elif not keys or draw.random() < 0.15:
            keys.append(f"a{sequence}")
            given.append(said(draw, sequence, keys[-1], "added"))
        else:
            kind = draw.choice(sorted(set(findings._AFTER) - {"added"}))
            given.append(said(draw, sequence, draw.choice(keys), kind))
    return candidates, given


def browsers(reviews: list[tuple[list[Candidate], list[Verdict]]]) -> list[dict[str, Any]]:
    asked = [
        {
            "candidates": [asdict(one) | {"key": f"c{one.number}"} for one in candidates],
            "verdicts": [asdict(one) | {"undoes": one.undoes_id} for one in given],
        }
        for candidates, given in reviews
    ]
    return answer_of(
        f"import {{ conclusionOf, fold }} from {json.dumps(str(SCRIPTS / 'review/fold.js'))};"
        f"const asked = {json.dumps(asked)};"
        "console.log(JSON.stringify(asked.map(({ candidates, verdicts }) => {"
        "const found = fold(candidates, verdicts);"
        "return { found, conclusion: conclusionOf(found) }; })));"
    )


def test_verdicts_fold_as_on_the_server():
    reviews = [a_review(seed) for seed in range(120)]
    for (candidates, given), seen in zip(reviews, browsers(reviews), strict=True):
        expected = findings.fold(candidates, given)
        told = [{name: getattr(one, name) for name in TOLD} for one in expected]
        assert [{name: one[name] for name in TOLD} for one in seen["found"]] == told
        assert [one["box_l0"] for one in seen["found"]] == [list(one.box_l0) for one in expected]
        assert seen["conclusion"] == findings.conclusion_of(expected)
