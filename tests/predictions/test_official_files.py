"""A version's results as the challenges' files: what is in them, and that they are read back."""

import csv
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from django.core.management import CommandError, call_command

from predictions import official_files
from predictions.challenge_files import read_lesions, read_slide_scores, read_stages
from predictions.kept_maps import load_map
from predictions.lesions import LesionRules, map_lesions, peaks
from predictions.origin import NotPredicted
from slides.models import Slide

pytestmark = pytest.mark.django_db

# 5 x 3 cells of 32 px at 0.5 um/px: 16 um each
ONE = [[0.9, 0.0, 0.0, 0.0, 0.3], [0.0] * 5, [0.0] * 5]
NONE = [[0.01] * 5] * 3


@pytest.fixture
def read(small_slide, make_version, predicted):
    """A version that has read two slides of patient A and one of B, all of the test set."""
    version = make_version()
    for name, patient, found in (("one", "A", ONE), ("two", "A", NONE), ("three", "B", NONE)):
        slide = small_slide(name, subset="test", patient=patient)
        predicted(slide, version, found)
    return version


def test_detections_are_the_maps_peaks_and_scores_its_highest(read, tmp_path):
    results = official_files.results_of(read)
    official_files.write(results, tmp_path / "out")
    row = read.predictions.get(slide__name="one")
    found = peaks(
        load_map(row).probabilities, side_l0=row.side_l0, radius_l0=187 / row.slide.mpp, stop=0.05
    )
    written = read_lesions(tmp_path / "out" / "one.csv", size_l0=(160, 96))
    np.testing.assert_array_equal(written[:, 0], found[:, 0])
    np.testing.assert_array_equal(written[:, 1:], np.floor(found[:, 1:]))
    assert (tmp_path / "out" / "two.csv").read_text() == ""  # nothing found, and it says so
    scores = read_slide_scores(tmp_path / "out" / "slides.csv", ["one", "two", "three"])
    assert scores == {row.slide.name: row.slide_score for row in read.predictions.all()}


def test_stages_are_of_the_lesions_at_the_threshold(read, tmp_path):
    row = read.predictions.get(slide__name="one")
    (lesion,) = map_lesions(
        load_map(row).probabilities, LesionRules(0.5), side_l0=row.side_l0, mpp=0.5
    ).lesions
    assert lesion.size_class == "itc"
    official_files.write(official_files.results_of(read), tmp_path / "out")
    stages, nodes = read_stages(tmp_path / "out" / "stages.csv")
    assert stages == {"a": "pN0(i+)", "b": "pN0"}
    assert nodes == {"one": "itc", "two": "negative", "three": "negative"}


def test_what_is_left_out_is_named_with_its_reason(read, small_slide, tmp_path):
    small_slide("unread", subset="test", patient="B")
    Slide.objects.filter(name="two").update(mpp=None)
    results = official_files.results_of(read)
    told = official_files.about(results)
    reasons = {(one["name"], one["of"]): one["reason"] for one in told["left_out"]}
    assert reasons == {
        ("two", "all"): "not read by this version",  # it was at another um/px
        ("unread", "all"): "not read by this version",
        ("A", "stages.csv"): "no class of two",
        ("B", "stages.csv"): "no class of unread",
    }
    assert sorted(results.scores) == ["one", "three"]
    assert told["n"] == {"slides": 2, "detections": 1, "patients": 0}


def test_nothing_read_and_names_that_cannot_be_told_apart_are_refused(read, small_slide, tmp_path):
    with pytest.raises(NotPredicted, match="has read none of the 0 slides of 'development'"):
        official_files.results_of(read, "development")
    with pytest.raises(NotPredicted, match="subset 'x' is none of"):
        official_files.results_of(read, "x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.csv").write_text("")
    with pytest.raises(NotPredicted, match="is not empty; give a new folder"):
        official_files.write(official_files.results_of(read), tmp_path / "full")
    small_slide("ONE", subset="test")
    with pytest.raises(NotPredicted, match="told apart in result files: ONE, one"):
        official_files.results_of(read)


def test_the_command_writes_what_evaluate_scores(read, tmp_path, capsys):
    call_command("export_results", read.name, str(tmp_path / "out"))
    assert "3 slides, 1 detections, 2 patients" in capsys.readouterr().out
    truth = tmp_path / "truth"
    truth.mkdir()
    mask = np.zeros((96, 160), np.uint8)
    mask[:32, :32] = 255
    tifffile.imwrite(truth / "one_mask.tif", mask)
    rows = "image,class,patient,width,height,mpp\none,tumor,A,160,96,0.5\n"
    rows += "two,normal,A,160,96,0.5\nthree,normal,B,160,96,0.5\n"
    (truth / "reference.csv").write_text(rows)
    (truth / "stages.csv").write_text("patient,stage\nA.zip,pN0(i+)\nB.zip,pN0\n")
    folders = ["--predictions", str(tmp_path / "out"), "--truth", str(truth)]
    call_command("evaluate", *folders, "--format", "json")
    told = json.loads(capsys.readouterr().out)
    assert told["missing"] == {"detections": [], "slide_scores": [], "stages": []}
    assert told["stages"]["kappa"]["value"] == 1.0
    with pytest.raises(CommandError, match="is not empty"):
        call_command("export_results", read.name, str(tmp_path / "out"))


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_page_and_api_give_the_same_zip(read, as_pathologist):
    page = as_pathologist.get(f"/training/versions/{read.pk}/results.zip")
    assert page["Content-Disposition"] == 'attachment; filename="one_test_results.zip"'
    content = b"".join(page.streaming_content)
    files = unzipped(content)
    assert sorted(files) == [
        *("about.json", "one.csv", "slides.csv", "stages.csv", "three.csv", "two.csv"),
    ]
    assert json.loads(files["about.json"])["weights_sha256"] == read.weights_sha256
    assert list(csv.reader(io.StringIO(files["one.csv"].decode()))) == [
        ["0.8999999761581421", "16", "16"]
    ]
    api = as_pathologist.get(f"/api/results/{read.pk}/?subset=test")
    assert b"".join(api.streaming_content) == content
    assert as_pathologist.get(f"/api/results/{read.pk}/?subset=x").status_code == 400
    empty = as_pathologist.get(f"/training/versions/{read.pk}/results.zip?subset=development")
    assert empty.url == read.get_absolute_url()


def test_a_map_that_is_gone_is_named_and_stops_nothing(read, as_pathologist):
    row = read.predictions.get(slide__name="two")
    row.map_path.unlink()
    plan = official_files.planned(read)
    files = unzipped(b"".join(official_files.zip_parts(plan)))
    assert sorted(files) == ["about.json", "one.csv", "slides.csv", "stages.csv", "three.csv"]
    (left,) = [one for one in json.loads(files["about.json"])["left_out"] if one["of"] == "all"]
    assert left["name"] == "two" and "is gone: predict the slide again" in left["reason"]


def test_synthetic_results_say_so(read, tmp_path: Path):
    Slide.objects.filter(name="one").update(is_synthetic=True)
    results = official_files.results_of(read)
    assert official_files.about(results)["note"].startswith("Synthetic")
    assert official_files.zip_name(results).startswith("synthetic_")
