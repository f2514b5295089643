"""Evidence of a signed review: the same bytes each time, and no bit of it changes unseen."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from predictions.review import evidence, reviewing, signing, tasks, worklist
from predictions.review.evidence_file import MANIFEST, MANIFEST_SUM, MAP, REVIEW, sha256_of
from predictions.review.evidence_proof import prove
from predictions.review.models import Evidence
from predictions.review.said import Said
from predictions.review.sealing import canonical
from predictions.review.signing import Terms
from slides.jobs import Reason
from slides.models import AuditEvent
from tests.predictions.review.conftest import three_lesions
from tests.predictions.review.evidence_rows import POINT, TRIANGLE, content_of, forge
from tests.predictions.review.study_rows import a_study, a_user
from training.models import Stage

pytestmark = pytest.mark.django_db

EVERYTHING = Terms(knowing=frozenset({"open_findings", "unseen", "other_conclusion"}))


@pytest.fixture
def signed(desk_slide, make_version, predicted, pathologist):
    """c1 measured by hand, c2 rejected, c3 left open; one drawn and one pointed at."""
    slide = desk_slide("P-17 a", patient="P-17", is_synthetic=True)
    slide.sha256 = sha256_of(slide.path)
    slide.save()
    prediction = predicted(slide, make_version("live", stage=Stage.LIVE), three_lesions())
    review = reviewing.begin(item=worklist.open_work(prediction), reader=pathologist)

    def say(kind, **said):
        reviewing.give_verdict(review=review, said=Said(kind, **said), by=pathologist, after=None)

    say("measured", finding="c1", caliper=[[64, 64], [64, 1]])
    say("accepted", finding="c1")
    say("rejected", finding="c2", because="germinal_centre", note="=1+1")
    say("added", region=TRIANGLE)
    say("added", region=POINT, size_class="itc")
    reviewing.judge_slide(review=review, by=pathologist, is_adequate=True, conclusion="itc")
    return signing.sign(review=review, by=pathologist, terms=EVERYTHING)


@pytest.fixture
def bundle(signed, admin) -> Path:
    row = evidence.request_evidence(signed, by=admin)
    assert tasks.run_evidence(row), row.error
    assert row.is_here, row.error
    return row.path


def outcomes(path: Path, **terms) -> dict[str, str]:
    from predictions.review.evidence_proof import Terms

    return {line.name: line.outcome for line in prove(path, Terms(**terms)).lines}


def verify(path: Path, *arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("verify_bundle", str(path), *arguments, stdout=out)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


# What lies in it -----------------------------------------------------------------------


def test_everything_that_was_signed_lies_in_it(bundle, signed):
    members = content_of(bundle)
    drawn = next(one["key"] for one in signed.frozen["findings"] if one["region"])
    assert set(members) >= {
        *(MANIFEST, MANIFEST_SUM, REVIEW, MAP, "README.txt", "outlines.geojson", "findings.csv"),
        *("masks/predicted.tif", "masks/reviewed.tif", "pictures/overview.jpg"),
        *("pictures/findings/c1.jpg", "pictures/findings/c2.jpg", f"pictures/findings/{drawn}.jpg"),
    }
    assert members[REVIEW] == canonical(signed.frozen)
    manifest = json.loads(members[MANIFEST])
    assert manifest["members"][REVIEW]["sha256"] == signed.frozen_sha256
    assert manifest["members"][MAP]["sha256"] == signed.map_sha256
    assert manifest["slide"]["sha256"] == signed.slide.sha256
    assert manifest["findings"] == {
        "all": 5,
        "by_state": {"accepted": 1, "added": 2, "open": 1, "rejected": 1},
        "held_by_class": {"itc": 3},
        "without_picture": 0,
    }
    assert manifest["is_synthetic"] is True
    outlines = json.loads(members["outlines.geojson"])
    kinds = [feature["geometry"]["type"] for feature in outlines["features"]]
    assert kinds == ["Polygon", "Polygon", "Polygon", "Polygon", "Point"]
    assert "Synthetic" in outlines["note"]
    assert b"'=1+1" in members["findings.csv"]


def test_the_masks_are_of_the_slide_px_by_px(bundle, tmp_path):
    import tifffile

    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path)
    predicted = tifffile.imread(tmp_path / "masks/predicted.tif")
    reviewed = tifffile.imread(tmp_path / "masks/reviewed.tif")
    assert predicted.shape == reviewed.shape == (640, 1280)
    assert np.count_nonzero(predicted) == (9 + 40 + 1) * 32 * 32
    assert np.count_nonzero(reviewed[64:160, 64:160]) == 96 * 96
    assert np.count_nonzero(reviewed) == pytest.approx(96 * 96 + 300 * 160 / 2, rel=0.01)
    assert set(np.unique(reviewed)) == {0, 255}


def test_the_same_review_gives_the_same_bytes(bundle, signed, admin):
    before = bundle.read_bytes()
    bundle.unlink()
    row = evidence.request_evidence(signed, by=admin)
    assert row.status == Evidence.Status.QUEUED
    assert tasks.run_evidence(row)
    assert row.path.read_bytes() == before
    again = evidence.request_evidence(signed, by=admin)
    assert (again.pk, again.status) == (row.pk, "done")


# A whole bundle proves itself -----------------------------------------------------------


def test_a_bundle_holds_against_slide_manifest_and_site(bundle, signed):
    row = Evidence.objects.get()
    told = outcomes(bundle, slide=signed.slide.path, manifest_sha256=row.manifest_sha256)
    assert set(told.values()) == {"ok"}
    assert set(told) >= {"file", "manifest", "members", "review", "map", "findings", "lengths"}
    code, said = verify(bundle, "--manifest-sha256", row.manifest_sha256)
    assert (code, "this site: signed and made by it" in said) == (0, True)
    assert said.endswith("nothing differs.\n")


def test_a_site_that_signed_no_such_review_says_so(bundle, tmp_path):
    path = forge(bundle, tmp_path / "elsewhere.zip", left__unseen_share=0.25)
    told = outcomes(path)
    assert (told["slide"], told["pictures"], told["manifest"]) == ("not_checked",) * 3
    code, said = verify(path)
    assert (code, "not checked  this site: this site signed no such review" in said) == (0, True)


def test_a_site_that_made_no_such_bundle_says_so(bundle):
    Evidence.objects.all().delete()  # and nobody took it away
    code, said = verify(bundle)
    assert (code, "made no bundle with this manifest" in said) == (1, True)


def test_without_rows_to_ask_a_bundle_is_proved_all_the_same(bundle):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE slides_auditevent RENAME TO gone")
    code, said = verify(bundle)
    assert (code, "not checked  this site: the database cannot be asked" in said) == (0, True)
    assert "ok           map: SHA-256 as signed" in said


def test_what_differs_ends_with_one(bundle, tmp_path):
    path = tmp_path / "short.zip"
    path.write_bytes(bundle.read_bytes()[:-1])
    code, said = verify(path, "--format", "json")
    assert (code, json.loads(said)["holds"]) == (1, False)
    with pytest.raises(CommandError, match="no slide file"):
        verify(bundle, "--slide", "/nowhere")


# Making and taking away -----------------------------------------------------------------


def test_nothing_is_made_of_what_is_not_what_was_signed(signed, admin):
    row = evidence.request_evidence(signed, by=admin)
    raw = signed.slide.path.read_bytes()
    signed.slide.path.write_bytes(raw + b"x")
    tasks.run_evidence(row)
    assert (row.status, row.reason) == ("failed", "file_changed")
    signed.slide.path.write_bytes(raw)
    signed.prediction.map_path.write_bytes(b"another map")
    row = evidence.request_evidence(signed, by=admin)
    tasks.run_evidence(row)
    assert (row.status, row.reason) == ("failed", "map_gone")


def test_of_an_open_review_there_is_no_evidence(review, pathologist):
    with pytest.raises(Reason) as refusal:
        evidence.request_evidence(review, by=pathologist)
    assert refusal.value.code == "not_signed"


def test_made_and_taken_away_on_the_page_with_an_event(signed, as_pathologist):
    url = f"/review/{signed.pk}/bundle.zip"
    assert as_pathologist.get(url).status_code == 302  # not made yet
    answer = as_pathologist.post(url, follow=True)
    taken = b"".join(answer.streaming_content)
    row = Evidence.objects.get()
    assert taken == row.path.read_bytes()
    assert 'filename="synthetic_P-17 a_review_' in answer["Content-Disposition"]
    event = AuditEvent.objects.get(action="export evidence")
    assert (event.actor, event.subject_id) == ("bob", str(signed.pk))
    assert event.details["manifest_sha256"] == row.manifest_sha256
    part = as_pathologist.get(f"/review/{signed.pk}/evidence/").text
    assert row.manifest_sha256 in part and "download" in part


def test_a_page_that_follows_its_bundle_is_given_parts(signed, as_pathologist):
    url, ours = f"/review/{signed.pk}/bundle.zip", {"HX-Request": "true"}
    assert 'href="' + url in as_pathologist.post(url, headers=ours).text


def test_a_page_that_asks_too_early_loads_anew_and_says_why(review, as_pathologist):
    url = f"/review/{review.pk}/bundle.zip"
    refused = as_pathologist.post(url, headers={"HX-Request": "true"})
    assert (refused.status_code, refused["HX-Refresh"]) == (200, "true")
    [said] = as_pathologist.get(review.get_absolute_url()).context["messages"]
    assert "signed" in str(said)


def test_over_the_api(signed, as_pathologist):
    url = f"/api/reviews/{signed.pk}/bundle/"
    assert as_pathologist.get(url).status_code == 404
    made = as_pathologist.post(url)
    assert (made.status_code, made.json()["is_here"]) == (200, True)
    assert as_pathologist.get(url).json()["file_sha256"] == made.json()["file_sha256"]
    file = as_pathologist.get(f"{url}file/")
    assert b"".join(file.streaming_content).startswith(b"PK")
    assert AuditEvent.objects.filter(action="export evidence").count() == 1


def test_large_slides_are_left_to_a_worker(signed, as_pathologist, monkeypatch, settings):
    monkeypatch.setattr(evidence, "AT_ONCE_PX", 1000)
    answer = as_pathologist.post(f"/api/reviews/{signed.pk}/bundle/")
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    tasks.make_evidence(Evidence.objects.get().pk)
    assert as_pathologist.get(f"/api/reviews/{signed.pk}/bundle/").json()["is_here"]


def test_what_a_study_keeps_back_is_not_exported(signed, client):
    reader = a_user("eve")
    a_study([signed.slide], [reader])
    client.force_login(reader)
    for url in (f"/review/{signed.pk}/bundle.zip", f"/review/{signed.pk}/evidence/"):
        assert client.get(url).status_code == 404
    assert client.post(f"/review/{signed.pk}/bundle.zip").status_code == 404
    for url in (f"/api/reviews/{signed.pk}/bundle/", f"/api/reviews/{signed.pk}/bundle/file/"):
        assert client.get(url).status_code == 404
    assert client.post(f"/api/reviews/{signed.pk}/bundle/").status_code == 404
    assert not Evidence.objects.exists()


def test_the_command_writes_it_and_tells_the_log(signed, tmp_path):
    out = io.StringIO()
    call_command("export_review", str(signed.pk), "--to", str(tmp_path), stdout=out)
    path = Path(out.getvalue().splitlines()[0])
    assert prove(path).holds
    assert AuditEvent.objects.get(action="export evidence").actor == ""
    with pytest.raises(CommandError, match="no review 999"):
        call_command("export_review", "999")
