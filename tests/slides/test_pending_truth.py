"""Truth files that are looked at before they are taken."""

import json

import numpy as np
import pytest
import tifffile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.timezone import now
from shapely import box
from shapely.affinity import affine_transform

from slides import pending_truth, tasks
from slides.annotations import Origin, save_annotation
from slides.geojson_files import geojson_text
from slides.jobs import Reason
from slides.models import Annotation, PendingTruth
from slides.regions import Region
from slides.truth_preview import Terms

JSON = {"Accept": "application/json"}
WIDTH, HEIGHT = 900, 700
# Tissue right of the middle and low, so that every mirroring leaves it.
TISSUE = np.zeros((88, 113), bool)
TISSUE[45:80, 65:105] = True
LESION = box(560, 400, 780, 600)


@pytest.fixture
def slide(make_slide):
    return make_slide("tumor_001", tissue=TISSUE)


def text_of(*polygons, label="tumour"):
    return geojson_text([Region(label, polygon) for polygon in polygons])


def send(client, slide, content, name="case.geojson", **fields):
    file = SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())
    address = reverse("truth-pending-list", args=[slide.pk])
    return client.post(address, {"file": file, **fields}, headers=JSON)


@pytest.fixture
def sent(as_pathologist, slide):
    """sent(content, **fields): a file that was sent and read, as its row."""

    def sent(content, **fields):
        answer = send(as_pathologist, slide, content, **fields)
        assert answer.status_code == 201, answer.content
        tasks.run_reading(answer.json()["id"])
        return PendingTruth.objects.get(pk=answer.json()["id"])

    return sent


def act(client, row, what, **fields):
    address = reverse("truth-pending", args=[row.slide_id, row.pk])
    answer = client.post(address, {"act": what, **fields}, headers=JSON)
    tasks.run_reading(row.pk)
    return answer


def told(client, row):
    return client.get(reverse("truth-pending", args=[row.slide_id, row.pk]), headers=JSON).json()


def test_a_sent_file_is_read_and_nothing_is_kept(as_pathologist, slide, sent):
    row = sent(text_of(LESION))
    facts = told(as_pathologist, row)
    assert (facts["status"], facts["summary"]["kind"]) == ("done", "geojson")
    assert facts["summary"]["fit"]["is_acceptable"]
    assert facts["summary"]["fit"]["share_on_tissue"] == pytest.approx(1, abs=0.02)
    assert facts["summary"]["tumour_area_px"] == LESION.area
    assert facts["summary"]["bounds"] == [560, 400, 780, 600]
    assert slide.truth is None
    outlines = as_pathologist.get(facts["outlines"])
    assert json.loads(b"".join(outlines.streaming_content))["features"][0]["geometry"]


def test_taken_it_is_the_next_revision_with_its_fit(as_pathologist, pathologist, slide, sent):
    row = sent(text_of(LESION))
    assert act(as_pathologist, row, "take", is_partial="on").status_code == 200
    truth = slide.truth
    assert (truth.revision, truth.author, truth.source) == (1, pathologist, "geojson")
    assert (truth.source_name, truth.is_exhaustive) == ("case.geojson", False)
    assert truth.fit["is_acceptable"] and len(truth.source_sha256) == 64
    assert told(as_pathologist, row)["revision"] == 1
    assert not row.folder.exists()


def test_discarded_it_leaves_neither_row_nor_file(as_pathologist, slide, sent, settings):
    row = sent(text_of(LESION))
    address = reverse("truth-pending", args=[slide.pk, row.pk])
    assert as_pathologist.post(address, {"act": "discard"}, headers=JSON).status_code == 204
    assert not PendingTruth.objects.exists()
    assert list(settings.UPLOAD_ROOT.iterdir()) == []
    assert slide.truth is None


def test_it_is_held_against_the_truth_that_holds(slide, sent):
    old = [Region("tumour", box(560, 400, 660, 600)), Region("tumour", box(700, 420, 900, 430))]
    save_annotation(slide=slide, regions=old, author=None, origin=Origin("drawn"))
    against = sent(text_of(LESION)).summary["against"]
    assert against["gained_px"] == LESION.area - 100 * 200 - 80 * 10
    assert against["lost_px"] == 120 * 10
    assert against["tumour_count"] == 2


def test_truth_that_came_meanwhile_is_shown_before_anything_is_taken(as_pathologist, slide, sent):
    row = sent(text_of(LESION))
    other = [Region("tumour", box(600, 450, 700, 500))]
    save_annotation(slide=slide, regions=other, author=None, origin=Origin("drawn"))
    answer = act(as_pathologist, row, "take")
    assert (answer.status_code, answer.json()["code"]) == (409, "stale")
    assert slide.truth.revision == 1
    assert told(as_pathologist, row)["summary"]["against_revision"] == 1
    act(as_pathologist, row, "take")
    assert slide.truth.revision == 2


@pytest.mark.parametrize(
    ("matrix", "correction"),
    [
        ([-1, 0, 0, 1, WIDTH, 0], "mirrored"),
        ([1, 0, 0, -1, 0, HEIGHT], "flipped"),
        ([-1, 0, 0, -1, WIDTH, HEIGHT], "upside-down"),
        ([0, 1, 1, 0, 0, 0], "swapped"),
    ],
)
def test_mirrored_and_swapped_outlines_are_named_and_put_right(
    as_pathologist, slide, sent, matrix, correction
):
    row = sent(text_of(affine_transform(LESION, matrix)))
    fit = row.summary["fit"]
    assert not fit["is_acceptable"]
    assert fit["suggested_correction"] == correction
    assert "100% of the tumour would lie on tissue" in " ".join(fit["problems"])
    assert act(as_pathologist, row, "take").json()["code"] == "misfit"
    act(as_pathologist, row, "look", correction=correction)
    assert told(as_pathologist, row)["summary"]["fit"]["is_acceptable"]
    act(as_pathologist, row, "take")
    assert slide.truth.tumour_area_px == LESION.area


def test_outlines_of_another_level_come_with_their_scale(as_pathologist, slide, sent):
    row = sent(text_of(affine_transform(LESION, [0.25, 0, 0, 0.25, 0, 0])))
    assert row.summary["fit"]["suggested_scale"] == 4
    act(as_pathologist, row, "look", scale="4")
    assert told(as_pathologist, row)["summary"]["tumour_area_px"] == LESION.area


def test_outlines_beside_their_place_come_with_the_shift(as_pathologist, sent):
    row = sent(text_of(affine_transform(LESION, [1, 0, 0, 1, -100, -350])))
    dx, dy = row.summary["fit"]["suggested_offset"]
    assert row.summary["fit"]["suggested_correction"] == f"moved:{dx:+},{dy:+}"
    act(as_pathologist, row, "look", correction=f"moved:{dx:+},{dy:+}")
    row.refresh_from_db()
    assert row.summary["fit"]["is_acceptable"]


def mask(tmp_path, pixels):
    tifffile.imwrite(tmp_path / "mask.tif", pixels, compression="deflate")
    return (tmp_path / "mask.tif").read_bytes()


@pytest.mark.parametrize(("turns", "correction"), [(1, "turned-right"), (-1, "turned-left")])
def test_a_mask_turned_by_a_quarter_is_named_and_turned_back(
    as_pathologist, sent, tmp_path, turns, correction
):
    pixels = np.zeros((HEIGHT // 2, WIDTH // 2), np.uint8)
    pixels[200:300, 280:390] = 1
    row = sent(mask(tmp_path, np.rot90(pixels, turns)), name="mask.tif")
    fit = row.summary["fit"]
    assert "turned by a quarter" in fit["problems"][0]
    assert fit["suggested_correction"] == correction
    act(as_pathologist, row, "look", correction=correction)
    summary = told(as_pathologist, row)["summary"]
    assert summary["fit"]["is_acceptable"]
    assert summary["bounds"] == [560, 400, 780, 600]


def test_a_mask_of_another_slide_names_both_sizes(sent, tmp_path):
    row = sent(mask(tmp_path, np.ones((100, 333), np.uint8) * np.eye(100, 333, dtype=np.uint8)))
    assert "The mask has 333 x 100 px, the slide 900 x 700 px" in row.summary["fit"]["problems"][0]


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        ("", "empty_file", "is empty"),
        ('{"type":"FeatureCollection","features":[]}', "no_outlines", "holds no outlines"),
        (b"PK\x03\x04", "not_truth", "is no truth file"),
        ('{"type":"FeatureCollection","features":[{', "unreadable", "cut short"),
        (text_of(LESION).replace("560", "NaN"), "bad_coordinates", "NaN"),
        (text_of(LESION).replace("560", "1e999"), "bad_coordinates", "finite"),
        (text_of(LESION).replace('"Tumor"', '"ITC"'), "unknown_label", "'ITC' (1)"),
    ],
)
def test_bad_files_end_with_a_code_and_words(as_pathologist, sent, content, code, words):
    facts = told(as_pathologist, sent(content))
    assert (facts["status"], facts["reason"]) == ("failed", code)
    assert words in facts["error"]


def test_what_a_file_leaves_open_is_said_without_sending_it_again(as_pathologist, slide, sent):
    row = sent(text_of(LESION).replace('"Tumor"', '"ITC"'))
    act(as_pathologist, row, "look", labels="ITC=tumour")
    facts = told(as_pathologist, row)
    assert (facts["status"], facts["error"]) == ("done", "")
    act(as_pathologist, row, "take")
    assert slide.truth.tumour_area_px == LESION.area


def test_a_self_crossing_outline_is_repaired_and_said_so(sent):
    bow = {"type": "Polygon", "coordinates": [[[560, 400], [780, 600], [780, 400], [560, 600]]]}
    classified = {"classification": {"name": "Tumor"}}
    row = sent(json.dumps({"type": "Feature", "geometry": bow, "properties": classified}))
    assert "1 self-crossing outlines were repaired" in " ".join(row.summary["fit"]["notes"])
    assert row.summary["tumour_area_px"] == LESION.area / 2


def test_outlines_outside_the_slide_are_measured(as_pathologist, slide, sent):
    row = sent(text_of(box(2000, 2000, 2100, 2100)))
    assert row.summary["fit"]["share_outside"] == 1
    assert "100.0% of the tumour lies outside the slide" in row.summary["fit"]["problems"][0]
    act(as_pathologist, row, "take", is_forced="on")
    assert slide.truth.fit["share_outside"] == 1


def test_more_corners_than_can_be_kept_are_refused(sent):
    ring = "[[0,0],[9,0],[9,9],[0,9]]"
    rings = ",".join([ring] * 750_001)
    row = sent(f'{{"type":"Polygon","coordinates":[{rings}]}}')
    assert (row.status, row.reason) == ("failed", "too_large")
    assert "3,000,004 corners; at most 3,000,000" in row.error


def test_a_reading_that_takes_too_long_is_stopped(as_pathologist, slide, monkeypatch):
    from dataclasses import replace

    from slides import truth_probe

    monkeypatch.setattr(truth_probe, "GUARD", replace(truth_probe.GUARD, wall_seconds=0))
    answer = send(as_pathologist, slide, text_of(LESION))
    tasks.run_reading(answer.json()["id"])
    facts = as_pathologist.get(answer.json()["url"], headers=JSON).json()
    assert (facts["status"], facts["reason"]) == ("failed", "timed_out")


def test_outlines_that_take_too_much_memory_are_told_so(tmp_path, monkeypatch, capsys):
    from shapely.errors import GEOSException

    from slides import truth_probe
    from slides.guarded import Guard

    def exhausted(*args):
        raise GEOSException("std::bad_alloc")

    monkeypatch.setattr(Guard, "limit_resources", lambda guard: None)
    monkeypatch.setattr(truth_probe, "write_preview", exhausted)
    (tmp_path / truth_probe.QUESTION).write_text("{}")
    truth_probe.main([str(tmp_path / "scribble.json"), str(tmp_path)])
    assert json.loads(capsys.readouterr().out)["code"] == "too_large"


def test_a_file_too_large_is_refused_before_it_is_kept(as_pathologist, slide, monkeypatch):
    monkeypatch.setattr(pending_truth, "MAX_BYTES", 10)
    answer = send(as_pathologist, slide, text_of(LESION))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert not PendingTruth.objects.exists()


def test_without_a_file_nothing_begins(as_pathologist, slide):
    address = reverse("truth-pending-list", args=[slide.pk])
    answer = as_pathologist.post(address, {}, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "no_file")


def test_nobody_sees_or_takes_what_another_sent(as_admin, slide, sent):
    row = sent(text_of(LESION))
    address = reverse("truth-pending", args=[slide.pk, row.pk])
    assert as_admin.get(address).status_code == 404
    assert as_admin.post(address, {"act": "take"}).status_code == 404
    assert as_admin.get(address + "outlines.geojson").status_code == 404
    assert as_admin.get(reverse("truth-pending-list", args=[slide.pk])).status_code == 204


def test_a_newer_file_takes_the_place_of_the_one_before(slide, sent, settings):
    sent(text_of(LESION))
    row = sent(text_of(box(600, 450, 700, 500)))
    assert list(PendingTruth.objects.all()) == [row]
    assert [path.name for path in settings.UPLOAD_ROOT.iterdir()] == [row.folder.name]


def test_the_panel_finds_the_last_file_again(as_pathologist, slide, sent):
    row = sent(text_of(LESION))
    address = reverse("truth-pending-list", args=[slide.pk])
    part = as_pathologist.get(address, headers={"HX-Request": "true"}).content.decode()
    assert f'data-outlines="{reverse("truth-pending-outlines", args=[slide.pk, row.pk])}' in part
    assert 'data-bounds="[560, 400, 780, 600]"' in part
    assert "It fits this slide" in part


def test_without_scripts_a_form_leads_to_a_page_of_its_own(as_pathologist, slide):
    file = SimpleUploadedFile("case.geojson", text_of(LESION).encode())
    address = reverse("truth-pending-list", args=[slide.pk])
    answer = as_pathologist.post(address, {"file": file}, follow=True)
    assert "Reading it and holding it against the slide" in answer.content.decode()
    row = PendingTruth.objects.get()
    tasks.run_reading(row.pk)
    page = as_pathologist.get(answer.redirect_chain[0][0])
    assert "It fits this slide" in page.content.decode()
    taken = as_pathologist.post(answer.redirect_chain[0][0], {"act": "take"})
    assert taken.status_code == 302


def test_sweeping_forgets_files_past_their_time(sent, settings):
    row = sent(text_of(LESION))
    PendingTruth.objects.update(expires_at=now())
    assert pending_truth.discard_expired() == 1
    assert not row.folder.exists()
    (settings.UPLOAD_ROOT / "pending-99").mkdir()
    assert pending_truth.discard_ownerless(older_than_seconds=-1) == 1


def test_a_cancelled_reading_can_be_asked_for_again(as_pathologist, slide):
    answer = send(as_pathologist, slide, text_of(LESION))
    row = PendingTruth.objects.get()
    address = reverse("truth-pending", args=[slide.pk, row.pk])
    cancelled = as_pathologist.post(address, {"act": "cancel"}, headers=JSON)
    assert cancelled.json()["status"] == "cancelled"
    act(as_pathologist, row, "look")
    assert as_pathologist.get(answer.json()["url"], headers=JSON).json()["status"] == "done"


def test_a_file_whose_slide_is_not_ready_waits_outside(make_slide, pathologist):
    slide = make_slide("waiting", status="running")
    file = SimpleUploadedFile("case.geojson", text_of(LESION).encode())
    with pytest.raises(Reason, match="not ready"):
        pending_truth.begin(slide=slide, owner=pathologist, file=file, terms=Terms())


def test_a_file_discarded_while_it_is_read_ends_quietly(slide, sent, monkeypatch):
    row = sent(text_of(LESION))
    row.requeue()

    def gone(pending, report):
        pending_truth.discard(PendingTruth.objects.get(pk=pending.pk))
        raise ValueError("its folder is gone")

    monkeypatch.setattr(pending_truth, "_read", gone)
    assert tasks.run_reading(row.pk)
    assert not Annotation.objects.exists()


def test_the_real_outlines_of_tumor_009_are_told_from_those_of_another_slide(shared, sent):
    path = shared / "annotations" / "tumor_009.xml"
    row = sent(path.read_bytes(), name=path.name)
    assert row.summary["kind"] == "asap_xml"
    assert row.summary["fit"]["share_outside"] == pytest.approx(1)
