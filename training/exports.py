"""Taking versions elsewhere and bringing them in: bundles, and ONNX for programs without Keras."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from slides import audit
from slides.formats import download_name, plain_text
from slides.jobs import Reason, Report
from slides.models import AuditEvent
from slides.storage import require_room
from training import bundle, calibration, cards
from training.bundle import BundleError
from training.choices import Architecture, Labelling, Pooling
from training.code_version import code_version
from training.display import checked_display
from training.lineage import line_of, seen_files
from training.models import ModelVersion, OnnxExport, VersionImport
from training.own_rows import write_own
from training.refusals import read_elsewhere

FIELDS = (
    *("name", "architecture", "pooling", "mpp", "patch_px", "threshold", "threshold_source"),
    *("labelling", "tumour_bar", "centre_px", "is_synthetic", "weights_sha256", "display"),
)
CHOICES = {"architecture": Architecture, "pooling": Pooling, "labelling": Labelling}
STEPS = 4
ELSEWHERE = " elsewhere"  # after the name of a cohort that another site measured


# Bundles out -------------------------------------------------------------------


@dataclass(frozen=True)
class Bundled:
    """A bundle that was made: where it lies and what its receiver must be told."""

    path: Path
    sha256: str
    filename: str

    @property
    def bytes(self) -> int:
        return self.path.stat().st_size


def make_bundle(version: ModelVersion, *, by: User | None) -> Bundled:
    """The version as one file. Raises Reason if its weights are not as they were published."""
    _refuse_without_weights(version)
    weights = version.weights_path
    if weights is None or not weights.is_file():
        raise Reason(f"the weights of {version} are gone", "weights_missing")
    if bundle.file_sha256(weights) != version.weights_sha256:
        raise Reason(f"the weights of {version} were changed since they came", "weights_changed")
    folder = _bundles()
    require_room(folder, weights.stat().st_size)
    with TemporaryDirectory(dir=folder, prefix="making-") as own:  # another may ask meanwhile
        draft = Path(own) / "bundle.zip"
        sha256 = bundle.write(draft, _facts(version), cards.as_markdown(version), weights)
        made = _bundled(version, draft.replace(bundle_path(sha256)), sha256)
    audit.record(by, "export", version, sha256=sha256, bytes=made.bytes)
    return made


def _refuse_without_weights(version: ModelVersion) -> None:
    if version.is_read_elsewhere:
        raise Reason(read_elsewhere(version, "take elsewhere"), "read_elsewhere")


def _bundles() -> Path:
    folder = Path(settings.CACHE_ROOT) / "bundles"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def bundle_path(sha256: str) -> Path:
    return _bundles() / f"{bundle.normal_sha256(sha256)}.zip"


def newest_bundle(version: ModelVersion) -> tuple[AuditEvent, Bundled] | None:
    """The bundle made of the version last, if it still lies here."""
    exports = AuditEvent.objects.filter(
        action="export", subject_type=version._meta.label_lower, subject_id=str(version.pk)
    )
    event = exports.order_by("-pk").first()
    if event is None or not (path := bundle_path(event.details["sha256"])).is_file():
        return None
    return event, _bundled(version, path, event.details["sha256"])


def _bundled(version: ModelVersion, path: Path, sha256: str) -> Bundled:
    mark = "synthetic_" if version.is_synthetic else ""
    return Bundled(path, sha256, download_name(f"{mark}{version.name}_{sha256[:12]}.zip"))


def _facts(version: ModelVersion) -> dict[str, dict[str, Any]]:
    told = {name: getattr(version, name) for name in FIELDS}
    parents = [parent.name for parent in line_of(version)[1:]]
    return {
        "manifest": {"format": bundle.FORMAT, "parents": parents, "software": code_version()}
        | told,
        "card": cards.as_json(version),
        "provenance": _without_names(version),
        "metrics": dict(version.metrics),
        "calibration": dict(version.calibration),
    }


def _without_names(version: ModelVersion) -> dict[str, Any]:
    """Where it comes from without whose tissue it was: patients are counted, files hashed."""
    provenance = dict(version.provenance)
    patients = provenance.pop("patients", None) or {}
    counted = {side: len(names) for side, names in patients.items() if isinstance(names, list)}
    seen = seen_files(version)
    return provenance | {"patient_counts": counted} | ({} if seen is None else {"seen": seen})


# Bundles in --------------------------------------------------------------------


def request_import(
    source: Path, *, filename: str, sha256: str, version_name: str = "", by: User | None = None
) -> VersionImport:
    """An import waiting to be carried out; the file is moved into its care.

    Raises BundleError if the file is not the one whose SHA-256 its sender told, and Reason.
    """
    sha256 = bundle.normal_sha256(sha256)
    if (found := bundle.file_sha256(source)) != sha256:
        raise BundleError(
            f"{filename} is not the bundle that was meant: its SHA-256 begins {found[:12]}, the "
            f"one given {sha256[:12]}. It was changed on its way, or the checksum is another's",
            "bundle_changed",
        )
    _refuse_taken(plain_text(version_name))
    with transaction.atomic():
        row = VersionImport.objects.create(
            filename=plain_text(filename)[:255] or "bundle.zip",
            bytes=source.stat().st_size,
            sha256=sha256,
            version_name=plain_text(version_name)[:200],
            created_by=by,
        )
        row.path.parent.mkdir(parents=True, exist_ok=True)
        require_room(row.path.parent, row.bytes)
        shutil.move(source, row.path)
    return row


def _refuse_taken(name: str) -> None:
    if name and ModelVersion.objects.filter(name=name).exists():
        raise Reason(f"a version named {name!r} exists; give another name", "name_taken")


def carry_out_import(row: VersionImport, *, report: Report | None = None) -> ModelVersion:
    """Check the bundle and make a candidate of it. Nothing is left where it is refused.

    Raises BundleError, UnsafeFile, NetworkError or Reason, in words.
    """
    if row.version:
        return row.version
    report = report or row.report
    if not row.path.is_file():
        raise Reason("the bundle's file is gone; send it again", "not_found")
    report(0, STEPS)
    place = Path(settings.MEDIA_ROOT) / "versions"
    place.mkdir(parents=True, exist_ok=True)
    try:
        with TemporaryDirectory(dir=place, prefix="unfinished-") as folder:
            version = _imported(row, Path(folder), report)
    except ValueError:
        row.path.unlink(missing_ok=True)  # it will never be taken
        raise
    row.path.unlink(missing_ok=True)
    return version


def _imported(row: VersionImport, folder: Path, report: Report) -> ModelVersion:
    came = bundle.read(row.path, sha256=row.sha256, folder=folder, tick=lambda: report(0, STEPS))
    _refuse_unknown(came)
    calibration.apply(came.calibration, np.linspace(0, 1, 5))  # raises unless it is one
    name = row.version_name or plain_text(came.manifest["name"])
    _refuse_taken(name)
    card = _card_of(came)
    report(1, STEPS)
    _refuse_other_network(came, report)
    relative = f"versions/import-{row.pk}-attempt-{row.attempt}.keras"
    with transaction.atomic():
        version = ModelVersion.objects.create(
            **{field: came.manifest[field] for field in FIELDS if field in _PLAIN},
            name=name,
            display=checked_display(came.manifest.get("display") or {}),
            weights=relative,
            metrics=came.metrics,
            calibration=came.calibration,
            provenance=dict(came.provenance) | {"parents": came.manifest.get("parents", [])},
            card=card,
            bundle_sha256=came.sha256,
        )
        write_own(row, version=version)
        audit.record(row.created_by, "import", version, bundle=came.sha256, file=row.filename)
        came.weights.replace(Path(settings.MEDIA_ROOT) / relative)
    report(STEPS, STEPS)
    return version


_PLAIN = set(FIELDS) - {"name", "display"}


def _card_of(came: bundle.Bundle) -> dict[str, Any]:
    """What its sender's card says, marked as said elsewhere; who made it live there stays there."""
    told = {name: came.card.get(name) or {} for name in ("texts", "data", "evaluations")}
    if not cards.makes_sense(told, came.metrics):
        raise BundleError("the bundle's card or metrics are not as a Sentinode writes them")
    evaluations = {
        name if name.endswith(ELSEWHERE) else f"{name}{ELSEWHERE}": measured
        for name, measured in told["evaluations"].items()
    }
    return told | {"evaluations": evaluations}


def _refuse_unknown(came: bundle.Bundle) -> None:
    for field, known in CHOICES.items():
        if came.manifest[field] not in known.values:
            raise BundleError(
                f"the bundle's {field} is {came.manifest[field]!r}; this site knows "
                f"{', '.join(known.values)}",
                "unknown_network",
            )


def _refuse_other_network(came: bundle.Bundle, report: Report) -> None:
    from training import carried

    told = came.manifest
    carried.refuse_other_network(
        came.weights,
        **{name: told[name] for name in ("architecture", "pooling", "patch_px")},
        sha256=told["weights_sha256"],
        step=lambda done: report(1 + done, STEPS),
    )


# ONNX --------------------------------------------------------------------------


def request_onnx(version: ModelVersion, *, by: User | None = None) -> OnnxExport:
    """The version's ONNX file, or its making: one row a version, queued again where it failed."""
    _refuse_without_weights(version)
    row, is_new = OnnxExport.objects.get_or_create(version=version, defaults={"created_by": by})
    has_file = row.path is not None and row.path.is_file()
    if not (is_new or row.is_active or (row.status == row.Status.DONE and has_file)):
        row.requeue()
    return row


def carry_out_onnx(row: OnnxExport, *, report: Report | None = None) -> OnnxExport:
    """Build the version's network, write it as ONNX and hold both against each other."""
    from training import network, onnx_file

    report, version = report or row.report, row.version
    report(0, 3)
    network.load(version.weights_path, sha256=version.weights_sha256)  # the checksum first
    model = network.build(
        version.architecture,
        pooling=version.pooling,
        patch_px=version.patch_px,
        weights=version.weights_path,
    )
    report(1, 3)
    relative = f"versions/version-{version.pk}-attempt-{row.attempt}.onnx"
    path = Path(settings.MEDIA_ROOT) / relative
    onnx_file.write(model, path)
    report(2, 3)
    difference = onnx_file.largest_difference(model, path)
    sha256 = bundle.file_sha256(path)
    with transaction.atomic():
        write_own(
            row,
            file=relative,
            file_sha256=sha256,
            bytes=path.stat().st_size,
            largest_difference=difference,
        )
        audit.record(row.created_by, "export onnx", version, sha256=sha256, difference=difference)
    report(3, 3)
    return row
