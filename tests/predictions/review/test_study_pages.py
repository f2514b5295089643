"""Studies set up by form, API and command; closed to whom they are closed."""

import json
from io import StringIO

import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.urls import reverse

from predictions.review import studying
from predictions.review.models import Study, WorkItem
from predictions.review.studying import People, Rules
from tests.predictions.review.study_rows import a_study, a_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch) -> None:
    monkeypatch.setattr(current_app.conf, "broker_write_url", "memory://")


@pytest.fixture
def ann(db):
    return a_user("ann")


def filled(**fields) -> dict:
    return {
        "name": "new",
        "readings": "1",
        "is_blinded": "on",
        "names": "",
        "sentinels": "",
    } | fields


# The form --------------------------------------------------------------------------------


def test_a_study_is_set_up_from_filters_and_sentinels(as_admin, ann, reading, desk_slide):
    desk_slide("known")
    form = filled(readers=[ann.pk], is_read="on", sentinels="known = Macro")
    answer = as_admin.post(reverse("study-new"), form)
    study = Study.objects.get()
    assert answer["Location"] == study.get_absolute_url()
    assert {one.slide.name: one.answer for one in study.slides.all()} == {
        "slide": "",
        "known": "macro",
    }


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"names": "nowhere"}, "no ready slide called nowhere"),
        ({"sentinels": "slide"}, "is not of the form"),
        ({"sentinels": "nowhere = macro"}, "no ready slide called nowhere"),
        ({"words": "zzz"}, "No slide is like this"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(as_admin, ann, reading, fields, words):
    page = as_admin.post(reverse("study-new"), filled(readers=[ann.pk], **fields))
    assert words in page.content.decode()
    assert not Study.objects.exists()


@pytest.mark.parametrize(("truth", "n"), [("known", 1), ("tumour", 0), ("normal", 1), ("", 2)])
def test_slides_are_filtered_by_their_latest_truth(as_admin, ann, desk_slide, annotate, truth, n):
    from shapely import box

    slide = desk_slide("judged")
    annotate(slide, box(0, 0, 10, 10))
    annotate(slide)
    desk_slide("unjudged")
    as_admin.post(reverse("study-new"), filled(readers=[ann.pk], truth=truth))
    assert sum(study.slides.count() for study in Study.objects.all()) == n


# Its page -----------------------------------------------------------------------------------


def test_opened_and_closed_by_an_admin(as_admin, admin, ann, reading):
    rules, people = Rules("one"), People([ann])
    study = studying.make(rules=rules, people=people, slides=[reading.slide], by=admin)
    as_admin.post(reverse("study-open", args=[study.pk]))
    assert WorkItem.objects.get(study=study).assigned_to == ann
    page = as_admin.post(reverse("study-open", args=[study.pk]), follow=True)
    assert "open already" in page.content.decode()
    as_admin.post(reverse("study-close", args=[study.pk]))
    study.refresh_from_db()
    assert study.state == "closed"


def test_what_was_signed_meanwhile_is_told_without_a_reload(as_admin, ann, reading):
    study = a_study([reading.slide], [ann])
    place = reverse("study-state", args=[study.pk])
    assert "since this page was made" not in as_admin.get(place, {"signed": 0}).content.decode()
    WorkItem.objects.create(
        slide=reading.slide, study=study, state="signed", arrived_at=study.created_at
    )
    assert "1 slide was signed" in as_admin.get(place, {"signed": 0}).content.decode()


def test_an_admin_who_reads_is_not_told_the_sentinels(as_admin, admin, ann, reading):
    study = a_study([reading.slide], [ann], state="draft")
    study.slides.update(is_sentinel=True, answer="macro")
    place = study.get_absolute_url()
    assert "macrometastasis" in as_admin.get(place).content.decode()
    study.readers.add(admin)
    assert "macrometastasis" not in as_admin.get(place).content.decode()


# The API --------------------------------------------------------------------------------------


def test_over_the_api_from_making_to_closing(as_admin, as_pathologist, pathologist, reading):
    def post(client, name, body=None, *args):
        place = reverse(name, args=args)
        return client.post(place, body or {}, content_type="application/json")

    slide = reading.slide.pk
    body = {"name": "api", "readers": ["bob"], "slides": [slide], "is_unaided_first": True}
    body["sentinels"] = [{"slide": slide, "answer": "itc"}]
    made = post(as_admin, "api-study-list", body)
    assert (made.status_code, made.json()["n_slides"]) == (201, 1)
    pk = made.json()["id"]
    assert "itc" not in made.content.decode()
    assert post(as_admin, "api-study-open", None, pk).json()["state"] == "open"
    told = as_pathologist.get(reverse("api-study-progress", args=[pk])).json()
    assert [row["reader"] for row in told] == ["bob"]
    assert as_pathologist.get(reverse("api-study-results", args=[pk])).status_code == 403
    assert post(as_admin, "api-study-close", None, pk).json()["state"] == "closed"
    results = as_pathologist.get(reverse("api-study-results", args=[pk])).json()
    assert results["figures"]["n"]["readings"] == 0


def test_a_draft_is_taken_away_over_the_api(as_admin, ann, reading):
    study = a_study([reading.slide], [ann], state="draft")
    assert as_admin.delete(reverse("api-study-detail", args=[study.pk])).status_code == 204
    assert not Study.objects.exists()


# The command ------------------------------------------------------------------------------------


def told(*words, **options) -> str:
    out = StringIO()
    call_command("study", *words, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def test_the_command_makes_opens_follows_and_closes(ann, reading):
    told("make", "by hand", "--reader", "ann", "--sentinel", "slide=macro", "--seed", "4")
    study = Study.objects.get()
    assert (study.seed, study.is_blinded, study.slides.get().answer) == (4, True, "macro")
    told("open", "by hand")
    assert "reader ann" in told("show", "by hand")
    assert json.loads(told("results", str(study.pk), format="json"))["study"]["name"] == "by hand"
    assert "slides_sensitivity" in told("results", "by hand")
    assert "state closed" in told("close", "by hand")
    assert "by hand" in told()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("open", "nothing"), "no study 'nothing'"),
        (("make", "x", "--reader", "nobody"), "no account called nobody"),
        (("make", "x", "--reader", "ann", "--sentinel", "slide=big"), "NAME=ANSWER"),
        (("make", "", "--reader", "ann"), "a name"),
    ],
)
def test_the_command_says_what_is_wrong(ann, reading, words, why):
    with pytest.raises(CommandError, match=why):
        told(*words)
