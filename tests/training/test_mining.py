"""A version reads normal tissue of its training side and keeps what it got most wrong."""

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from shapely import box

from slides.jobs import Cancelled
from slides.regions import Region, region_checksum, to_geojson
from tests.predictions import conftest as made
from training import mined, mining, tasks
from training.mining import NotMinable
from training.models import Mining

pytestmark = [pytest.mark.django_db, pytest.mark.keras]

make_version, network_files = made.make_version, made.network_files
make_network_version = made.make_network_version
PX = 32


@pytest.fixture
def slide(make_slide, annotate):
    """7 x 5 patches, each of one red: 0, 7, 14 ... 238; its first column is tumour."""
    reds = (np.arange(35, dtype=np.uint8) * 7).reshape(5, 7)
    rgb = np.zeros((5 * PX, 7 * PX, 3), np.uint8)
    rgb[..., 0] = reds.repeat(PX, axis=0).repeat(PX, axis=1)
    slide = make_slide("learnt", rgb=rgb, mpp=0.5, tissue=np.ones((5, 7), bool))
    annotate(slide, box(0, 0, PX, 5 * PX))
    return slide


@pytest.fixture
def version(slide, make_slide, make_network_version):
    """Says of a patch how red it is."""
    return make_network_version(
        "one", training=[slide], validation=[make_slide("held out", mpp=0.5)], threshold=0.5
    )


def carried_out(version, **fields) -> Mining:
    row = mining.request_mining(version=version, **fields)
    assert tasks.run_mining(row)
    assert row.status == Mining.Status.DONE, row.error
    return row


def test_the_reddest_normal_patches_are_kept_no_two_of_them_neighbours(version, slide):
    row = carried_out(version, per_slide=3)
    found = mining.found_by(row)
    cells = list(zip(found.patches["row"].tolist(), found.patches["column"].tolist(), strict=True))
    assert cells == [(4, 6), (4, 4), (4, 2)]
    np.testing.assert_allclose(found.scores, np.array([34, 32, 30]) * 7 / 255, rtol=1e-5)
    assert set(found.patches["source"].tolist()) == {"mined"}
    assert set(found.patches["label"].tolist()) == {0}
    assert found.patches["x_l0"].tolist() == [6 * PX, 4 * PX, 2 * PX]


def test_it_counts_what_it_read_what_was_wrong_and_what_it_kept(version, slide):
    counts = carried_out(version).counts
    assert counts["read"] == 30  # the tumour column is not normal tissue
    assert counts["wrong"] == sum(i * 7 / 255 >= 0.5 for i in range(35) if i % 7)
    assert counts["slides"][0]["name"] == "learnt"
    assert counts["kept"] == counts["slides"][0]["kept"] > 3


def test_nothing_below_the_lowest_score_is_an_alarm(version):
    assert carried_out(version, lowest_score=0.99).counts["kept"] == 0


def test_scores_are_on_the_calibrated_scale(version):
    plain = mining.found_by(carried_out(version, per_slide=1)).scores[0]
    version.calibration = {"kind": "temperature", "temperature": 2.0}
    version.save()
    warm = mining.found_by(carried_out(version, per_slide=1)).scores[0]
    assert warm == pytest.approx(1 / (1 + np.exp(-np.log(plain / (1 - plain)) / 2)), rel=1e-5)


def test_where_truth_is_not_exhaustive_only_what_somebody_called_normal_is_read(
    version, slide, annotate, pathologist
):
    regions = [
        Region("tumour", box(0, 0, PX, 5 * PX)),
        Region("artefact", box(3 * PX, 4 * PX, 5 * PX, 5 * PX), "fold"),
    ]
    annotate(
        slide,
        is_exhaustive=False,
        author=pathologist,
        source="drawn",
        regions=to_geojson(regions),
        checksum=region_checksum(regions),
    )
    row = carried_out(version, lowest_score=0.1)
    assert row.counts["read"] == 2
    found = mining.found_by(row)
    assert [(int(p["row"]), int(p["column"])) for p in found.patches] == [(4, 4)]
    assert found.patches["author"].tolist() == ["bob"]


def test_only_development_slides_of_patients_it_learnt_from_are_mined(
    version, slide, make_slide, annotate
):
    fields = {"mpp": 0.5}
    same = make_slide("same patient", patient=" Learnt ", **fields)
    others = [
        make_slide("of validation", patient="held out", **fields),
        make_slide("for tests", patient="learnt", subset="test", **fields),
        make_slide("somebody else", **fields),
        make_slide("no scale", patient="learnt", mpp=None),
    ]
    for each in (same, *others):
        annotate(each)
    make_slide("no truth", patient="learnt", **fields)
    assert mining.minable_slides(version) == [slide, same]
    with pytest.raises(NotMinable, match="of validation: only ready development slides"):
        mining.request_mining(version=version, slides=[slide, others[0]])


@pytest.mark.parametrize("fields", [{"per_slide": 0}, {"lowest_score": 1.5}])
def test_odd_wishes_are_refused(version, fields):
    with pytest.raises(NotMinable, match="give a lowest score in 0..1"):
        mining.request_mining(version=version, **fields)


def test_a_version_that_came_without_its_dataset_is_refused(version):
    version.run = None
    version.save()
    with pytest.raises(NotMinable, match="came without its dataset"):
        mining.request_mining(version=version)


def test_mining_twice_gives_the_same_file_and_a_done_one_stays(version):
    first, second = carried_out(version), carried_out(version)
    assert first.patches_sha256 == second.patches_sha256
    assert first.patches != second.patches
    assert mining.mine(first) == first


def test_a_cancelled_mining_leaves_nothing(version, settings):
    def cancel(done: int, total: int) -> None:
        if total:
            raise Cancelled

    row = mining.request_mining(version=version)
    tasks.run_mining(row, watch=cancel)
    assert (row.status, row.patches) == (Mining.Status.CANCELLED, "")
    assert not (Path(settings.MEDIA_ROOT) / "minings").exists()


def test_weights_that_were_changed_fail_with_their_reason(version):
    version.weights_path.write_bytes(b"something else")
    row = mining.request_mining(version=version)
    tasks.run_mining(row)
    assert (row.status, row.reason) == (Mining.Status.FAILED, "weights_changed")


def test_the_page_shows_pictures_of_the_worst_and_leads_to_their_place(version, as_pathologist):
    row = carried_out(version, per_slide=3)
    page = as_pathologist.get(row.get_absolute_url()).content.decode()
    assert f'src="/training/minings/{row.pk}/patches/0.jpeg"' in page
    assert "#x=208&amp;y=144&amp;w=192" in page  # the middle of cell (4, 6)
    picture = as_pathologist.get(f"/training/minings/{row.pk}/patches/0.jpeg")
    assert picture["Content-Type"] == "image/jpeg"
    assert as_pathologist.get(f"/training/minings/{row.pk}/patches/3.jpeg").status_code == 404


def test_a_file_that_was_changed_is_told_on_the_page(version, as_pathologist):
    row = carried_out(version, per_slide=3)
    row.patches_path.write_bytes(b"x")
    page = as_pathologist.get(row.get_absolute_url())
    assert "was changed since it was mined" in page.content.decode()
    assert as_pathologist.get(f"/training/minings/{row.pk}/patches/0.jpeg").status_code == 404


def test_its_file_goes_with_its_row(version, django_capture_on_commit_callbacks):
    row = carried_out(version)
    path = row.patches_path
    with django_capture_on_commit_callbacks(execute=True):
        row.delete()
    assert not path.exists()


def test_scripts_ask_for_a_mining_and_read_what_it_kept(version, slide, as_admin, as_pathologist):
    wish = {"version": version.pk, "per_slide": 2, "slides": [slide.pk]}
    answer = as_admin.post("/api/minings/", json.dumps(wish), content_type="application/json")
    assert (answer.status_code, answer.json()["status"]) == (201, "queued")
    row = Mining.objects.get()
    assert tasks.run_mining(row)
    patches = as_pathologist.get(f"/api/minings/{row.pk}/patches/").json()
    assert [(one["row"], one["column"]) for one in patches] == [(4, 6), (4, 4)]
    assert patches[0]["slide"] == slide.pk
    odd = as_admin.post(
        "/api/minings/", json.dumps(wish | {"per_slide": 0}), content_type="application/json"
    )
    assert odd.status_code == 400


def test_the_command_tells_what_it_found(version):
    out = StringIO()
    call_command("mine_negatives", "one", "--per-slide", "2", stdout=out, stderr=StringIO())
    assert "2 false alarms kept of" in out.getvalue()
    assert "learnt: 2 of" in out.getvalue()
    out = StringIO()
    call_command("mine_negatives", "one", "--format", "json", stdout=out)
    told = json.loads(out.getvalue())
    assert mined.read(Path(told["patches"]), sha256=told["patches_sha256"])
    with pytest.raises(CommandError, match="There is no slide 'x'"):
        call_command("mine_negatives", "one", "--slides", "x")
