"""Every address of the site against every role, from one table. A new address must be added.

A line says what anonymous, a stranger (an account without a role), a pathologist and an admin are
answered. Methods that a line does not name must be refused to an admin too (405).
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from knox.models import AuthToken
from shapely import box

from predictions import reports, services, tasks
from predictions.models import GateRun, Promotion, Report
from slides import audit
from slides.models import Bookmark, PendingTruth, Upload
from slides.truth_preview import OUTLINES, Terms
from tests.predictions import conftest as rows
from training import mined
from training.dataset_words import told_leak, with_words
from training.experiment_plans import filled
from training.manifest import PATCH
from training.mined import Mined
from training.models import (
    Dataset,
    Experiment,
    Mining,
    ModelVersion,
    TrainingRun,
    VersionImport,
)

pytestmark = pytest.mark.django_db

predicted = rows.predicted
make_version, small_slide = rows.make_version, rows.small_slide

Answers = tuple[int, int, int, int]  # anonymous, stranger, pathologist, admin
UPLOAD = UUID("0b5e4a7c-6d3f-4b8e-9f00-000000000001")
TUS = {"Tus-Resumable": "1.0.0"}

PAGE = {"get": (302, 403, 200, 200)}
ADMIN_PAGE = {"get": (302, 403, 403, 200)}
READ = {"get": (401, 403, 200, 200)}  # over the API
ADMIN_READ = {"get": (401, 403, 403, 200)}


def by_admin(done: int) -> Answers:
    """A write on a page that only admins may do."""
    return (302, 403, 403, done)


def api_by_admin(done: int) -> Answers:
    """A write over the API that only admins may do. 400: let in, and the body was empty."""
    return (401, 403, 403, done)


TABLE: dict[str, dict[str, Answers]] = {
    # Slides
    "home": PAGE,
    "slide-list": PAGE,
    "slide": PAGE,
    "slide-status": PAGE,
    "slide-dzi": PAGE,
    "slide-tile": PAGE,
    "slide-thumbnail": PAGE,
    "slide-tissue": PAGE,
    "slide-upload": ADMIN_PAGE,
    "slide-mpp": {"post": by_admin(302)},
    "slide-delete": {"post": by_admin(302)},
    "upload-create": {"post": (401, 403, 403, 201)},
    "upload": {
        "head": (401, 403, 403, 200),
        "patch": (401, 403, 403, 415),
        "delete": (401, 403, 403, 204),
    },
    "truth-upload": {"post": (302, 403, 302, 302)},
    "truth-pending-list": {"get": (302, 403, 204, 200), "post": (302, 403, 302, 302)},
    "truth-pending": {"get": (302, 403, 404, 200), "post": (302, 403, 404, 302)},
    "truth-pending-outlines": {"get": (302, 403, 404, 200)},
    "truth-geojson": PAGE,
    "truth-xml": PAGE,
    "truth-ncrf": PAGE,
    "truth-label-mask": PAGE,
    "api-slide-label-mask": READ,
    "api-annotation-ncrf": READ,
    "truth-mask": PAGE,
    # Training
    "dataset-list": PAGE,
    "dataset": PAGE,
    "dataset-state": PAGE,
    "dataset-new": ADMIN_PAGE | {"post": by_admin(200)},
    "dataset-freeze": {"post": by_admin(302)},
    "dataset-preview": {"post": by_admin(302)},
    "dataset-sample": PAGE,
    "dataset-leak": PAGE,
    "run-list": PAGE,
    "run": PAGE,
    "run-state": PAGE,
    "run-new": ADMIN_PAGE | {"post": by_admin(200)},
    "run-patch": PAGE,
    "experiment-list": PAGE,
    "experiment-new": ADMIN_PAGE | {"post": by_admin(200)},
    "experiment": PAGE,
    "experiment-state": PAGE,
    "experiment-train": {"post": by_admin(200)},
    "experiment-markdown": PAGE,
    "experiment-csv": PAGE,
    "version-list": PAGE,
    "version-display": {"post": by_admin(400)},
    "mining-list": PAGE,
    "mining": PAGE,
    "mining-state": PAGE,
    "mining-patch": PAGE,
    "version-mine": {"post": by_admin(302)},
    "version-corrections": PAGE,
    "version-retrain": {"post": by_admin(302)},
    "version-calibrate": {"post": by_admin(302)},
    "version-calibration-csv": PAGE,
    "version-calibration-json": PAGE,
    "version-stage": {"post": by_admin(302)},
    "version-card-edit": ADMIN_PAGE | {"post": by_admin(200)},
    "version-card-md": PAGE,
    "version-card-json": PAGE,
    "version-bundle": {"get": by_admin(302), "post": by_admin(302)},
    "version-onnx": {"get": by_admin(302), "post": by_admin(302)},
    "version-onnx-state": ADMIN_PAGE,
    "version-import-new": ADMIN_PAGE | {"post": by_admin(200)},
    "version-import": ADMIN_PAGE,
    "version-import-state": ADMIN_PAGE,
    "version-side-by-side": PAGE,
    "version-promote": {"post": by_admin(302)},
    "version-rollback": {"post": by_admin(302)},
    "gate-new": {"post": by_admin(302)},
    "gate-run": PAGE,
    "gate-run-state": PAGE,
    # Predictions
    "version": PAGE,
    "version-evaluate": {"post": by_admin(302)},
    "compare": PAGE,
    "prediction-list": PAGE,
    "prediction": PAGE,
    "prediction-state": PAGE,
    "prediction-new": {"post": by_admin(404)},
    "prediction-map": PAGE,
    "prediction-truth": PAGE,
    "prediction-npz": PAGE,
    "prediction-mask": PAGE,
    "prediction-cancel": {"post": by_admin(302)},
    "prediction-evaluate": {"post": by_admin(302)},
    "outside-new": ADMIN_PAGE | {"post": by_admin(200)},
    "version-results": {"get": (302, 403, 302, 302)},  # no test slide was read
    "report-list": PAGE,
    "report-new": ADMIN_PAGE | {"post": by_admin(200)},
    "report": PAGE,
    "report-state": PAGE,
    "report-again": {"post": by_admin(302)},
    "report-json": PAGE,
    "report-figures": PAGE,
    "report-slides": PAGE,
    "report-pairs": PAGE,
    "report-changes": PAGE,
    "report-crop": {"get": (302, 403, 404, 404)},  # a report of one version has no changes
    "job-list": PAGE,
    "job-act": {"post": by_admin(302)},
    # Accounts and the site itself
    "audit-log": ADMIN_PAGE,
    "audit-verify": {"post": by_admin(302)},
    "audit-csv": ADMIN_PAGE,
    "admin-login": dict.fromkeys(("get", "post"), (302, 403, 403, 403)),
    "login": dict.fromkeys(("get", "post", "put"), (200, 302, 302, 302))
    | dict.fromkeys(("patch", "delete"), (405, 302, 302, 302)),
    "logout": {"post": (302, 302, 302, 302)},
    "token-list": PAGE | {"post": (302, 403, 200, 200)},
    "token-revoke": {"post": (302, 403, 404, 302)},
    "words": {"get": (200, 200, 200, 200)},
    "set-language": {"post": (302, 302, 302, 302)},
    "healthz": {"get": (200, 200, 200, 200)},
    "readyz": {"get": (200, 200, 200, 200)},
    # API
    "api-docs": PAGE,
    "api-schema": READ,
    "api-token-list": {"get": (401, 200, 200, 200), "post": (400, 400, 400, 400)},
    "api-token-detail": {"delete": (401, 404, 404, 204)},
    "api-slide-list": READ | {"post": api_by_admin(400)},
    "api-slide-detail": READ | {"delete": api_by_admin(204)},
    "api-slide-mpp": {"patch": api_by_admin(400)},
    "api-slide-cancel": {"post": api_by_admin(200)},
    "api-slide-retry": {"post": api_by_admin(409)},
    "api-slide-truth": READ | {"post": (401, 403, 400, 400)},
    "api-slide-drawing-now": READ,
    "api-slide-drawing-changes": READ,
    "api-slide-drawing-edits": {"post": (401, 403, 400, 400)},
    "api-slide-drawing-finish": {"post": (401, 403, 200, 200)},
    "api-slide-revision-list": READ,
    "api-slide-revision-features": READ,
    "api-slide-revision-against": READ,
    "api-slide-revision-restore": {"post": (401, 403, 200, 200)},
    "api-slide-revision-deleted": READ,
    "api-slide-seen-tissue": READ | {"put": (401, 403, 400, 400), "delete": (401, 403, 204, 204)},
    "api-bookmark-list": READ | {"post": (401, 403, 400, 400)},
    "api-bookmark-detail": {
        "get": (401, 403, 200, 200),
        "patch": (401, 403, 403, 200),
        "delete": (401, 403, 403, 204),
    },
    "api-annotation-list": READ,
    "api-annotation-detail": READ,
    "api-annotation-asap": READ,
    "api-annotation-geojson": READ,
    "api-annotation-mask": READ,
    "api-dataset-list": READ | {"post": api_by_admin(400)},
    "api-dataset-detail": READ,
    "api-dataset-cancel": {"post": api_by_admin(200)},
    "api-dataset-retry": {"post": api_by_admin(409)},
    "api-dataset-manifest": READ,
    "api-dataset-freeze": {"post": api_by_admin(409)},
    "api-dataset-preview": {"post": api_by_admin(409)},
    "api-dataset-leaks": READ,
    "api-dataset-samples": READ,
    "api-dataset-sample": READ,
    "api-run-list": READ | {"post": api_by_admin(400)},
    "api-run-detail": READ,
    "api-run-cancel": {"post": api_by_admin(200)},
    "api-run-retry": {"post": api_by_admin(409)},
    "api-run-history": READ,
    "api-run-steps": READ,
    "api-run-examples": READ,
    "api-experiment-list": READ | {"post": api_by_admin(400)},
    "api-experiment-detail": READ,
    "api-experiment-cancel": {"post": api_by_admin(200)},
    "api-experiment-retry": {"post": api_by_admin(409)},
    "api-experiment-markdown": READ,
    "api-experiment-csv": READ,
    "api-experiment-train": {"post": api_by_admin(400)},
    "api-version-list": READ,
    "api-version-detail": READ,
    "api-version-weights": ADMIN_READ,
    "api-version-card": READ | {"patch": api_by_admin(200)},
    "api-version-bundle": {"get": api_by_admin(404), "post": api_by_admin(409)},
    "api-version-onnx": {"get": api_by_admin(404), "post": api_by_admin(202)},
    "api-version-onnx-file": {"get": api_by_admin(404)},
    "api-version-stage": {"post": api_by_admin(400)},
    "api-outside-list": {"post": api_by_admin(415)},
    "api-results-detail": {"get": (401, 403, 409, 409)},  # no test slide was read
    "api-import-list": ADMIN_READ | {"post": api_by_admin(415)},
    "api-import-detail": ADMIN_READ,
    "api-import-cancel": {"post": api_by_admin(200)},
    "api-import-retry": {"post": api_by_admin(409)},
    "api-gate-list": READ | {"post": api_by_admin(400)},
    "api-gate-detail": READ,
    "api-gate-cancel": {"post": api_by_admin(200)},
    "api-gate-retry": {"post": api_by_admin(409)},
    "api-promotion-list": READ | {"post": api_by_admin(400)},
    "api-promotion-detail": READ,
    "api-promotion-roll-back": {"post": api_by_admin(409)},
    "api-audit-list": ADMIN_READ,
    "api-audit-detail": ADMIN_READ,
    "api-audit-chain": ADMIN_READ,
    "api-mining-list": READ | {"post": api_by_admin(400)},
    "api-mining-detail": READ,
    "api-mining-cancel": {"post": api_by_admin(200)},
    "api-mining-retry": {"post": api_by_admin(409)},
    "api-mining-patches": READ,
    "api-version-corrections": READ,
    "api-version-retrain": {"post": api_by_admin(409)},  # nothing was corrected
    "api-version-calibration": READ,
    "api-version-calibrate": {"post": api_by_admin(400)},
    "api-version-scores": {"get": (401, 403, 404, 404)},  # not kept with this version
    "api-prediction-list": READ | {"post": api_by_admin(400)},
    "api-prediction-detail": READ,
    "api-prediction-cancel": {"post": api_by_admin(200)},
    "api-prediction-retry": {"post": api_by_admin(409)},
    "api-prediction-metrics": READ,
    "api-prediction-map-npz": READ,
    "api-prediction-map-png": READ,
    "api-prediction-mask-tif": READ,
    "api-evaluation-list": READ | {"post": api_by_admin(400)},
    "api-evaluation-detail": READ,
    "api-cohort-list": READ | {"post": api_by_admin(400)},
    "api-cohort-detail": READ,
    "api-report-list": READ | {"post": api_by_admin(400)},
    "api-report-detail": READ,
    "api-report-cancel": {"post": api_by_admin(200)},
    "api-report-retry": {"post": api_by_admin(409)},
    "api-report-again": {"post": api_by_admin(200)},
    "api-report-slides": READ,
    "api-report-figures-csv": READ,
    "api-report-slides-csv": READ,
    "api-report-pairs": READ,
    "api-report-changes": READ,
    "api-report-pairs-csv": READ,
    "api-report-changes-csv": READ,
    "api-job-list": READ,
}

METHODS = ("get", "post", "put", "patch", "delete")


# The world the addresses point into ------------------------------------------------


@pytest.fixture
def arguments(
    admin: User,
    small_slide,
    make_version,
    predicted,
    annotate,
    settings,
    monkeypatch,
) -> Callable[[str], dict[str, Any]]:
    """Rows and files behind every address; gives the arguments of one by its name."""
    monkeypatch.setattr(current_app.conf, "broker_write_url", "memory://")
    media = Path(settings.MEDIA_ROOT)
    slide = small_slide(thumbnail="one.jpeg")
    (media / "one.jpeg").write_bytes(b"jpeg")
    truth = annotate(slide, box(0, 32, 160, 64))
    version = make_version()
    (media / "versions").mkdir()
    version.weights_path.write_bytes(b"weights")
    prediction = predicted(slide, version, [[0.1] * 5, [0.9] * 5, [0.0] * 5])
    evaluation = services.evaluate(prediction=prediction, annotation=truth)
    cohort = services.evaluate_cohort(version, "all")
    bookmark = Bookmark.objects.create(
        slide=slide, author=admin, name="here", view="x=1", is_shared=True
    )
    token = AuthToken.objects.create(admin)[0]
    Upload.objects.create(pk=UPLOAD, owner=admin, filename="a.tif", size=10)
    pending = a_pending_truth(slide, admin)
    keys = {
        "slide": slide,
        "truth": slide,
        "annotation": truth,
        "bookmark": bookmark,
        "dataset": version.run.dataset,
        "run": version.run,
        "results": version,
        "version": version,
        "mining": a_mining(slide, version),
        "prediction": prediction,
        "evaluation": evaluation,
        "cohort": cohort,
        "experiment": an_experiment(admin),
        "report": a_report(version),
        **of_the_registry(version, admin),
    }
    with_pictures(version.run.dataset, slide)
    with_examples(version.run, slide)
    special = {
        "gate-new": {"pk": version.pk},
        "version-import": {"pk": keys["import"].pk},
        "version-import-state": {"pk": keys["import"].pk},
        **dict.fromkeys(
            ("dataset-sample", "dataset-leak", "api-dataset-sample"),
            {"pk": version.run.dataset_id, "place": 0, "side": 1},
        ),
        "run-patch": {"pk": version.run_id, "place": 0},
        "experiment-new": {"kind": "zoom-levels"},
        "truth-pending": {"pk": slide.pk, "pending_pk": pending.pk},
        "truth-pending-outlines": {"pk": slide.pk, "pending_pk": pending.pk},
        "mining-patch": {"pk": keys["mining"].pk, "place": 0},
        "report-crop": {"pk": keys["report"].pk, "place": 0},
        "slide-tile": {"pk": slide.pk, "level": 0, "column": 0, "row": 0},
        "job-act": {"kind": "prediction", "pk": prediction.pk, "act": "cancel"},
        "api-slide-revision-against": {"pk": slide.pk, "revision": 1, "other": 0},
        "upload": {"uuid": UPLOAD},
        "token-revoke": {"key": token.token_key},
        "api-token-detail": {"id": token.token_key},
    }

    def of(name: str) -> dict[str, Any]:
        subject = name.removeprefix("api-").split("-")[0]
        known = {"pk": keys[subject].pk, "revision": 1} if subject in keys else {}
        return special.get(name, known)

    return of


def with_pictures(dataset: Dataset, slide) -> None:
    """A patch on the dataset's wall, and a leak of the slide with itself."""
    patch = {"slide_id": slide.pk, "x_l0": 0, "y_l0": 0, "mpp": 0.5, "label": 1, "split": "test"}
    shares = {"tumour_share": 1.0, "tissue_share": 1.0, "source": "grid", "author": ""}
    told = {"id": slide.pk, "name": slide.name, "patient": "ann", "split": "test"}
    leak = {"kind": "same_tissue", "slides": [told, told], "matches": 9}
    leak |= {"places_um": [[9.0, 9.0], [9.0, 9.0]]}
    dataset.samples = [patch | shares]
    dataset.leaks = [leak | with_words(told_leak(leak))]
    dataset.save()


def with_examples(run: TrainingRun, slide) -> None:
    """A patch of the run's last validation."""
    run.examples = [
        {"place": 0, "label": 1, "score": 0.2, "is_right": False, "slide": slide.pk}
        | {"x_l0": 0, "y_l0": 0, "mpp": 0.5}
    ]
    run.save()


def of_the_registry(version: ModelVersion, admin: User) -> dict[str, Any]:
    """A trial, a promotion, a bundle that came, and the event that tells of it."""
    trial = GateRun.objects.create(version=version, margin=0.05, status="done", verdict="refused")
    return {
        "gate": trial,
        "promotion": Promotion.objects.create(kind="promoted", version=version, gate_run=trial),
        "import": VersionImport.objects.create(filename="a.zip", sha256="0" * 64, status="done"),
        "audit": audit.record(admin, "import", version),
    }


def an_experiment(admin: User) -> Experiment:
    """An experiment that waits for its first run."""
    return Experiment.objects.create(
        name="levels", kind="zoom-levels", created_by=admin, plan=filled("zoom-levels", {})
    )


def a_report(version) -> Report:
    """A report over all slides that was made here and now."""
    row = reports.request_report([version], "all")
    assert tasks.run_report(row), row.error
    return row


def a_mining(slide, version) -> Mining:
    """A mining that kept one patch of a slide."""
    patch = np.zeros(1, PATCH)
    patch["slide_id"] = slide.pk
    row = Mining.objects.create(version=version, patches="minings/one.npz")
    mined.write(row.patches_path, Mined(patch, np.ones(1, np.float32)))
    return row


def a_pending_truth(slide, owner: User) -> PendingTruth:
    """A truth file that this person sent, could not be read, and has outlines to show."""
    terms = Terms().as_json()
    row = PendingTruth.objects.create(slide=slide, owner=owner, status="failed", terms=terms)
    row.folder.mkdir(parents=True)
    (row.folder / OUTLINES).write_text("{}")
    return row


def patterns(found: list[Any] | None = None) -> Iterator[URLPattern]:
    """Every address of the site but the Django admin's."""
    for pattern in get_resolver().url_patterns if found is None else found:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from patterns(pattern.url_patterns)
        else:
            yield pattern


def place_of(name: str, given: dict[str, Any]) -> str:
    pattern = next(pattern for pattern in patterns() if pattern.name == name)
    wanted = pattern.pattern.regex.groupindex
    return reverse(name, kwargs={key: value for key, value in given.items() if key in wanted})


def client_of(user: User | None) -> Client:
    client = Client(raise_request_exception=False)
    if user:
        client.force_login(user)
    return client


def ask(client: Client, name: str, method: str, place: str) -> int:
    """The status of a call with just enough in it to get past the door."""
    if name.startswith("api-") and method != "get":
        return getattr(client, method)(place, "{}", content_type="application/json").status_code
    if name.startswith("upload"):
        headers = TUS | {"Upload-Length": "10", "Upload-Metadata": "filename YS50aWY="}
        return getattr(client, method)(place, headers=headers).status_code
    body = {"is_normal": "1"} if name == "truth-upload" else {}
    return getattr(client, method)(place, body).status_code


# The claims ------------------------------------------------------------------------


def test_every_address_is_in_the_table():
    names = [pattern.name or str(pattern.pattern) for pattern in patterns()]
    assert sorted(set(names) - set(TABLE)) == [], "add these addresses to TABLE"
    assert sorted(set(TABLE) - set(names)) == [], "these addresses are gone"
    assert len(names) == len(set(names)), "two addresses share a name"


@pytest.mark.parametrize("name", TABLE)
def test_every_role_is_answered_as_the_table_says(name, arguments, stranger, pathologist, admin):
    place = place_of(name, arguments(name))
    clients = [client_of(user) for user in (None, stranger, pathologist, admin)]
    others = [method for method in METHODS if method not in TABLE[name]]
    refused = {method: ask(clients[-1], name, method, place) for method in others}
    answers = {
        method: tuple(ask(client, name, method, place) for client in clients)
        for method in TABLE[name]
    }
    assert answers == TABLE[name]
    assert refused == dict.fromkeys(others, 405)


@pytest.mark.parametrize(
    "name", ["slide", "slide-tile", "prediction-map", "truth-mask", "api-docs"]
)
def test_whoever_is_not_logged_in_is_led_to_the_login(name, arguments):
    answer = Client().get(place_of(name, arguments(name)))
    assert answer["Location"].startswith("/accounts/login/?next=/")


def test_the_django_admin_is_for_staff(client, pathologist):
    client.force_login(pathologist)
    answer = client.get("/admin/slides/slide/")
    assert (answer.status_code, answer["Location"]) == (
        302,
        "/admin/login/?next=/admin/slides/slide/",
    )


def test_a_token_gives_what_its_owner_may(arguments, pathologist):
    secret = AuthToken.objects.create(pathologist)[1]
    client = Client(headers={"authorization": f"Token {secret}"})
    assert client.get("/api/slides/").status_code == 200
    assert client.post("/api/predictions/").status_code == 403
    assert client.get("/slides/").status_code == 302
