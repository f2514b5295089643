"""Taking a slide in: its states, its refusals, duplicates, and what an admin may change."""

import errno
import hashlib
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils.timezone import now

from slides import probe, services, tasks
from slides.formats import SlideError
from slides.jobs import Cancelled, Reason, Superseded, recover
from slides.models import Slide
from slides.services import Keep, Said, display_name, patient_of, register_file
from slides.storage import safe_suffix
from tests.slide_files import tissue_like, write_pyramid

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("files") / "tumor_001.tif"
    return write_pyramid(path, tissue_like(900, 700), description="synthetic")


def taken_in(path: Path, **options) -> Slide:
    slide = register_file(path, **options)
    tasks.ingest_slide(slide.pk)
    slide.refresh_from_db()
    return slide


def files_under(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_slide_is_received_then_made_ready(file, home):
    slide = register_file(file, said=Said(patient="P1", subset="test"))
    assert (slide.status, slide.stage, slide.name) == ("queued", "received", "tumor_001")
    tasks.ingest_slide(slide.pk)
    slide.refresh_from_db()
    assert (slide.status, slide.stage, slide.error) == ("done", "ready", "")
    assert slide.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (slide.width, slide.height, slide.format) == (900, 700, "generic-tiff")
    assert slide.levels[2] == {"width": 225, "height": 175, "downsample": 4}
    assert slide.mpp == pytest.approx(0.243, rel=1e-6)
    assert slide.mpp_source == "openslide.mpp-x"
    assert (slide.patient, slide.subset, slide.is_synthetic) == ("P1", "test", True)
    assert slide.tissue_share == pytest.approx(0.5, abs=0.02)
    assert (slide.tissue_scale_x, slide.tissue_scale_y) == (1, 1)
    assert slide.thumbnail_path.exists()
    assert slide.tissue_path.exists()
    assert slide.path.read_bytes() == file.read_bytes()
    assert len(files_under(home / "media")) == 3


def test_the_named_states_come_in_order(file, believed, monkeypatch):
    seen = []
    store = services._store
    monkeypatch.setattr(
        services, "_store", lambda slide, **fields: (seen.append(fields), store(slide, **fields))
    )
    taken_in(file)
    stages = [fields["stage"] for fields in seen if "stage" in fields]
    assert stages == ["checking", "hashing", "thumbnail", "tissue", "ready"]


def test_a_duplicate_is_refused_with_the_first_one_named(file, believed, home):
    first = taken_in(file)
    second = taken_in(file, original_name="another name.tif")
    assert (second.status, second.reason) == ("failed", "duplicate")
    assert second.duplicate_of == first
    assert f"the same file as slide {first.pk}, tumor_001" in second.error
    assert (second.file, second.sha256) == ("", None)
    assert len(files_under(home / "media")) == 3


def test_a_file_refused_before_may_come_again(tmp_path, believed):
    small = write_pyramid(tmp_path / "small.tif", tissue_like(200, 200))
    assert [taken_in(small).reason for _ in range(2)] == ["too_small", "too_small"]


def test_a_refused_file_is_removed_and_its_row_says_why(tmp_path, home):
    (path := tmp_path / "letter.svs").write_text("Dear colleague")
    slide = taken_in(path)
    assert (slide.status, slide.reason, slide.stage) == ("failed", "not_a_slide", "checking")
    assert slide.error.startswith("letter.svs is not a slide")
    assert slide.file == ""
    assert files_under(home / "media") == []
    assert path.exists()


def test_a_refused_file_without_an_ending_is_still_told_in_plain_words(tmp_path):
    (path := tmp_path / "letter").write_text("Dear colleague")
    assert taken_in(path).error.startswith("letter is not a slide: no known slide format")


def test_a_slide_without_tissue_is_refused_at_that_stage(tmp_path, believed, home):
    rgb = tissue_like(900, 700)
    rgb[:] = 243
    slide = taken_in(write_pyramid(tmp_path / "glass.tif", rgb))
    assert (slide.reason, slide.stage) == ("no_tissue", "tissue")
    assert files_under(home / "media") == []


def test_what_another_try_may_mend_keeps_its_file(file, monkeypatch):
    monkeypatch.setattr(probe, "GUARD", replace(probe.GUARD, wall_seconds=0))
    slide = taken_in(file)
    assert (slide.reason, slide.path.exists()) == ("timed_out", True)
    monkeypatch.undo()
    slide.requeue()
    tasks.ingest_slide(slide.pk)
    slide.refresh_from_db()
    assert slide.is_ready


def test_a_retry_without_its_file_says_to_send_it_again(tmp_path):
    (path := tmp_path / "letter.svs").write_text("Dear colleague")
    slide = taken_in(path)
    slide.requeue()
    tasks.ingest_slide(slide.pk)
    slide.refresh_from_db()
    assert (slide.reason, "Upload it again" in slide.error) == ("file_removed", True)


def test_a_cancelled_intake_gives_the_fingerprint_back(file, believed):
    slide = register_file(file)
    slide.claim()

    def stop(done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        services.ingest(slide, report=stop)
    slide.refresh_from_db()
    assert (slide.sha256, slide.path.exists()) == (None, True)


def test_an_attempt_that_lost_the_row_writes_nothing(file, believed):
    slide = register_file(file)
    slide.claim()
    Slide.objects.filter(pk=slide.pk).update(attempt=slide.attempt + 1)
    with pytest.raises(Superseded):
        services.ingest(slide)
    slide.refresh_from_db()
    assert (slide.stage, slide.sha256, slide.path.exists()) == ("received", None, True)


def test_a_slide_whose_worker_died_is_taken_in_again(file, believed, settings):
    slide = register_file(file)
    slide.claim()
    long_ago = now() - timedelta(seconds=settings.LEASE_SECONDS + 1)
    digest = services.sha256_of(slide.path)
    Slide.objects.update(heartbeat_at=long_ago, stage="thumbnail", sha256=digest)
    assert recover(Slide) == [slide.pk]
    tasks.ingest_slide(slide.pk)
    slide.refresh_from_db()
    assert (slide.stage, slide.attempt, slide.sha256) == ("ready", 2, digest)


def test_what_a_killed_process_left_half_written_is_cleared_away_in_time(file, home):
    slide = register_file(file)
    media = home / "media"
    left = [media / "slides/dead/incoming.part", media / "intake-dead/thumbnail.jpeg"]
    for path in left:
        path.parent.mkdir()
        path.write_bytes(b"half")
    assert services.tidy() == 0
    for path in (left[0], left[1].parent):
        os.utime(path, (0, 0))
    assert services.tidy() == 2
    assert files_under(media) == [slide.file]


@pytest.mark.parametrize(
    "name",
    [
        *("media/maps/.ab.npz.12", "media/datasets/.d.csv.12.part", "media/versions/unfinished-r"),
        *("cache/masks/.0f.tif", "cache/patches/run-a/best.keras", "uploads/truth-a/a.xml"),
    ],
)
def test_so_is_what_other_work_left_half_written(home, name):
    (left := home / name).parent.mkdir(parents=True)
    left.write_bytes(b"half")
    (whole := home / "media/maps/ab.npz").parent.mkdir(parents=True, exist_ok=True)
    whole.write_bytes(b"whole")
    for path in (left, left.parent, whole):
        os.utime(path, (0, 0))
    assert services.tidy() == 1
    assert (left.exists(), whole.exists()) == (False, True)


def test_a_file_that_vanished_is_a_reason(file, believed):
    slide = register_file(file)
    slide.path.unlink()
    tasks.ingest_slide(slide.pk)
    slide.refresh_from_db()
    assert slide.status == "failed"
    assert slide.reason == "not_found"


def test_a_linked_slide_is_not_copied_and_outlives_its_row(file, believed):
    slide = taken_in(file, keep=Keep.LINK)
    assert slide.is_ready
    assert slide.path.is_symlink()
    services.delete_slide(slide)
    assert file.exists()


def test_a_linked_file_that_is_refused_stays_where_it_is(tmp_path):
    (path := tmp_path / "letter.svs").write_text("Dear colleague")
    assert taken_in(path, keep=Keep.LINK).reason == "not_a_slide"
    assert path.read_text() == "Dear colleague"


def test_a_full_disk_is_told_before_anything_is_written(file, home, monkeypatch):
    monkeypatch.setattr("slides.storage.RESERVE_BYTES", 10**18)
    with pytest.raises(Reason, match="disk is full") as refusal:
        register_file(file)
    assert refusal.value.code == "disk_full"
    assert (files_under(home / "media"), Slide.objects.count()) == ([], 0)


def test_a_disk_that_fills_up_while_copying_leaves_nothing_half_written(file, home, monkeypatch):
    def fail(source, target):
        Path(target).write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("shutil.copyfile", fail)
    with pytest.raises(Reason, match="disk is full"):
        register_file(file)
    assert files_under(home / "media") == []


def test_a_folder_or_nothing_is_not_registered(tmp_path):
    for path in (tmp_path, tmp_path / "nothing.svs"):
        with pytest.raises(SlideError):
            register_file(path)
    assert not Slide.objects.exists()


@pytest.mark.parametrize(
    ("name", "shown", "suffix"),
    [
        ("../../etc/passwd", "passwd", ""),
        ("C:\\slides\\a.SVS", "a.SVS", ".svs"),
        ("a\x00b\n.tif", "ab.tif", ".tif"),
        ("Größe 标本.ndpi", "Größe 标本.ndpi", ".ndpi"),
        ("x.t/if", "if", ""),
        ("\x00", "slide", ""),
        ("x" * 300 + ".svs", "x" * 251 + ".svs", ".svs"),
        (os.fsdecode(b"\xff.svs"), "?.svs", ".svs"),
    ],
)
def test_names_are_kept_for_people_and_out_of_paths(name, shown, suffix):
    assert display_name(name) == shown
    assert safe_suffix(display_name(name)) == suffix


@pytest.mark.parametrize(
    ("name", "patient"),
    [
        ("patient_017_node_2", "patient_017"),
        ("TCGA-A2-A0T2-01Z-00-DX1", "TCGA-A2-A0T2"),
        ("tumor_009", "tumor_009"),
    ],
)
def test_the_patient_is_told_from_camelyon_and_tcga_names(name, patient):
    assert patient_of(name) == patient


def test_the_resolution_a_person_gives_stays(file, believed):
    slide = taken_in(file, said=Said(mpp=0.5))
    assert (slide.mpp, slide.mpp_source) == (0.5, "given")
    services.set_mpp(slide, mpp="0.25")
    assert (slide.mpp, slide.mpp_source) == (0.25, "given")


@pytest.mark.parametrize("mpp", ["352", "", None, "nan", 0])
def test_an_impossible_resolution_is_refused_in_words(make_slide, mpp):
    with pytest.raises(Reason, match=r"give a number from 0\.05 to 50") as refusal:
        services.set_mpp(make_slide(), mpp=mpp)
    assert refusal.value.code == "bad_mpp"


def test_a_deleted_slide_takes_its_files_along(
    file, believed, home, django_capture_on_commit_callbacks
):
    slide = taken_in(file)
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_slide(slide)
    assert files_under(home / "media") == []
    assert not Slide.objects.exists()


def test_a_slide_of_a_frozen_dataset_cannot_be_deleted(make_slide):
    from training.models import Dataset

    slide = make_slide()
    Dataset.objects.create(name="first", mpp=0.5).slides.add(slide)
    with pytest.raises(Reason, match="part of dataset first") as refusal:
        services.delete_slide(slide)
    assert refusal.value.code == "in_use"


def test_a_slide_being_taken_in_cannot_be_deleted(make_slide):
    with pytest.raises(Reason, match="cancel that first"):
        services.delete_slide(make_slide(status="running"))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("slides/CMU-1-Small-Region.svs", "ready"),
        ("slides/camelyon_multiframe_jpeg.dcm", "ready"),
        ("slides/gc-hist_valid_tiff.tif", "no_tissue"),
        ("slides/gc-valid_tiff.tif", "too_small"),
        ("slides/kidney-48-5.tif", "flat_image"),
        ("slides/openslide-boxes.tiff", "too_small"),
        ("slides/openslide-small.svs", "too_small"),
        ("broken/gc-corrupt.png", "not_a_slide"),
        ("broken/gc-invalid_resolutions_tiff.tif", "no_tissue"),
        ("broken/histolab-broken.svs", "not_a_slide"),
        ("broken/largeimage-grey10kx5k.tif", "flat_image"),
        ("broken/largeimage-rgba_geotiff.tiff", "no_tissue"),
        ("broken/largeimage-small_la.tiff", "too_small"),
        ("broken/largeimage-test_orient3.tif", "too_small"),
        ("broken/largeimage-zero_gi.tif", "not_a_slide"),
        ("broken/openslide-unopenable.tiff", "unreadable"),
        ("broken/openslide-unreadable.svs", "unreadable"),
    ],
)
def test_every_real_file_ends_ready_or_refused_for_its_reason(shared, believed, name, outcome):
    slide = taken_in(shared / name)
    assert outcome == (slide.stage if slide.is_ready else slide.reason)
    assert bool(slide.error) != slide.is_ready


@pytest.mark.shared
def test_the_table_above_holds_every_real_file(shared):
    marks = test_every_real_file_ends_ready_or_refused_for_its_reason.pytestmark
    table = next(mark for mark in marks if mark.name == "parametrize").args[1]
    files = {
        path.relative_to(shared)
        for place in ("slides", "broken")
        for path in (shared / place).iterdir()
    }
    assert {Path(name) for name, _ in table} == files


@pytest.mark.shared
def test_real_slides_tell_their_resolution(shared, believed):
    skin = taken_in(shared / "slides/CMU-1-Small-Region.svs")
    assert (skin.mpp, skin.width, skin.height, skin.format) == (0.499, 2220, 2967, "aperio")
    node = taken_in(shared / "slides/camelyon_multiframe_jpeg.dcm")
    assert node.mpp == pytest.approx(28.9685, abs=1e-3)
