"""The worklist as a page: rows with reasons, ticked rows, saved views, where a log-in lands."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from predictions.review import worklist
from predictions.review.models import SavedView, WorkItem
from slides.models import AuditEvent
from tests.predictions.review.study_rows import a_review, a_study, a_user
from tests.predictions.review.work_rows import ranked, work

PAGE = "/review/"
QUIET = [[0.1] * 5] * 3
LOUD = [[0.1, 0.1, 0.1, 0.9, 0.1], [0.1] * 5, [0.1] * 5]


def text(client: Client, query: str = "") -> str:
    return client.get(PAGE + query).content.decode()


# Rows ------------------------------------------------------------------------------


@pytest.fixture
def read(small_slide, make_version, predicted):
    """A slide that two versions disagree on, on the list."""
    slide = small_slide("tumor_001")
    reading = predicted(slide, make_version("first"), QUIET)
    reading = predicted(slide, make_version("second"), LOUD)
    return worklist.open_work(reading)


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ("score", "Highest score 0.90, 1 finding."),
        ("doubt", "Highest score 0.90 against a threshold of 0.50: in doubt by 20 %."),
        ("dispute", "Two versions disagree: 0.90 (second) against 0.10 (first)."),
        ("value", "Worth 21 of 100: if it is wrong, it was a false alarm."),
        ("date", "Came in today."),
        ("patient", "Patient tumor_001"),
    ],
)
def test_a_row_says_why_it_is_there(as_pathologist, read, order, told):
    assert told in text(as_pathologist, f"?order={order}")


def test_a_slide_below_the_threshold_says_so(as_pathologist, small_slide, make_version, predicted):
    worklist.open_work(predicted(small_slide(), make_version(), QUIET))
    assert "Highest score 0.10, below the threshold of 0.50." in text(as_pathologist)
    assert "if it is wrong, a metastasis was missed" in text(as_pathologist, "?order=value")


def test_a_row_warns_of_a_patient_seen_in_training(
    as_pathologist, small_slide, make_version, predicted
):
    slide = small_slide()
    worklist.open_work(predicted(slide, make_version(training=[slide]), LOUD))
    assert "has seen this patient in training" in text(as_pathologist)


def test_a_row_without_a_reading_says_so(as_pathologist):
    work()
    assert "No version has read this slide yet." in text(as_pathologist)


def test_a_row_tells_no_verdict(as_pathologist, admin):
    item = work(state="signed")
    a_review(item, admin, conclusion="macro", signed=True)
    page = text(as_pathologist, "?state=all&whose=all")
    assert item.name in page
    assert "macrometastasis</" not in page.replace("</option>", "")


def test_a_reader_who_decides_alone_sees_no_figure(
    as_pathologist, pathologist, small_slide, make_version, predicted
):
    slide = small_slide("tumor_001")
    routine = worklist.open_work(predicted(slide, make_version("second"), LOUD))
    study = a_study([slide], [pathologist], is_unaided_first=True)
    copy = {name: getattr(routine, name) for name in ("prediction", "score", "finding_count")}
    WorkItem.objects.create(
        slide=slide, study=study, assigned_to=pathologist, name=slide.name,
        patient=slide.patient, arrived_at=slide.created_at, **copy,
    )  # fmt: skip
    page = text(as_pathologist, f"?study={study.pk}")
    assert slide.name in page
    for told in ("0.90", "finding.", "1 finding", "second", "Highest"):
        assert told not in page.split("<tbody>")[1].split("</tbody>")[0]
    assert slide.name not in text(as_pathologist, "?whose=all&state=all")


def test_empty_lists_say_what_to_do(as_pathologist):
    assert "No work yet" in text(as_pathologist)
    work(state="signed")
    assert "All is signed" in text(as_pathologist)
    assert "Nothing matches" in text(as_pathologist, "?q=nowhere")


def test_the_number_of_queries_does_not_grow_with_the_rows(
    as_admin, make_version, predicted, small_slide, django_assert_num_queries
):
    worklist.open_work(predicted(small_slide("one"), make_version("first"), LOUD))
    as_admin.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        as_admin.get(PAGE + "?order=dispute")
    ranked(31)
    with django_assert_num_queries(len(few)):
        page = as_admin.get(PAGE + "?order=dispute").content.decode()
    assert page.count("data-work=") == 30
    assert len(few) <= 20


# Ticked rows --------------------------------------------------------------------------


def post(client: Client, **told):
    return client.post(reverse("work-act"), told, follow=True)


def test_an_admin_assigns_ticked_rows_and_the_list_stays_as_it_was(as_admin, pathologist):
    one, two = ranked(2)
    answer = post(
        as_admin, act="assign", item=[one.pk], reader=[pathologist.pk], way="hand",
        list="order=doubt&whose=all",
    )  # fmt: skip
    assert answer.redirect_chain == [(f"{PAGE}?order=doubt&whose=all", 302)]
    assert "bob got 1 slide" in answer.content.decode()
    assert list(WorkItem.objects.filter(assigned_to=pathologist)) == [one]


def test_an_admin_assigns_all_that_the_list_shows(as_admin, pathologist):
    ranked(3)
    work("other")
    told = {"act": "assign", "which": "all", "reader": [pathologist.pk], "way": "hand"}
    post(as_admin, **told, list="q=s")
    assert WorkItem.objects.filter(assigned_to=pathologist).count() == 3


def test_a_pathologist_marks_as_urgent_and_assigns_nothing(as_pathologist, pathologist):
    item = work()
    assert (
        "1 slide is urgent now"
        in post(as_pathologist, act="urgent", item=[item.pk]).content.decode()
    )
    assert WorkItem.objects.get().is_urgent
    answer = post(as_pathologist, act="assign", item=[item.pk], reader=[pathologist.pk])
    assert answer.status_code == 403
    assert AuditEvent.objects.filter(action="mark_urgent").count() == 1


@pytest.mark.parametrize(
    ("told", "refusal"),
    [
        ({"act": "urgent", "item": []}, "No row was chosen"),
        ({"act": "urgent", "item": ["x", "9" * 30]}, "No row was chosen"),
        ({"act": "sing"}, "none of"),
        ({"act": "assign", "way": "hand"}, "No reader was chosen"),
        ({"act": "assign", "way": "hand", "seed": "-1"}, "The seed is a whole number"),
    ],
)
def test_what_cannot_be_done_is_told(as_admin, told, refusal):
    answer = post(as_admin, **{"item": [work().pk]} | told)
    assert refusal in answer.content.decode()


# Saved views ----------------------------------------------------------------------------


def test_a_list_is_kept_under_a_name_and_forgotten(as_pathologist, pathologist):
    work()
    told = {"name": "  mine,  urgent ", "list": "urgent=yes&order=score&evil=1"}
    as_pathologist.post(reverse("view-save"), told)
    view = SavedView.objects.get()
    assert (view.name, view.query, view.is_shared) == ("mine, urgent", "urgent=yes", False)
    page = text(as_pathologist, "?urgent=yes")
    assert 'href="/review/?urgent=yes" aria-current="true"' in page
    as_pathologist.post(reverse("view-forget", args=[view.pk]))
    assert not SavedView.objects.exists()


def test_the_same_name_replaces_ones_own_view_alone(as_pathologist, pathologist, admin):
    SavedView.objects.create(owner=admin, name="today", query="q=a", is_shared=True)
    for query in ("q=b", "q=c"):
        as_pathologist.post(reverse("view-save"), {"name": "today", "list": query})
    told = SavedView.objects.order_by("owner__username").values_list("owner__username", "query")
    assert list(told) == [("alice", "q=a"), ("bob", "q=c")]


def test_shared_views_are_seen_and_private_ones_are_not(as_pathologist, admin):
    work()
    SavedView.objects.create(owner=admin, name="for all", query="q=a", is_shared=True)
    hers = SavedView.objects.create(owner=admin, name="hers alone", query="q=b")
    page = text(as_pathologist)
    assert "for all" in page
    assert "hers alone" not in page
    assert as_pathologist.post(reverse("view-forget", args=[hers.pk])).status_code == 404


@pytest.mark.parametrize("name", ["", "   ", "x" * 121, "\0"])
def test_a_view_without_a_fit_name_is_not_kept(as_pathologist, name):
    as_pathologist.post(reverse("view-save"), {"name": name, "list": ""})
    assert not SavedView.objects.exists()


# The log-in -------------------------------------------------------------------------------


def log_in(user) -> str:
    told = {"username": user.username, "password": "a long enough pass phrase"}
    return Client().post(reverse("login"), told)["Location"]


def test_a_pathologist_with_work_lands_on_the_worklist(pathologist, admin):
    assert log_in(pathologist) == reverse("slide-list")
    item = work(assigned_to=admin)
    assert log_in(pathologist) == reverse("slide-list")
    WorkItem.objects.filter(pk=item.pk).update(assigned_to=None)
    assert log_in(pathologist) == PAGE
    assert log_in(admin) == reverse("slide-list")
    assert log_in(a_user("carol")) == PAGE
