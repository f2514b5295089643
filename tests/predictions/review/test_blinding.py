"""Every address of the site as a reader of a blinded, unaided study asks: nothing of a colleague's.

A colleague's marks carry words and a coordinate that occur nowhere else; the model's carry others.
All answers are searched for them, files inside of archives too. A new address is asked by itself.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.utils.timezone import now
from shapely import box
from shapely.geometry import mapping

from predictions.models import Evaluation, GateRun, Prediction, Report
from predictions.review import alarms, notices, pins
from predictions.review.models import (
    Candidate,
    Pin,
    Review,
    Sitting,
    Staging,
    Study,
    WorkItem,
)
from slides import audit, drawing, revisions
from slides.models import Bookmark, Slide
from slides.revisions import Sender
from tests import site_rows
from tests.predictions.review.study_rows import a_review, a_study, a_user, a_verdict, an_item
from tests.role_table import TABLE
from tests.site_pages import place_of
from training.models import Dataset, Mining

pytestmark = pytest.mark.django_db

arguments = site_rows.arguments
slide_with_truth, version_with_weights = site_rows.slide_with_truth, site_rows.version_with_weights

MARK, MODEL = "ZZMARK", "ZZMODEL"
SCORE = 0.83712
PLACE = 61.625  # a coordinate of the colleague's outline, of nothing else
A_COLLEAGUES = re.compile(rf"{MARK}|61[.,]62")
A_MODELS = re.compile(rf"{MODEL}|0[.,]837|highest 0[.,]84")
# Closed to whoever is to decide without the model: pictures and numbers that no search reads.
OF_THE_MODEL = [
    *("prediction-map", "prediction-npz", "prediction-mask", "prediction-truth", "prediction"),
    *("api-prediction-map-npz", "api-prediction-map-png", "api-prediction-mask-tif"),
    *("api-prediction-detail", "api-evaluation-detail", "api-cohort-detail"),
    *("report", "report-json", "report-slides", "report-crop", "api-report-slides", "mining-patch"),
    *("wall-crop", "run", "run-patch", "dataset-sample", "api-version-scores", "gate-run"),
]
OF_THE_TRUTH = [
    *("truth-geojson", "truth-xml", "truth-ncrf", "truth-mask", "truth-label-mask"),
    *("api-slide-truth", "api-slide-label-mask", "api-slide-drawing-now", "api-annotation-mask"),
    *("api-slide-revision-list", "api-slide-revision-features", "api-slide-drawing-changes"),
    *("dataset", "api-dataset-manifest", "api-dataset-samples", "version-corrections"),
    *("api-version-corrections", "prediction-state", "report-changes", "api-report-changes"),
]


@pytest.fixture
def study(arguments, admin, pathologist) -> SimpleNamespace:
    """bob and ann read the site's own slide; ann has signed, and left marks everywhere."""
    ann = a_user("ann")
    slide = Slide.objects.get(pk=arguments("slide")["pk"])
    prediction = Prediction.objects.get(pk=arguments("prediction")["pk"])
    Dataset.objects.get(pk=arguments("dataset")["pk"]).slides.add(slide)
    Mining.objects.get(pk=arguments("mining")["pk"]).slides.add(slide)
    GateRun.objects.update(test_slides=[{"slide": slide.pk}])
    with_the_models_marks(prediction)
    rules = {"is_unaided_first": True, "name": "the blinded study"}
    study = a_study([slide], [pathologist, ann], **rules)
    items = [
        an_item(slide, reader, study=study, seat=seat, prediction=prediction)
        for seat, reader in ((1, pathologist), (2, ann))
    ]
    own, others = a_review(items[0], pathologist), ann_signs(items[1], ann)
    return SimpleNamespace(
        slide=slide, study=study, ann=ann, own=own, others=others, items=items,
        **ann_leaves_marks(slide, study, ann, others),
    )  # fmt: skip


def with_the_models_marks(prediction: Prediction) -> None:
    rows = Prediction.objects.filter(pk=prediction.pk)
    rows.update(slide_score=SCORE, provenance=prediction.provenance | {"marker": MODEL})
    WorkItem.objects.filter(slide=prediction.slide).update(score=SCORE)
    Candidate.objects.filter(prediction=prediction).update(confidence=SCORE)
    for row in Evaluation.objects.all():
        Evaluation.objects.filter(pk=row.pk).update(metrics=row.metrics | {"marker": MODEL})
    for row in Report.objects.all():
        Report.objects.filter(pk=row.pk).update(results=row.results | {"marker": MODEL})


def ann_signs(item: WorkItem, ann: User) -> Review:
    review = a_review(item, ann, inadequate_reason=MARK, conclusion="macro", unaided="macro")
    a_verdict(review, region=mapping(box(10, 10, PLACE, 70)), note=MARK)
    told = {"findings": [{"note": MARK, "x_l0": PLACE}], "said": {"conclusion": MARK}}
    review.state, review.signed_at, review.frozen_sha256 = "signed", now(), "0" * 64
    review.frozen, review.supersede_reason, review.unaided_at = told, MARK, now()
    review.active_seconds = PLACE
    review.save()
    WorkItem.objects.filter(pk=item.pk).update(state="signed")
    audit.record(ann, "sign_review", review, conclusion=MARK)
    return review


def ann_leaves_marks(slide: Slide, study: Study, ann: User, review: Review) -> dict:
    Sitting.objects.create(
        slide=slide, review=review, reader=ann, began_at=now(), last_at=now(), active_seconds=PLACE
    )
    Bookmark.objects.create(slide=slide, author=ann, name=MARK, view=f"x={PLACE}", is_shared=True)
    pin = Pin.objects.create(slide=slide, study=study, author=ann, x_l0=PLACE, y_l0=1)
    pins.Remark.objects.create(pin=pin, author=ann, text=MARK)
    told = {"after": {"revision": 1, "tumour_px2": PLACE}, "before": None, "by": [MARK]}
    alarm = alarms.open_alarm(review, "truth_changed", told | {"box_l0": [0, 0, PLACE, 9]})
    notices.tell(ann, "discordant", address=f"/{MARK}/", slide=MARK, alarm="second_read")
    Staging.objects.create(
        patient=slide.patient, stage="pN1", reason=MARK, worksheet={"x": MARK}, by=ann,
        basis_sha256="0" * 64,
    )  # fmt: skip
    ann_draws(slide, ann)
    return {"pin": pin, "alarm": alarm}


def ann_draws(slide: Slide, ann: User) -> None:
    """A correction that became truth, and a stroke after it."""
    import uuid

    for name in (MARK, f"{MARK} again"):
        feature = {
            "type": "Feature",
            "geometry": mapping(box(20, 20, PLACE, 60)),
            "properties": {"classification": {"name": "Tumor"}, "name": name},
        }
        sender = Sender(ann, uuid.uuid4(), uuid.uuid4())
        wish = drawing.Wish(str(uuid.uuid4()), feature, 0)
        assert drawing.take_edit(slide=slide, sender=sender, wishes=[wish]).applied
        if name == MARK:
            revisions.finish(slide=slide, author=ann, note=MARK)


# Asking every address ----------------------------------------------------------------------


@pytest.fixture
def given(arguments, study) -> Callable[[str], Iterator[dict]]:
    """What each address is asked for: the site's own rows, and the colleague's where it may be."""
    theirs = {
        "review": study.others.pk,
        "pin": study.pin.pk,
        "alarm": study.alarm.pk,
        "work": study.items[1].pk,
        "study": study.study.pk,
        "truth": study.slide.pk,
    }

    def of(name: str) -> Iterator[dict]:
        yield arguments(name)
        subject = name.removeprefix("api-").split("-")[0]
        if subject in theirs:
            yield arguments(name) | {"pk": theirs[subject]}
        if "revision" in arguments(name) and subject in ("truth", "slide"):
            yield arguments(name) | {"revision": 2}
        if name == "review-crop":
            yield {"pk": study.others.pk, "key": "a1"}

    return of


OF_NO_ROW = {"api-schema", "api-docs", "words", "login", "admin-login", "healthz", "readyz"}
READABLE = [name for name, answers in TABLE.items() if "get" in answers and name not in OF_NO_ROW]
TO_ADMINS = ["audit-log", "audit-csv", "api-audit-list"]
LISTS = [
    *("worklist", "api-work-list", "api-review-list", "api-pin-list", "api-bookmark-list"),
    *("alarm-list", "api-alarm-list", "notice-list", "api-notice-list", "ledger", "ledger-json"),
    *("reading-times", "reading-times-csv", "study", "study-state", "api-study-progress"),
    *("review", "review-crop", "review-evidence", "api-review-detail", "api-review-verdicts"),
    *("api-pin-detail", "api-work-detail", "api-slide-seen-tissue", "worksheet", "worksheet-json"),
]
ASKED_FOR_MORE = {
    "worklist": "?state=all&whose=all&order=score",
    "api-work-list": "?state=all&ordering=-score",
    "api-review-list": "?reader=ann",
    "reading-times": "?reader=ann",
    "api-slide-seen-tissue": "?reader=ann",
}


def answers(client: Client, given, names=READABLE) -> Iterator[tuple[str, HttpResponse]]:
    for name in names:
        for arguments in given(name):
            place = place_of(name, arguments)
            for query in {"", ASKED_FOR_MORE.get(name, "")}:
                yield f"{name} {place}{query}", client.get(place + query)


def words_of(answer: HttpResponse) -> str:
    """All text of an answer, headers and the members of an archive too."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    told = [str(answer.headers), body.decode("utf-8", "replace")]
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            told += [archive.read(name).decode("utf-8", "replace") for name in archive.namelist()]
    return "\n".join(told)


def telling(client: Client, given, wanted: re.Pattern, names=READABLE) -> dict[str, list[str]]:
    """Addresses whose answers hold what is searched for, with some words around it."""
    found = {}
    for where, answer in answers(client, given, names):
        assert answer.status_code < 500, where
        words = words_of(answer)
        hits = [words[max(0, hit.start() - 60) : hit.end() + 40] for hit in wanted.finditer(words)]
        if hits:
            found[where] = hits[:2]
    return found


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def decide(study) -> None:
    study.own.unaided, study.own.unaided_at = "negative", now()
    study.own.save()


# The claims ----------------------------------------------------------------------------------


def test_the_marks_are_there_to_be_found(study, given, admin):
    """An admin with no part in the study sees marks of all kinds: the search does find them."""
    client = client_of(admin)
    asked = [
        *("audit-log", "api-bookmark-list", "api-annotation-list", "api-review-list", "worksheet"),
        *("api-pin-list", "api-slide-drawing-now", "alarm-list", "truth-geojson", "review"),
    ]
    found = {where.split()[0] for where in telling(client, given, A_COLLEAGUES, asked)}
    assert found == set(asked)
    asked = ["slide-list", "api-prediction-detail", "api-evaluation-list", "api-work-list"]
    assert {where.split()[0] for where in telling(client, given, A_MODELS, asked)} == set(asked)


def test_a_blinded_reader_finds_nothing_of_a_colleagues_or_of_the_models(study, given, pathologist):
    either = re.compile(f"{A_COLLEAGUES.pattern}|{A_MODELS.pattern}")
    assert telling(client_of(pathologist), given, either) == {}


def test_what_cannot_be_searched_is_closed(study, given, pathologist):
    client = client_of(pathologist)
    for where, answer in answers(client, given, [*OF_THE_MODEL, *OF_THE_TRUTH]):
        assert answer.status_code in (403, 404), where
    decide(study)
    for where, answer in answers(client, given, OF_THE_TRUTH):
        assert answer.status_code in (403, 404), where
    assert client.get(place_of("prediction-map", next(given("prediction-map")))).status_code == 200
    assert telling(client, given, A_COLLEAGUES, LISTS) == {}


def test_an_admin_who_reads_in_the_study_finds_nothing_either(study, given):
    chief = a_user("chief", "admin")
    study.study.readers.add(chief)
    assert telling(client_of(chief), given, A_COLLEAGUES, [*TO_ADMINS, *LISTS]) == {}


def test_the_adjudicator_finds_nothing_before_both_have_signed(study, given):
    judge = a_user("judge")
    study.study.adjudicator = judge
    study.study.save()
    assert telling(client_of(judge), given, A_COLLEAGUES, LISTS) == {}


def test_closed_the_study_keeps_nothing_back(study, given, pathologist):
    study.study.state = "closed"
    study.study.save()
    asked = ["api-review-list", "api-annotation-list", "api-slide-drawing-now", "review"]
    told = telling(client_of(pathologist), given, A_COLLEAGUES, asked)
    assert {where.split()[0] for where in told} == set(asked)
