"""Versions that go and come: real networks out and in again, and what is never taken in."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from slides.models import AuditEvent
from tests.predictions import conftest as rows
from tests.training.test_bundle import parts_of, rewritten
from training import bundle, cards, exports, tasks
from training.bundle import BundleError
from training.models import ModelVersion, OnnxExport, VersionImport

pytestmark = [pytest.mark.django_db, pytest.mark.keras]

make_version, small_slide = rows.make_version, rows.small_slide
PATCH_PX = 64


@pytest.fixture(scope="session")
def baseline(tmp_path_factory) -> tuple[Path, str]:
    """A baseline network with random weights."""
    from training import network

    path = tmp_path_factory.mktemp("baseline") / "baseline.keras"
    return path, network.save(network.build("baseline", patch_px=PATCH_PX), path)


@pytest.fixture
def version(make_version, baseline, settings, small_slide) -> ModelVersion:
    path, checksum = baseline
    place = Path(settings.MEDIA_ROOT) / "versions/one.keras"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(path.read_bytes())
    return make_version(
        "one",
        training=[small_slide("seen", patient="Jane Doe")],
        validation=[small_slide("held", patient="John Roe")],
        patch_px=PATCH_PX,
        weights_sha256=checksum,
        tumour_bar=0.1,
        labelling="share",
        calibration={"kind": "temperature", "temperature": 1.5},
        metrics={"roc_auc": {"value": 0.9, "low": None, "high": None, "n": 5, "unit": "patches"}},
        provenance={"patients": {"training": ["Jane Doe"], "validation": ["John Roe"]}},
        card={"texts": {"limits": "Only ever tried on cheese."}},
    )


def taken_in(path: Path, sha256: str, name: str = "two") -> VersionImport:
    copy = path.with_name("copy.zip")
    copy.write_bytes(path.read_bytes())
    row = exports.request_import(
        copy, filename="one.zip", sha256=sha256, version_name=name, by=None
    )
    assert tasks.run_import(row)
    row.refresh_from_db()
    return row


def changed(path: Path, parts: dict[str, bytes]) -> tuple[Path, str]:
    """The bundle with other parts and a list of checksums that fits, as a forger would send it."""
    other = rewritten(path.with_name("forged.zip"), parts_of(path) | parts)
    return other, bundle.file_sha256(other)


def with_weights(path: Path, weights: bytes) -> tuple[Path, str]:
    import hashlib

    manifest = json.loads(parts_of(path)["manifest.json"])
    manifest["weights_sha256"] = hashlib.sha256(weights).hexdigest()
    parts = {"manifest.json": json.dumps(manifest).encode(), "weights.keras": weights}
    return changed(path, parts)


def refused(row: VersionImport) -> str:
    assert (row.status, row.version, ModelVersion.objects.count()) == ("failed", None, 1)
    assert not row.path.exists()
    return row.reason


# Out and in -----------------------------------------------------------------------


def test_a_version_that_went_comes_back_as_it_was(version, admin):
    made = exports.make_bundle(version, by=admin)
    row = taken_in(made.path, made.sha256)
    assert row.status == "done", row.error
    came = row.version
    same = [*exports.FIELDS, "calibration", "metrics"]
    assert {name: getattr(came, name) for name in same if name != "name"} == {
        name: getattr(version, name) for name in same if name != "name"
    }
    assert (came.run, came.stage, came.bundle_sha256) == (None, "candidate", made.sha256)
    assert came.weights_path.read_bytes() == version.weights_path.read_bytes()
    assert cards.card_of(came)["texts"]["limits"] == "Only ever tried on cheese."
    assert not row.path.exists()
    assert list(AuditEvent.objects.values_list("action", "subject_name")) == [
        ("export", "one"),
        ("import", "two"),
    ]


def test_the_same_version_makes_the_same_bundle(version):
    assert (
        exports.make_bundle(version, by=None).sha256 == exports.make_bundle(version, by=None).sha256
    )


def test_a_bundle_counts_patients_and_names_none(version):
    made = exports.make_bundle(version, by=None)
    everything = b"".join(parts_of(made.path).values())
    assert b"Jane" not in everything
    assert b"John" not in everything
    provenance = json.loads(parts_of(made.path)["provenance.json"])
    assert provenance["patient_counts"] == {"training": 1, "validation": 1}
    assert provenance["seen"]["training"] == [b"seen".hex().ljust(64, "0")]


def test_what_came_knows_the_slides_it_saw_elsewhere_again(version, small_slide):
    from predictions.origin import exposures

    made = exports.make_bundle(version, by=None)
    came = taken_in(made.path, made.sha256).version
    slides = [
        small_slide("sister", patient="Jane Doe"),
        small_slide("stranger", patient="Nobody"),
    ]
    # the file it learnt from is here, so its patient counts as seen
    assert list(exposures(slides, came).values()) == ["training", "unseen"]


def test_one_whose_origin_nobody_knows_has_seen_everything(version, small_slide):
    from predictions.origin import exposure

    made = exports.make_bundle(version, by=None)
    provenance = json.loads(parts_of(made.path)["provenance.json"])
    del provenance["seen"]
    path, sha256 = changed(made.path, {"provenance.json": json.dumps(provenance).encode()})
    came = taken_in(path, sha256).version
    assert exposure(small_slide("stranger", patient="Nobody"), came) == "training"


def test_a_version_that_came_reads_a_slide(version, small_slide):
    from predictions import services
    from predictions.tasks import run_prediction

    made = exports.make_bundle(version, by=None)
    came = taken_in(made.path, made.sha256).version
    prediction = services.request_prediction(slide=small_slide("new"), version=came)
    assert run_prediction(prediction)
    prediction.refresh_from_db()
    assert prediction.status == "done", prediction.error


def test_a_version_that_came_can_go_on(version):
    made = exports.make_bundle(version, by=None)
    came = taken_in(made.path, made.sha256).version
    again = exports.make_bundle(came, by=None)
    assert (
        json.loads(parts_of(again.path)["provenance.json"])["seen"]
        == json.loads(parts_of(made.path)["provenance.json"])["seen"]
    )


# Never in ---------------------------------------------------------------------------


def test_another_file_than_was_told_is_refused_before_a_worker_sees_it(version):
    made = exports.make_bundle(version, by=None)
    with pytest.raises(BundleError, match="not the bundle that was meant"):
        exports.request_import(made.path, filename="x.zip", sha256="0" * 64, by=None)
    assert not VersionImport.objects.exists()


def test_a_name_that_is_taken_is_told(version):
    made = exports.make_bundle(version, by=None)
    row = taken_in(made.path, made.sha256, name="")
    assert refused(row) == "name_taken"
    with pytest.raises(ValueError, match="exists"):
        taken_in(made.path, made.sha256, name="one")


def test_weights_of_another_network_are_refused(version, tmp_path):
    from training import network

    path = tmp_path / "other.keras"
    network.save(network.build("mobilenet_v3", patch_px=PATCH_PX), path)
    made = exports.make_bundle(version, by=None)
    assert refused(taken_in(*with_weights(made.path, path.read_bytes()))) in {
        "bad_weights",
        "unsafe_format",
    }


def test_a_network_with_a_lambda_in_it_is_refused(version, tmp_path):
    import keras

    patches = keras.Input((PATCH_PX, PATCH_PX, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(patches)
    answer = keras.layers.Lambda(lambda x: x[:, :1])(pooled)
    path = tmp_path / "lambda.keras"
    keras.Model(patches, answer, name="baseline_avg").save(path)
    made = exports.make_bundle(version, by=None)
    row = taken_in(*with_weights(made.path, path.read_bytes()))
    assert refused(row) == "unsafe_format"
    assert "__lambda__" in row.error


def test_the_right_weights_in_another_wiring_are_refused(version, baseline, tmp_path):
    """The parts are all ours, the answers are not: an activation was changed in the description."""
    path = tmp_path / "rewired.keras"
    with zipfile.ZipFile(baseline[0]) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "config.json":
                assert b'"sigmoid"' in content
                content = content.replace(b'"sigmoid"', b'"tanh"')
            target.writestr(name, content)
    made = exports.make_bundle(version, by=None)
    row = taken_in(*with_weights(made.path, path.read_bytes()))
    assert refused(row) == "unsafe_format"
    assert "other answers" in row.error


@pytest.mark.parametrize(
    "weights", [b"\x89HDF\r\n\x1a\n" + b"0" * 64, b"\x80\x04\x95pickled", b"PK\x03\x04 cut off"]
)
def test_weights_in_another_format_are_refused(version, weights):
    made = exports.make_bundle(version, by=None)
    assert refused(taken_in(*with_weights(made.path, weights))) in {"bad_weights", "unsafe_format"}


def test_a_network_this_site_does_not_know_is_refused(version):
    made = exports.make_bundle(version, by=None)
    manifest = json.loads(parts_of(made.path)["manifest.json"]) | {"architecture": "resnet"}
    path, sha256 = changed(made.path, {"manifest.json": json.dumps(manifest).encode()})
    assert refused(taken_in(path, sha256)) == "unknown_network"


def test_a_calibration_that_is_none_is_refused(version):
    made = exports.make_bundle(version, by=None)
    path, sha256 = changed(made.path, {"calibration.json": b'{"kind": "magic"}'})
    assert refused(taken_in(path, sha256))


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("card.json", {"texts": {"limits": 7}}),
        ("card.json", {"texts": {"colour": "red"}}),
        ("card.json", {"data": {"scanners": 5}}),
        ("card.json", {"evaluations": {"test": 5}}),
        ("metrics.json", {"roc_auc": {"value": "much", "n": 5, "unit": "patches"}}),
        ("metrics.json", {"roc_auc": {"value": 0.5, "n": [], "unit": "patches"}}),
    ],
)
def test_a_card_or_figures_that_could_not_be_shown_are_refused(version, part, content):
    made = exports.make_bundle(version, by=None)
    path, sha256 = changed(made.path, {part: json.dumps(content).encode()})
    assert refused(taken_in(path, sha256)) == "bad_bundle"


def test_weights_that_changed_here_do_not_leave(version):
    version.weights_path.write_bytes(b"other")
    with pytest.raises(ValueError, match="changed since"):
        exports.make_bundle(version, by=None)


# ONNX ---------------------------------------------------------------------------------


def test_onnx_gives_the_same_answers_as_keras(version, admin):
    pytest.importorskip("onnxruntime")
    from training import network, onnx_file

    row = exports.request_onnx(version, by=admin)
    assert tasks.run_onnx(row)
    row.refresh_from_db()
    assert row.status == "done", row.error
    assert row.largest_difference < 1e-5
    assert row.file_sha256 == bundle.file_sha256(row.path)
    rgb = np.random.default_rng(7).integers(0, 256, (5, PATCH_PX, PATCH_PX, 3)).astype(np.float32)
    model = network.load(version.weights_path, sha256=version.weights_sha256)
    wanted = np.asarray(model.predict_on_batch(rgb))
    np.testing.assert_allclose(onnx_file.answers(row.path, rgb), wanted, atol=1e-5)
    assert exports.request_onnx(version).pk == row.pk
    assert OnnxExport.objects.get().status == "done"
    assert AuditEvent.objects.get().action == "export onnx"


def test_a_network_that_onnx_cannot_say_is_refused_and_no_file_is_left(tmp_path):
    import keras

    from training import onnx_file

    patches = keras.Input((32, 32, 3))
    curved = keras.layers.Activation("gelu")(keras.layers.Conv2D(4, 3)(patches))
    answer = keras.layers.Dense(1)(keras.layers.GlobalAveragePooling2D()(curved))
    with pytest.raises(ValueError, match="cannot be taken to ONNX yet: ONNX has no Erfc"):
        onnx_file.write(keras.Model(patches, answer), tmp_path / "one.onnx")
    assert list(tmp_path.iterdir()) == []


# Commands -------------------------------------------------------------------------------


def test_by_command_out_and_in(version, tmp_path, capsys):
    out = tmp_path / "one.zip"
    call_command("export_version", "one", str(out), "--format", "json")
    told = json.loads(capsys.readouterr().out)
    assert told["sha256"] == bundle.file_sha256(out)
    call_command("import_version", str(out), "--sha256", told["sha256"], "--name", "two")
    assert ModelVersion.objects.get(name="two").stage == "candidate"
    assert out.exists()
    with pytest.raises(CommandError, match="not the bundle that was meant"):
        call_command("import_version", str(out), "--sha256", "f" * 64, "--name", "three")
    with pytest.raises(CommandError, match="--overwrite"):
        call_command("export_version", "one", str(out))
