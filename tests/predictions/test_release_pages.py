"""Two versions in a report: what a reader sees, and takes away as files. Real rows and maps."""

import csv
import io
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from django.utils import translation
from PIL import Image

from predictions import crops, pair_words, release_exports, release_pages, reports, tasks
from predictions.models import Report
from slides.models import Slide
from tests.predictions import compared_rows as rows_of
from tests.predictions.compared_rows import SIDE

pytestmark = pytest.mark.django_db

made_slides = rows_of.made_slides


@pytest.fixture
def pair(made_slides) -> Report:
    return rows_of.report_of(made_slides, ["A", "B"])


def test_a_report_of_two_versions_says_in_words_what_changes_hands(pair):
    words = pair.results["pairs"][0]["words"]
    assert words[0] == "B finds 1 lesion that A misses, and loses 1 (of 2 lesions)."
    assert words[1] == "False findings: 0 new, 1 gone (A 1, B 0, on 3 slides)."
    assert any(line.startswith("ROC-AUC of slides: ") for line in words)


def test_the_words_are_said_in_german(pair):
    with translation.override("de"):
        words = pair_words.sentences(pair.results["pairs"][0], "A", "B")
    assert words[0] == "B findet 1 Läsion, die A übersieht, und verliert 1 (von 2 Läsionen)."
    assert not any("interval" in line for line in words)


def figure(**fields):
    usual = {"value": 0.012, "low": -0.004, "high": 0.028, "patients": 9, "verdict": "unclear"}
    return usual | {"first": 0.9, "second": 0.912} | fields


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {},
            "ROC-AUC of slides: difference +0.012, 95 % interval −0.004 to +0.028: no clear "
            "difference.",
        ),
        (
            {"low": 0.004, "verdict": "better"},
            "ROC-AUC of slides: difference +0.012, 95 % interval +0.004 to +0.028: better.",
        ),
        (
            {"patients": 3, "verdict": "too_few"},
            "ROC-AUC of slides: difference +0.012, 95 % interval −0.004 to +0.028: 3 patients are "
            "too few to tell.",
        ),
        (
            {"low": None, "high": None, "verdict": "unknown", "interval_reason": "too few"},
            "ROC-AUC of slides: difference +0.012; no interval: too few.",
        ),
        ({"value": None, "verdict": "unknown"}, ""),
    ],
)
def test_a_figure_is_said_with_its_interval_and_what_that_means(fields, said):
    assert pair_words.figure_sentence("slide_auc", figure(**fields)) == said


def test_the_page_shows_words_slides_and_a_wall(pair, as_pathologist):
    page = as_pathologist.get(pair.get_absolute_url())
    text = page.content.decode()
    assert "B finds 1 lesion that A misses, and loses 1 (of 2 lesions)." in text
    parts = [
        (part["kind"], part["change"], part["size_class"], part["n"])
        for part in page.context["wall"]
    ]
    assert parts == [
        ("lesion", "lost", "micro", 1),
        ("lesion", "gained", "micro", 1),
        ("false_finding", "lost", "", 1),
    ]
    assert text.count('class="crop"') == 3
    assert 'loading="lazy"' in text


def test_a_crop_leads_to_two_linked_viewers_of_its_place(pair, as_pathologist):
    page = as_pathologist.get(pair.get_absolute_url())
    member = next(part for part in page.context["wall"] if part["change"] == "gained")["members"][0]
    address = urlsplit(member["address"])
    asked = {key: int(values[0]) for key, values in parse_qs(address.query).items()}
    sides = [version["slides"] for version in pair.results["versions"].values()]
    rows = [next(one for one in side if one["slide"] == member["slide"]) for side in sides]
    assert asked == {
        "slide": member["slide"],
        "a": rows[0]["prediction"],
        "b": rows[1]["prediction"],
    }
    for side in address.fragment.split("/")[1:]:
        place = {key: values[0] for key, values in parse_qs(side).items()}
        assert (float(place["x"]), float(place["y"])) == (
            pytest.approx(5 * SIDE, abs=4),
            pytest.approx(2.5 * SIDE, abs=4),
        )
        assert place["l"] == "tp"
    assert as_pathologist.get(member["address"]).status_code == 200
    agreement = urlsplit(member["agreement"])
    assert f"l=tv&p={asked['a']}&q={asked['b']}" in agreement.fragment


def test_a_report_of_one_version_says_that_there_is_nothing_to_compare(pair, as_pathologist):
    row = reports.request_report([pair.versions.get(name="A")], "test")
    tasks.run_report(row)
    page = as_pathologist.get(row.get_absolute_url())
    assert "Nothing to compare with" in page.content.decode()
    assert "release-diff.js" not in page.content.decode()


def test_versions_that_agree_leave_the_wall_empty(pair, as_pathologist):
    pair.results["changes"] = []
    pair.save()
    assert "Nothing changes hands" in as_pathologist.get(pair.get_absolute_url()).content.decode()


def with_false_findings(pair: Report, count: int) -> None:
    """So many more that B has and A has not, on two slides by turns, ever less sure."""
    one = next(each for each in pair.results["changes"] if each["kind"] == "false_finding")
    slides = [entry["slide"] for entry in pair.results["versions"][str(pair.order[0])]["slides"]]
    pair.results["changes"] += [
        one
        | {"change": "gained", "slide": slides[number % 2], "confidences": [0.0, 1 - number / 512]}
        for number in range(count)
    ]
    pair.save()


def test_false_findings_beyond_the_first_are_fetched_page_by_page(pair, as_pathologist):
    with_false_findings(pair, 130)
    page = as_pathologist.get(pair.get_absolute_url())
    part = next(one for one in page.context["wall"] if one["change"] == "gained" and one["n"] > 1)
    assert (part["n"], part["more"], len(part["members"])) == (130, 10, 120)
    place = f"/reports/{pair.pk}/wall/"
    left = as_pathologist.get(f"{place}?change=gained&start=120").content.decode()
    assert [f'data-rank="{rank}"' in left for rank in (119, 120, 129, 130)] == [
        *(False, True, True, False)
    ]  # fmt: skip
    odd = pair.results["versions"][str(pair.order[0])]["slides"][1]["slide"]
    own = as_pathologist.get(f"{place}?change=gained&start=120&slides={odd}").content.decode()
    assert own.count("<li ") == 5 and 'data-rank="120"' not in own
    assert as_pathologist.get(f"{place}?change=odd").status_code == 400
    assert as_pathologist.get(f"{place}?slides=1;2").status_code == 400


def test_a_deleted_slide_stays_in_the_words_and_has_no_crop(pair, as_pathologist):
    place = next(i for i, one in enumerate(pair.results["changes"]) if one["name"] == "two")
    Slide.objects.filter(name="two").delete()
    page = as_pathologist.get(pair.get_absolute_url()).content.decode()
    assert "The slide is gone." in page
    assert as_pathologist.get(f"/reports/{pair.pk}/changes/{place}.jpg").status_code == 404


# Crops -------------------------------------------------------------------------


def test_a_crop_is_cut_round_its_place(pair, as_pathologist):
    place = next(i for i, one in enumerate(pair.results["changes"]) if one["kind"] == "lesion")
    answer = as_pathologist.get(f"/reports/{pair.pk}/changes/{place}.jpg")
    picture = np.asarray(Image.open(io.BytesIO(answer.content)), int)
    assert picture.shape == (crops.CROP_PX, crops.CROP_PX, 3)
    middle = picture[crops.CROP_PX // 2, crops.CROP_PX // 2]
    np.testing.assert_allclose(middle, (200, 30, 120), atol=12)
    assert "private" in answer["Cache-Control"]
    again = as_pathologist.get(
        answer.request["PATH_INFO"], headers={"if-none-match": answer["ETag"]}
    )
    assert again.status_code == 304


def test_there_are_crops_of_changes_only(pair, as_pathologist):
    n = len(pair.results["changes"])
    assert as_pathologist.get(f"/reports/{pair.pk}/changes/{n}.jpg").status_code == 404


def test_a_window_holds_the_box_with_room_and_small_places_with_more():
    large = crops.window((100, 100, 4100, 2100), 0.25)
    assert large.box_l0 == (2100 - 3200, 1100 - 3200, 2100 + 3200, 1100 + 3200)
    assert large.frame == (60.0, 110.0, 200.0, 100.0)
    small = crops.window((1000, 1000, 1010, 1010), 0.25)
    assert small.box_l0[2] - small.box_l0[0] == pytest.approx(300 / 0.25)
    assert small.frame[2:] == (crops.LEAST_FRAME_PX, crops.LEAST_FRAME_PX)


# Files -------------------------------------------------------------------------


def test_pairs_and_changes_go_as_csv(pair, as_pathologist):
    answer = as_pathologist.get(f"/reports/{pair.pk}/pairs.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    froc = next(row for row in rows if row["figure"] == "froc")
    assert (froc["first"], froc["second"], froc["n"], froc["unit"]) == ("A", "B", "2", "lesions")
    tests = [row for row in rows if row["method"] == "mcnemar" and row["figure"] == "lesions"]
    assert (tests[0]["only_first_right"], tests[0]["only_second_right"]) == ("1", "1")
    answer = as_pathologist.get(f"/reports/{pair.pk}/changes.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [(row["kind"], row["change"]) for row in rows] == [
        ("lesion", "gained"),
        ("lesion", "lost"),
        ("false_finding", "lost"),
    ]
    edges = [float(rows[0][name]) for name in ("left", "top", "right", "bottom")]
    np.testing.assert_allclose(edges, np.array([1, 1, 9, 4]) * SIDE, atol=4)


def test_pairs_and_changes_are_read_over_http_page_by_page(pair, as_pathologist):
    told = as_pathologist.get(f"/api/reports/{pair.pk}/pairs/").json()
    assert (told["count"], told["results"][0]["lesions"]["gained"]) == (1, 1)
    address = f"/api/reports/{pair.pk}/changes/"
    assert as_pathologist.get(address, {"page_size": 1}).json()["count"] == 3
    lost = as_pathologist.get(address, {"kind": "lesion", "change": "lost"}).json()["results"]
    assert [(one["name"], one["size_class"]) for one in lost] == [("two", "micro")]
    assert as_pathologist.get(address, {"against": 999}).json()["count"] == 0
    assert as_pathologist.get(address, {"kind": "nothing"}).status_code == 400
    answer = as_pathologist.get(f"/api/reports/{pair.pk}/changes.csv/")
    assert answer.content.decode().count("\n") == 4


def test_a_name_is_no_formula_in_a_table(pair):
    pair.results["changes"][0]["name"] = "=1+1"
    assert "'=1+1" in release_exports.changes_csv(pair)


def test_another_pair_is_shown_where_it_is_asked_for(made_slides):
    row = rows_of.report_of(made_slides, ["A", "B", "C"])
    told = release_pages.context(row, str(row.order[2]))
    assert [one.second["name"] for one in told["pairs"]] == ["B", "C"]
    assert told["pair"].second["name"] == "C"
    assert release_pages.context(row, "nonsense")["pair"].second["name"] == "B"
