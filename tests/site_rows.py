"""Rows and files behind every address of the site, and the arguments that lead to them.

A module that asks for `arguments` takes it and the fixtures it is made of from here.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.db import transaction
from django.test import override_settings
from knox.models import AuthToken
from shapely import box

from predictions import reports, services, tasks
from predictions.models import GateRun, MapImport, Prediction, Promotion, Report
from predictions.review import notices, reviewing
from predictions.review.models import Alarm, LookBack, Pin, SavedView, Study, StudySlide, WorkItem
from slides import audit
from slides.models import Annotation, Bookmark, PendingTruth, Slide, Upload
from slides.truth_preview import OUTLINES, Terms
from tests.conftest import made_user, settings_below
from tests.predictions.rows import made_prediction, made_small_slide, made_version
from tests.slide_rows import made_annotation
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

UPLOAD = UUID("0b5e4a7c-6d3f-4b8e-9f00-000000000001")

Given = dict[str, Any]  # the arguments of an address, by name


@pytest.fixture
def arguments(
    admin: User, slide_with_truth, version_with_weights, monkeypatch
) -> Callable[[str], Given]:
    """The arguments of an address by its name; all that they lead to is there."""
    monkeypatch.setattr(current_app.conf, "broker_write_url", "memory://")
    return arguments_of(admin, *slide_with_truth, version_with_weights)


@pytest.fixture
def slide_with_truth(db, settings) -> tuple[Slide, Annotation]:
    return a_slide_with_truth(Path(settings.MEDIA_ROOT))


@pytest.fixture
def version_with_weights(db, settings) -> ModelVersion:
    return a_version_with_weights(Path(settings.MEDIA_ROOT))


def arguments_of(
    admin: User, slide: Slide, truth: Annotation, version: ModelVersion
) -> Callable[[str], Given]:
    prediction = made_prediction(slide, version, [[0.1] * 5, [0.9] * 5, [0.0] * 5])
    with_pictures(version.run.dataset, slide)
    with_examples(version.run, slide)
    keys = {
        **of_the_slide(slide, truth, admin),
        **of_training(slide, version, admin),
        **of_the_registry(version, admin),
        **of_predictions(prediction, truth),
        **of_the_desk(prediction, admin),
    }
    special = {
        **of_their_own(keys, a_pending_truth(slide, admin)),
        **of_an_account(admin),
    }

    def of(name: str) -> Given:
        subject = name.removeprefix("api-").split("-")[0]
        known = {"pk": keys[subject].pk, "revision": 1} if subject in keys else {}
        return special.get(name, known)

    return of


def a_slide_with_truth(media: Path) -> tuple[Slide, Annotation]:
    slide = made_small_slide(media, thumbnail="one.jpeg")
    (media / "one.jpeg").write_bytes(b"jpeg")
    return slide, made_annotation(slide, box(0, 32, 160, 64))


def a_version_with_weights(media: Path) -> ModelVersion:
    version = made_version(media)
    version.weights_path.parent.mkdir()
    version.weights_path.write_bytes(b"weights")
    return version


# The same, made once for all tests of a module ---------------------------------------
#
# A module that takes `site`, and `home`, `admin` and `arguments` from the shared ones, has all of
# it in every test, as if made anew: rows lie in a transaction around that of each test, and every
# test has a copy of the files.


class Site(NamedTuple):
    home: Path
    arguments: Callable[[str], Given]


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("site")
    media = home / "media"
    media.mkdir()
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(**settings_below(home)), pytest.MonkeyPatch.context() as patch:
            patch.setattr(current_app.conf, "broker_write_url", "memory://")
            rows = (*a_slide_with_truth(media), a_version_with_weights(media))
            arguments = arguments_of(made_user("alice", "admin"), *rows)
        with django_db_blocker.block():
            yield Site(home, arguments)
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def shared_home(home: Path, site: Site) -> Path:
    shutil.copytree(site.home, home, dirs_exist_ok=True)
    return home


@pytest.fixture
def shared_admin(db, site: Site) -> User:
    return User.objects.get(username="alice")


@pytest.fixture
def shared_arguments(db, site: Site, monkeypatch) -> Callable[[str], Given]:
    monkeypatch.setattr(current_app.conf, "broker_write_url", "memory://")
    return site.arguments


# Rows by what an address names first -------------------------------------------------


def of_the_slide(slide: Slide, truth: Annotation, admin: User) -> dict[str, Any]:
    bookmark = Bookmark.objects.create(
        slide=slide, author=admin, name="here", view="x=1", is_shared=True
    )
    return dict.fromkeys(("slide", "truth", "worksheet"), slide) | {
        "annotation": truth,
        "bookmark": bookmark,
    }


def of_training(slide: Slide, version: ModelVersion, admin: User) -> dict[str, Any]:
    return {
        "dataset": version.run.dataset,
        "run": version.run,
        "version": version,
        "mining": a_mining(slide, version),
        "experiment": an_experiment(admin),
    }


def of_predictions(prediction: Prediction, truth: Annotation) -> dict[str, Any]:
    version = prediction.version
    return {
        "prediction": prediction,
        "evaluation": services.evaluate(prediction=prediction, annotation=truth),
        "cohort": services.evaluate_cohort(version, "all"),
        "results": version,
        "report": a_report(version),
        "outside": MapImport.objects.create(filename="maps.zip", status="done", version=version),
    }


def of_the_registry(version: ModelVersion, admin: User) -> dict[str, Any]:
    """A trial, a promotion, a bundle that came, and the event that tells of it."""
    trial = GateRun.objects.create(version=version, margin=0.05, status="done", verdict="refused")
    return {
        "gate": trial,
        "promotion": Promotion.objects.create(kind="promoted", version=version, gate_run=trial),
        "import": VersionImport.objects.create(filename="a.zip", sha256="0" * 64, status="done"),
        "audit": audit.record(admin, "import", version),
    }


def of_the_desk(prediction: Prediction, admin: User) -> dict[str, Any]:
    """The work on a slide that was read, and the admin's review that is open."""
    slide = prediction.slide
    told = {"patient": slide.patient, "name": slide.name, "arrived_at": slide.created_at}
    work = WorkItem.objects.create(slide=slide, prediction=prediction, **told)
    review = reviewing.begin(item=work, reader=admin)
    pin = Pin.objects.create(slide=slide, author=admin, x_l0=1, y_l0=1)
    told = {"after": {"revision": 1, "tumour_px2": 9}, "before": None, "by": ["alice"]}
    alarm = Alarm.objects.create(
        review=review, kind="truth_changed", details=told | {"box_l0": [0, 0, 9, 9]}
    )
    notice = notices.tell(admin, "answered", address="/slides/", by="bob", slide="slide")
    look = LookBack.objects.create(version=prediction.version)
    study = Study.objects.create(name="a study", state="closed", created_by=admin)
    StudySlide.objects.create(study=study, slide=slide)
    around = {"alarm": alarm, "notice": notice, "look": look, "study": study}
    view = SavedView.objects.create(owner=admin, name="urgent", query="urgent=yes")
    return {"work": work, "review": review, "pin": pin, "view": view, "saved": view} | around


# Addresses with arguments of their own ----------------------------------------------


def of_their_own(keys: dict[str, Any], pending: PendingTruth) -> dict[str, Given]:
    slide, run, prediction = keys["slide"].pk, keys["run"], keys["prediction"]
    one_pending = {"pk": slide, "pending_pk": pending.pk}
    one_import = {"pk": keys["import"].pk}
    one_sample = {"pk": run.dataset_id, "place": 0, "side": 1}
    return {
        "gate-new": {"pk": keys["version"].pk},
        "review-begin": {"pk": keys["work"].pk},
        "review-crop": {"pk": keys["review"].pk, "key": "c1"},
        "wall-crop": {"pk": prediction.candidates.first().pk},
        "version-import": one_import,
        "version-import-state": one_import,
        "dataset-sample": one_sample,
        "dataset-leak": one_sample,
        "api-dataset-sample": one_sample,
        "run-patch": {"pk": run.pk, "place": 0},
        "experiment-new": {"kind": "zoom-levels"},
        "truth-pending": one_pending,
        "truth-pending-outlines": one_pending,
        "mining-patch": {"pk": keys["mining"].pk, "place": 0},
        "report-crop": {"pk": keys["report"].pk, "place": 0},
        "report-plot-png": {"pk": keys["report"].pk, "name": "cell-roc"},
        "report-plot-svg": {"pk": keys["report"].pk, "name": "cell-roc"},
        "api-report-plot": {"pk": keys["report"].pk, "name": "cell-roc", "kind": "svg"},
        "slide-tile": {"pk": slide, "level": 0, "column": 0, "row": 0},
        "api-slide-revision-against": {"pk": slide, "revision": 1, "other": 0},
        "job-act": {"kind": "prediction", "pk": prediction.pk, "act": "cancel"},
    }


def of_an_account(admin: User) -> dict[str, Given]:
    """An upload that was begun, and a token."""
    Upload.objects.create(pk=UPLOAD, owner=admin, filename="a.tif", size=10)
    token = AuthToken.objects.create(admin)[0]
    return {
        "upload": {"uuid": UPLOAD},
        "token-revoke": {"key": token.token_key},
        "api-token-detail": {"id": token.token_key},
    }


# One of each -------------------------------------------------------------------------


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
