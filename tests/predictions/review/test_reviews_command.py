"""Reviews taken out at the terminal."""

import csv
import io
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from predictions.review import reviewing, signing
from predictions.review.models import Review
from predictions.review.reviewing import Said
from predictions.review.signing import Terms
from slides.models import Slide

KNOWING = frozenset({"open_findings", "unseen", "other_conclusion"})


def reviews(*words: str) -> str:
    out = StringIO()
    call_command("reviews", *words, stdout=out)
    return out.getvalue()


@pytest.fixture
def signed(review, pathologist) -> Review:
    said = Said("rejected", "c2", because="fold", note="=1+1")
    reviewing.give_verdict(review=review, said=said, by=pathologist)
    reviewing.judge_slide(review=review, by=pathologist, conclusion="negative")
    return signing.sign(review=review, by=pathologist, terms=Terms(knowing=KNOWING))


def test_a_line_says_who_said_what_and_that_data_is_synthetic(signed):
    Slide.objects.update(is_synthetic=True)
    line = reviews()
    assert "signed     slide (synthetic data) by bob: negative" in line
    assert signed.frozen_sha256[:12] in line


def test_filters_leave_out_the_rest(signed):
    assert "no such reviews" in reviews("--reader", "dora")
    assert "no such reviews" in reviews("--state", "open")
    for words in (("--slide", "slide"), ("--slide", str(signed.slide_id)), ("--study", "none")):
        assert "by bob" in reviews(*words)
    with pytest.raises(CommandError, match="No review is of a study 'x'"):
        reviews("--study", "x")


def test_json_holds_findings_verdicts_and_what_was_signed(signed, tmp_path):
    path = tmp_path / "reviews.json"
    assert reviews("--format", "json", "--output", str(path)) == ""
    (told,) = json.loads(path.read_text())
    assert told["frozen"] == signed.frozen
    assert [one["finding_state"] for one in told["findings"]] == ["open", "rejected", "open"]
    assert [(one["kind"], one["because"]) for one in told["verdicts"]] == [("rejected", "fold")]


def test_csv_has_a_row_a_review_or_a_finding_and_starts_no_formula(signed):
    (row,) = csv.DictReader(io.StringIO(reviews("--format", "csv")))
    assert (row["conclusion"], row["version"]) == ("negative", "live")
    rows = list(csv.DictReader(io.StringIO(reviews("--format", "findings-csv"))))
    assert [one["finding_state"] for one in rows] == ["open", "rejected", "open"]
    assert rows[1]["note"] == "'=1+1"


def test_a_file_that_cannot_be_written_is_told(signed, tmp_path):
    with pytest.raises(CommandError, match="cannot be written"):
        reviews("--output", str(tmp_path / "no" / "such.csv"))
