"""Maps of other programs as versions: viewed, measured, compared; never used as a network."""

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from shapely import box

from predictions import gating, promotion, reports, services, tasks
from predictions.kept_maps import load_map
from predictions.models import Prediction
from predictions.outside import NotImported
from slides.jobs import Reason
from slides.models import AuditEvent
from tests.predictions import outside_rows
from tests.predictions.outside_rows import CELL, HEIGHT, WIDTH, csv_map, left_in, taken
from training import calibrating, exports, mining, operating, retraining
from training.datasets import create_dataset
from training.models import ModelVersion
from training.refusals import NotTrainable
from training.runs import create_run

pytestmark = pytest.mark.django_db

folder = outside_rows.folder


def whole(value: float) -> np.ndarray:
    return np.full((HEIGHT // CELL, WIDTH // CELL), value, np.float32)


def refused(folder: Path, **terms) -> list[str]:
    files = sorted(Path(folder).parent.rglob("*.npz"))
    with pytest.raises(NotImported) as told:
        taken(folder, **terms)
    assert not ModelVersion.objects.exists()
    assert not Prediction.objects.exists()
    assert sorted(Path(folder).parent.rglob("*.npz")) == files
    return str(told.value).splitlines()


# In ------------------------------------------------------------------------------


def test_every_kind_of_file_becomes_a_prediction_on_its_own_grid(small_slide, folder, settings):
    for name in ("a", "b", "c", "d"):
        small_slide(name)
    csv_map(folder / "a.csv", {(0, 0): 0.25, (9, 5): 1.0})
    np.save(folder / "B.npy", whole(0.5))
    tifffile.imwrite(folder / "c.tif", whole(0.75))
    ring = [[0, 0], [32, 0], [32, 32], [0, 32], [0, 0]]
    feature = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"measurements": {"prob_tumor": 0.125}},
    }
    (folder / "d.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature]})
    )
    version = taken(folder, threshold=0.6, side_l0=16)
    assert (version.weights, version.weights_path, version.run) == ("", None, None)
    assert version.get_architecture_display() == "read elsewhere"
    assert (version.stage, version.threshold) == ("candidate", 0.6)
    rows = {row.slide.name: row for row in version.predictions.all()}
    assert {name: (row.columns, row.rows, row.side_l0) for name, row in rows.items()} == {
        "a": (10, 6, 16.0),
        "b": (10, 6, 16.0),
        "c": (10, 6, 16.0),
        "d": (5, 3, 32.0),
    }
    maps = {name: load_map(row) for name, row in rows.items()}
    assert np.nansum(maps["a"].probabilities) == 1.25
    assert np.isnan(maps["a"].probabilities).sum() == 58
    np.testing.assert_array_equal(maps["b"].probabilities, whole(0.5))
    assert maps["d"].probabilities[0, 0] == 0.125
    assert maps["d"].grid.mpp * maps["d"].grid.patch_px == pytest.approx(0.5 * 32)
    assert (rows["c"].slide_score, rows["c"].tumour_count) == (0.75, 60)
    assert (rows["a"].assessed_count, rows["a"].tissue_bar) == (2, 0.0)
    assert rows["b"].provenance["read_elsewhere"]["file"] == "B.npy"
    assert not rows["b"].is_of_other_mpp
    assert len(left_in(settings.MEDIA_ROOT)) == 4
    event = AuditEvent.objects.get(action="import")
    assert (event.subject_name, event.details["maps"]) == ("theirs", 4)


def test_the_same_maps_on_the_same_terms_are_the_same_version(small_slide, folder):
    small_slide("a")
    csv_map(folder / "a.csv", {(0, 0): 0.25})
    version = taken(folder)
    assert taken(folder) == version
    with pytest.raises(NotImported, match="a version named 'theirs' exists") as told:
        taken(folder, threshold=0.4)
    assert told.value.code == "name_taken"
    other = taken(folder, name="theirs, lower", threshold=0.2)
    assert other.predictions.get().key != version.predictions.get().key


def test_wsinfers_own_folder_is_known(small_slide, folder):
    small_slide("a")
    (folder / "run_metadata.json").write_text("{}")
    (folder / "model-outputs-csv").mkdir()
    csv_map(folder / "model-outputs-csv" / "a.csv", {(0, 0): 0.25})
    assert taken(folder).predictions.count() == 1


def test_all_that_is_wrong_is_told_and_nothing_is_written(small_slide, folder, settings):
    for name in ("a", "b", "c", "e"):
        small_slide(name)
    small_slide("blind", mpp=None)
    csv_map(folder / "a.csv", {(0, 0): 0.25})
    csv_map(folder / "b.csv", {(0, 0): float("nan"), (1, 0): 1.5, (50, 0): 0.5})
    np.save(folder / "c.npy", np.zeros((7, 7), np.float32))
    np.save(folder / "e.npy", np.full((6, 10), 3, np.float32))
    told = refused(folder)
    assert told[:3] == [
        "b.csv: row 2: the probability is nan; expected 0 to 1",
        "b.csv: row 3: the probability is 1.5; expected 0 to 1",
        "b.csv: row 4: (800, 0) lies outside the slide (160 x 96 px); give level-0 px",
    ]
    assert told[3].startswith("c.npy: has 7 rows and 7 columns on a slide of 160 x 96 px")
    assert told[4] == "e.npy: row 1: has 3 in column 1; expected 0 to 1, or NaN"
    assert left_in(settings.MEDIA_ROOT) == []


def test_files_of_no_slide_here_are_told_before_any_is_read(small_slide, folder):
    for name in ("a", "twice", "Twice"):
        small_slide(name)
    small_slide("blind", mpp=None)
    csv_map(folder / "a.csv", {(0, 0): 7})
    for name in ("A.tif.csv", "unknown.csv", "twice.csv", "blind.csv"):
        csv_map(folder / name, {(0, 0): 0.25})
    (folder / "notes.txt").write_text("as of Monday")
    assert refused(folder) == [
        "a.csv: is a second map of its slide; keep one",
        "blind.csv: um per px of the slide is unknown; give it on the slide's page first",
        "notes.txt: is no map; expected .csv, .geojson, .json, .npy, .tif, .tiff",
        "twice.csv: 2 slides are called so; rename all but one",
        "unknown.csv: the slide is unknown here; name the file like its slide",
    ]


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"threshold": float("nan")}, "the threshold is nan; expected 0 to 1"),
        ({"threshold": 2}, "the threshold is 2; expected 0 to 1"),
        ({"name": " "}, "give the version a name of 1 to 200 characters"),
        ({"side_l0": 0}, "a cell's side is 0 px; expected more than 0"),
        ({"column": "prob_x"}, "a.csv: has no 'prob_x'; it has prob_normal, prob_tumor"),
    ],
)
def test_odd_terms_are_refused(small_slide, folder, terms, words):
    small_slide("a")
    csv_map(folder / "a.csv", {(0, 0): 0.25})
    assert refused(folder, **terms) == [words]


def test_nothing_is_left_when_writing_fails_half_way(small_slide, folder, settings, monkeypatch):
    for name in ("a", "b"):
        small_slide(name)
        csv_map(folder / f"{name}.csv", {(0, 0): 0.25})
    save = Prediction.save

    def fail(row, **options):
        if row.slide.name == "b":
            raise OSError("no space left on device")
        save(row, **options)

    monkeypatch.setattr(Prediction, "save", fail)
    with pytest.raises(OSError, match="no space"):
        taken(folder)
    assert not ModelVersion.objects.exists()
    assert not Prediction.objects.exists()
    assert left_in(settings.MEDIA_ROOT) == []


def test_without_anybodys_word_every_slide_counts_as_seen(small_slide, folder):
    small_slide("a")
    csv_map(folder / "a.csv", {(0, 0): 0.25})
    assert taken(folder).predictions.get().exposure == "training"
    assert taken(folder, "vouched", is_unseen=True).predictions.get().exposure == "unseen"


# Like any other --------------------------------------------------------------------


def test_it_is_measured_compared_and_reported(
    small_slide, folder, annotate, make_version, predicted
):
    theirs = whole(0.1)
    theirs[:, :4] = 0.9
    for name in ("a", "b"):
        slide = small_slide(name, subset="test")
        annotate(slide, box(0, 0, 64, 96))
        np.save(folder / f"{name}.npy", theirs)
    ours = make_version()
    for slide in (row.slide for row in taken(folder, is_unseen=True, side_l0=16).predictions.all()):
        predicted(slide, ours, [[0.9, 0.9, 0.1, 0.1, 0.1]] * 3)
    version = ModelVersion.objects.get(name="theirs")
    figures = version.predictions.first().evaluation.metrics["figures"]
    assert (figures["recall"]["value"], figures["precision"]["value"]) == (1.0, 1.0)
    cohort = services.evaluate_cohort(version, "unseen")
    assert (cohort.metrics["n"]["slides"], cohort.metrics["tissue_bar"]) == (2, 0.0)
    row = reports.request_report([ours, version], "test")
    assert tasks.run_report(row)
    row.refresh_from_db()
    assert row.status == "done", row.error
    assert [len(row.inputs["slides"]), row.inputs["excluded"]] == [2, []]
    assert row.results["versions"][str(version.pk)]["pooled"]["dice"]["value"] == 1.0
    assert len(row.results["pairs"]) == 1


def test_its_pages_show_it_as_read_elsewhere(small_slide, folder, as_admin, annotate):
    slide = small_slide("a")
    annotate(slide, box(0, 0, 64, 96))
    csv_map(folder / "a.csv", {(0, 0): 0.75, (5, 5): 0.25})
    version = taken(folder)
    prediction = version.predictions.get()
    for address in (
        version.get_absolute_url(),
        prediction.get_absolute_url(),
        slide.get_absolute_url(),
        "/training/versions/",
        "/predictions/",
        f"/predictions/{prediction.pk}/map.png",
        f"/training/versions/{version.pk}/card.md",
        f"/training/versions/side-by-side/?v={version.pk}",
    ):
        assert as_admin.get(address).status_code == 200, address
    page = as_admin.get(version.get_absolute_url()).content.decode()
    assert "Read elsewhere" in page
    for gone in ("/gate/", "/onnx/", "/bundle/", "/calibrate/", "/retrain/", "/mine/", "Predict<"):
        assert gone not in page
    assert f'<option value="{version.pk}"' not in as_admin.get(
        slide.get_absolute_url()
    ).content.decode().replace(f'<option value="{prediction.pk}">', "")


# Never -----------------------------------------------------------------------------


def test_it_can_never_read_learn_go_live_or_be_taken_elsewhere(small_slide, folder, admin):
    slide = small_slide("a")
    csv_map(folder / "a.csv", {(0, 0): 0.25})
    version = taken(folder)
    dataset = create_dataset(name="d", slides=[slide], mpp=0.5, patch_px=32, created_by=admin)
    start = {"architecture": "baseline", "pooling": "avg", "weights": "none"}
    deeds = {
        "predict": lambda: services.request_prediction(slide=slide, version=version),
        "train": lambda: create_run(
            dataset=dataset, first_version=version, created_by=admin, **start
        ),
        "mine": lambda: mining.request_mining(version=version),
        "retrain": lambda: retraining.retrain(version=version),
        "calibrate": lambda: calibrating.recalibrate(
            version=version, terms=operating.Terms(), created_by=admin
        ),
        "try": lambda: gating.request_gate(version, by=admin),
        "promote": lambda: promotion.promote(version, by=admin),
        "bundle": lambda: exports.make_bundle(version, by=admin),
        "onnx": lambda: exports.request_onnx(version, by=admin),
    }
    for name, deed in deeds.items():
        with pytest.raises(Reason, match="was read elsewhere and came as maps") as told:
            deed()
        assert told.value.code == "read_elsewhere", name
    assert not version.gate_runs.exists()
    assert not version.exports.exists()
    version.refresh_from_db()
    assert version.stage == "candidate"


def test_no_run_and_no_bundle_may_call_itself_read_elsewhere(small_slide, admin):
    dataset = create_dataset(name="d", slides=[small_slide("a")], mpp=0.5, patch_px=32)
    with pytest.raises((NotTrainable, ValueError), match="external"):
        create_run(dataset=dataset, architecture="external", weights="none", created_by=admin)
