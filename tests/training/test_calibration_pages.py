"""Calibration on a version's page, as files and over the API."""

import csv
import io
import json

import pytest

from tests.training import test_calibrating
from training import scored
from training.calibrating import recalibrate
from training.models import ModelVersion
from training.operating import Terms

pytestmark = pytest.mark.django_db

version = test_calibrating.version


@pytest.fixture
def calibrated(version) -> ModelVersion:
    return recalibrate(version=version, terms=Terms(calibration="isotonic"), name="iso")


def text_of(client, place: str) -> str:
    answer = client.get(place)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_shows_reliability_and_the_operating_point_with_their_tables(
    as_pathologist, calibrated
):
    page = text_of(as_pathologist, calibrated.get_absolute_url())
    for table in (
        *("reliability-before", "reliability-after"),
        *("operating-figures", "validation-roc", "validation-pr"),
    ):
        assert f'id="{table}"' in page
    assert "<interval-chart" in page
    assert "on the scale of isotonic calibration" in page
    assert "judged by a calibration fitted to other patients only" in page
    for chart in page.split("data-charts='")[1:]:
        json.loads(chart.split("'")[0])


def test_readers_look_and_admins_choose(as_pathologist, as_admin, version):
    assert "Make the candidate" not in text_of(as_pathologist, version.get_absolute_url())
    assert "Make the candidate" in text_of(as_admin, version.get_absolute_url())


def test_a_version_of_before_says_that_its_scores_were_not_kept(as_admin, version):
    scored.beside(version.weights_path).unlink()
    ModelVersion.objects.filter(pk=version.pk).update(metrics={}, calibration={})
    page = text_of(as_admin, version.get_absolute_url())
    assert f"manage.py calibrate {version.pk} --read-again" in page
    assert "Nobody has measured how far the probabilities" in page


def test_a_version_that_came_as_a_bundle_offers_no_other_point(as_admin, version):
    scored.beside(version.weights_path).unlink()
    ModelVersion.objects.filter(pk=version.pk).update(run=None)
    page = text_of(as_admin, version.get_absolute_url())
    assert "came without its validation scores and its dataset" in page


def wish(**changes) -> dict:
    return {
        "rule": "recall", "target_recall": "0.9", "fp_budget": "1", "calibration": "none",
    } | changes  # fmt: skip


def test_the_form_leads_to_the_candidate_or_tells_why_not(as_admin, version):
    place = f"/training/versions/{version.pk}/calibrate/"
    answer = as_admin.post(place, wish(calibration="temperature", name="warm"), follow=True)
    assert answer.redirect_chain[0][0] == ModelVersion.objects.get(name="warm").get_absolute_url()
    again = as_admin.post(place, wish(calibration="temperature", name="warm"), follow=True)
    assert "exists; name another" in again.content.decode()
    odd = as_admin.post(place, wish(target_recall="2"), follow=True)
    assert "less than or equal to 1" in odd.content.decode()
    assert ModelVersion.objects.filter(parent=version).count() == 1


def rows_of(client, version, table) -> list[dict]:
    text = text_of(client, f"/training/versions/{version.pk}/calibration.csv?table={table}")
    return list(csv.DictReader(io.StringIO(text)))


def test_tables_are_taken_away_as_csv(as_pathologist, calibrated):
    reliability = rows_of(as_pathologist, calibrated, "reliability")
    assert {row["stage"] for row in reliability} == {"before", "after"}
    assert sum(int(row["n"]) for row in reliability if row["stage"] == "after") == 400
    assert rows_of(as_pathologist, calibrated, "roc")[-1]["recall"] == "1.0"
    scores = rows_of(as_pathologist, calibrated, "scores")
    called = [row for row in scores if float(row["probability"]) >= calibrated.threshold]
    confusion = calibrated.metrics["confusion"]
    assert len(called) == confusion["tp"] + confusion["fp"]


def test_an_unknown_table_and_scores_that_are_gone_are_told(as_pathologist, version):
    place = f"/training/versions/{version.pk}/calibration.csv"
    assert as_pathologist.get(place, {"table": "x"}).status_code == 400
    scored.beside(version.weights_path).unlink()
    assert as_pathologist.get(place, {"table": "scores"}).status_code == 404


def test_all_of_it_as_json(as_pathologist, calibrated):
    answer = as_pathologist.get(f"/training/versions/{calibrated.pk}/calibration.json")
    assert answer.json()["calibration"]["kind"] == "isotonic"
    assert answer.json()["parent"] == "one"
    assert "iso_calibration.json" in answer["Content-Disposition"]


def ask(client, version, body):
    place = f"/api/versions/{version.pk}/calibrate/"
    return client.post(place, json.dumps(body), content_type="application/json")


def test_scripts_choose_over_the_api_and_keep_what_they_do_not_name(as_admin, version):
    first = ask(as_admin, version, {"fp_budget": 2.0, "name": "quiet"})
    assert first.status_code == 201, first.content
    quiet = ModelVersion.objects.get(name="quiet")
    again = ask(as_admin, quiet, {"calibration": "temperature"}).json()
    assert again["metrics"]["operating_rule"] == "fp_budget"
    assert again["metrics"]["fp_budget"] == 2.0
    told = as_admin.get(f"/api/versions/{quiet.pk}/calibration/").json()
    assert told["threshold"] == quiet.threshold


def test_scripts_read_the_scores_behind_the_figures(as_pathologist, calibrated):
    told = as_pathologist.get(f"/api/versions/{calibrated.pk}/scores/").json()
    called = [one >= calibrated.threshold for one in told["probability"]]
    hits = sum(map(min, called, told["is_tumour"]))
    assert hits == calibrated.metrics["confusion"]["tp"]
    assert (len(told["patient"]), told["patch_mm2"]) == (400, 0.02)
    scored.beside(calibrated.weights_path).unlink()
    gone = as_pathologist.get(f"/api/versions/{calibrated.pk}/scores/")
    assert (gone.status_code, gone.json()["code"]) == (404, "no_scores")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "only a name"},
        {"target_recall": 0.9, "fp_budget": 1.0},
        {"target_recall": 1.5},
        {"fp_budget": "NaN"},
        {"calibration": "platt"},
        {"rule": "fp_budget", "fp_budget": -1},
    ],
)
def test_odd_wishes_are_refused_with_400(as_admin, version, body):
    answer = ask(as_admin, version, body)
    assert answer.status_code == 400
    assert ModelVersion.objects.filter(parent=version).count() == 0
