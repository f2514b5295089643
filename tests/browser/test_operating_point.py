"""A version's operating point and calibration in the browser, and the way to a better version."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from shapely import box

from slides.drawing import Wish, take_edit
from slides.regions import Region, to_geojson
from slides.revisions import Sender, finish
from tests.predictions.rows import made_version
from tests.training.test_validation import a_ward
from training import calibrating, scored
from training.models import Dataset, Mining, ModelVersion, TrainingRun
from training.scored import Scored


@pytest.fixture
def version(small_slide, annotate, pathologist, settings, monkeypatch) -> ModelVersion:
    """With the scores of its validation patches, and a finding of it that Bob rejected since."""
    from uuid import uuid4

    from celery import current_app

    monkeypatch.setattr(current_app.conf, "broker_write_url", "memory://")
    slide, media = small_slide("learnt"), Path(settings.MEDIA_ROOT)
    annotate(slide, box(0, 0, 32, 32))
    labels, scores, patients = a_ward()
    kept = Scored(labels, scores, patients, np.ones(400, np.float32), patch_mm2=0.02)
    checksum = scored.write(media / "versions/one.scores.npz", kept)
    run = TrainingRun(dataset=Dataset(manifest_sha256="0" * 64))
    fields = calibrating.fields_of_run(run, kept)
    fields["metrics"]["scores_sha256"] = checksum
    version = made_version(media, "one", training=[slide], **fields)
    version.run.dataset.slides.add(slide)
    Dataset.objects.update(revisions={str(slide.pk): 1})
    rejected = to_geojson([Region("normal", box(64, 32, 96, 64), "histiocytes")])["features"][0]
    rejected["properties"]["origin"] = {"prediction": 1, "version": "one", "threshold": 0.5}
    wish = Wish("11111111-1111-4111-8111-111111111111", rejected, 0)
    take_edit(slide=slide, sender=Sender(pathologist, uuid4()), wishes=[wish])
    finish(slide=slide, author=pathologist)
    return version


def test_another_operating_point_is_chosen_and_seen_on_its_curves(log_in, admin, version):
    page = log_in(admin)
    page.goto(version.get_absolute_url())
    form = page.locator("#calibrate")
    form.get_by_label("Share of tumour patches called, at least").fill("0.97")
    form.get_by_label("Calibration").select_option("isotonic")
    form.get_by_role("button", name="Make the candidate").dblclick()  # as hurried people do
    expect(page.get_by_role("heading", level=1)).to_contain_text("one (recall 0.97, isotonic)")
    assert ModelVersion.objects.count() == 2
    expect(page.locator("#operating-point")).to_contain_text("recall of at least 0.97")
    for title in ("ROC", "Precision and recall", "Reliability"):
        chart = page.get_by_role("img", name=title, exact=True)
        expect(chart).to_be_visible()
        assert chart.evaluate("canvas => canvas.width > 200 && canvas.height > 100")
    expect(page.locator("#reliability-after tbody tr")).not_to_have_count(0)
    page.evaluate("document.dispatchEvent(new Event('themechange'))")
    expect(page.locator("interval-chart canvas")).to_have_count(3)


def test_what_cannot_be_is_told_beside_the_form(log_in, admin, version):
    page = log_in(admin)
    page.goto(version.get_absolute_url())
    page.locator("#calibrate").get_by_role("button", name="Make the candidate").click()
    expect(page.locator("main")).to_contain_text("this very operating point")
    assert ModelVersion.objects.count() == 1


def test_one_button_retrains_from_what_was_corrected(log_in, admin, version):
    page = log_in(admin)
    page.goto(version.get_absolute_url())
    found = page.locator("#corrections")
    expect(found).to_contain_text("1 slide, 1 region by bob")
    found.get_by_text("Rejected findings and their reasons").click()
    expect(found.get_by_text("histiocytes")).to_be_visible()
    found.get_by_label("learn from its worst false alarms too").check()
    found.get_by_role("button", name="Retrain from corrections").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("one, corrected 1")
    run = TrainingRun.objects.get(first_version=version)
    assert run.dataset.minings.get() == Mining.objects.get()
    page.goto(Mining.objects.get().get_absolute_url())
    expect(page.locator("#mining .state")).to_have_text("Waiting")
    page.get_by_role("button", name="Cancel").click()
    page.goto(Mining.objects.get().get_absolute_url())
    expect(page.locator("#mining .state")).to_have_text("Cancelled")


def test_readers_see_the_corrections_and_no_buttons(log_in, pathologist, version):
    page = log_in(pathologist)
    page.goto(version.get_absolute_url())
    expect(page.locator("#corrections")).to_contain_text("1 rejected finding")
    expect(page.get_by_role("button", name="Retrain from corrections")).to_have_count(0)
    expect(page.locator("#calibrate")).to_have_count(0)
