"""The Django admin: everything to see, jobs to cancel and queue again, truth never edited."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client

from predictions.models import Prediction
from slides import audit
from slides.models import AuditEvent, Bookmark, SeenTissue, Slide
from tests.predictions import conftest as rows

pytestmark = pytest.mark.django_db

predicted = rows.predicted
make_version, small_slide = rows.make_version, rows.small_slide

APPS = {"slides", "training", "predictions"}
OURS = [model for model in admin.site._registry if model._meta.app_label in APPS]


@pytest.fixture
def as_superuser() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.fixture
def world(small_slide, make_version, predicted, annotate) -> Prediction:
    slide = small_slide()
    annotate(slide)
    reader = User.objects.create(username="reader")
    SeenTissue.objects.create(slide=slide, reader=reader, columns=8, rows=1, bits=b"\x80")
    Bookmark.objects.create(slide=slide, author=reader, name="here", view="x=1&y=1&w=9")
    return predicted(slide, make_version(), [[0.5] * 5] * 3)


def place(model: type, end: str = "") -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/{end}"


def test_every_kind_of_row_is_there():
    names = {model.__name__ for model in OURS}
    assert names == {
        *("Slide", "Annotation", "Edit", "PendingTruth", "Upload", "SeenTissue", "Bookmark"),
        *("AuditEvent", "GateRun", "Promotion", "VersionImport", "OnnxExport"),
        *("Dataset", "Experiment", "Mining", "TrainingRun", "ModelVersion"),
        *("Prediction", "Evaluation", "Cohort", "Report", "MapImport"),
    }


@pytest.mark.parametrize("model", OURS)
def test_lists_searches_and_rows_open(as_superuser, world, model):
    assert as_superuser.get(place(model)).status_code == 200
    assert as_superuser.get(place(model), {"q": "one"}).status_code == 200
    for row in model.objects.all():
        assert as_superuser.get(place(model, f"{row.pk}/change/")).status_code == 200


@pytest.mark.parametrize("model", OURS)
def test_no_row_is_made_by_hand(as_superuser, model):
    assert as_superuser.get(place(model, "add/")).status_code == 403


def test_a_revision_of_the_truth_is_neither_changed_nor_removed(as_superuser, world):
    truth = world.slide.truth
    for end in ("change/", "delete/"):
        answer = as_superuser.post(place(type(truth), f"{truth.pk}/{end}"), {"post": "yes"})
        assert answer.status_code == 403
    assert world.slide.truth == truth


def act(client: Client, action: str, *rows) -> None:
    model = type(rows[0])
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    assert client.post(place(model), chosen).status_code == 302


def test_waiting_jobs_are_cancelled(as_superuser):
    slide = Slide.objects.create(name="a", patient="a")
    act(as_superuser, "cancel", slide)
    assert Slide.objects.get().status == "cancelled"


def test_what_failed_is_queued_again_and_a_worker_told(
    as_superuser, world, django_capture_on_commit_callbacks
):
    failed = Slide.objects.create(name="a", patient="a", status="failed")
    with django_capture_on_commit_callbacks() as nudges:
        act(as_superuser, "requeue", failed, world.slide)
    failed.refresh_from_db()
    assert (failed.status, Slide.objects.get(pk=world.slide_id).status) == ("queued", "done")
    assert len(nudges) == 1


def test_a_slide_is_removed_with_its_files(
    as_superuser,
    small_slide,
    django_capture_on_commit_callbacks,
):
    slide = small_slide()
    with django_capture_on_commit_callbacks(execute=True):
        as_superuser.post(place(Slide, f"{slide.pk}/delete/"), {"post": "yes"})
    assert not Slide.objects.exists()
    assert not slide.tissue_path.exists()


def test_a_slide_in_a_dataset_stays(as_superuser, world):
    world.version.run.dataset.slides.add(world.slide)
    answer = as_superuser.post(
        place(Slide, f"{world.slide_id}/delete/"), {"post": "yes"}, follow=True
    )
    assert "must stay as it was frozen" in answer.content.decode()
    assert Slide.objects.exists()


def test_weights_and_manifest_go_with_their_rows_once_nothing_needs_them(
    as_superuser, world, django_capture_on_commit_callbacks
):
    version, run = world.version, world.version.run
    version.weights_path.parent.mkdir(parents=True, exist_ok=True)
    version.weights_path.write_bytes(b"weights")
    files = [version.weights_path, run.dataset.manifest_path]
    for row in (version, run.dataset):
        as_superuser.post(place(type(row), f"{row.pk}/delete/"), {"post": "yes"})
    assert [path.exists() for path in files] == [True, True]
    with django_capture_on_commit_callbacks(execute=True):
        for row in (world, version, run, run.dataset):
            as_superuser.post(place(type(row), f"{row.pk}/delete/"), {"post": "yes"})
    assert [path.exists() for path in files] == [False, False]


def test_what_is_removed_stays_in_the_audit_log(as_superuser, world):
    version, dataset = world.version, world.version.run.dataset
    other = type(dataset).objects.create(name="never frozen", mpp=0.5, patch_px=32)
    as_superuser.post(place(type(world), f"{world.pk}/delete/"), {"post": "yes"})
    as_superuser.post(place(type(version), f"{version.pk}/delete/"), {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [other.pk], "post": "yes"}
    as_superuser.post(place(type(dataset)), chosen)
    events = AuditEvent.objects.filter(action="delete")
    assert [(one.subject_type, one.subject_name) for one in events.order_by("pk")] == [
        ("predictions.prediction", str(world)),
        ("training.modelversion", "one"),
        ("training.dataset", "never frozen"),
    ]
    told = events.get(subject_name="one")
    assert told.actor and told.details["weights_sha256"] == version.weights_sha256
    assert audit.verify() is None


def test_what_cannot_be_removed_leaves_no_word_of_it(as_superuser, world):
    dataset = world.version.run.dataset
    as_superuser.post(place(type(dataset), f"{dataset.pk}/delete/"), {"post": "yes"})
    assert type(dataset).objects.exists() and not AuditEvent.objects.exists()


def test_a_list_costs_the_same_for_one_row_and_three(
    as_superuser,
    small_slide,
    django_assert_max_num_queries,
):
    for names in (["a"], ["b", "c"]):
        for name in names:
            small_slide(name)
        with django_assert_max_num_queries(10):
            as_superuser.get(place(Slide))
