"""A version's results as the challenges' files, so that others can score them.

A folder of `<slide>.csv` (confidence, X, Y), `slides.csv`, `stages.csv`, and `about.json`, which
names version, rules and all that is left out. `manage.py evaluate --predictions` reads it back.
"""

import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from django.conf import settings

from predictions import challenge_files as files
from predictions.folder_results import SLIDE_SCORES, STAGES
from predictions.kept_maps import load_map
from predictions.lesions import LesionRules, map_lesions
from predictions.models import Prediction
from predictions.origin import NotPredicted, exposures, prediction_key, version_facts
from predictions.report_inputs import SUBSETS
from predictions.report_slides import PEAK_RADIUS_UM, PEAK_STOP, MapTerms, detections_of
from predictions.staging import node_class, patient_stage
from slides.formats import download_name
from slides.models import Slide
from training.models import ModelVersion

ABOUT = "about.json"
UNREAD = "not read by this version"
UNKNOWN_MPP = "um per px is unknown: neither lesions nor a node's class"
NOTHING_SEEN = "nothing was assessed, so there is no slide score"
EPOCH = (1980, 1, 1, 0, 0, 0)  # of all files in a zip: the same results, the same bytes


@dataclass
class Results:
    """What a version says of slides. detections, nodes: absent where um per px is unknown."""

    version: ModelVersion
    subset: str
    is_synthetic: bool = False
    detections: dict[str, np.ndarray] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    nodes: dict[str, str] = field(default_factory=dict)
    stages: dict[str, str] = field(default_factory=dict)
    left_out: list[dict[str, str]] = field(default_factory=list)

    def leave_out(self, name: str, of: str, reason: str) -> None:
        self.left_out.append({"name": name, "of": of, "reason": reason})


@dataclass
class Plan:
    """Slides whose results are wanted, each with its prediction or None; results: still empty."""

    results: Results
    slides: list[tuple[Slide, Prediction | None]]

    def filled(self) -> Results:
        """With what is said of every slide."""
        for slide, row in self.slides:
            _add(self.results, slide, row)
        _add_stages(self.results, [slide for slide, _ in self.slides])
        return self.results


def results_of(
    version: ModelVersion, subset: str = "test", *, tissue_bar: float | None = None
) -> Results:
    """What a version has read of a subset, as detections, slide scores and patient stages.

    Detections reach down to 0.05, whatever the operating point, so that the whole FROC can be
    drawn; node classes are of lesions at the version's threshold. Raises NotPredicted.
    """
    return planned(version, subset, tissue_bar=tissue_bar).filled()


def planned(
    version: ModelVersion, subset: str = "test", *, tissue_bar: float | None = None
) -> Plan:
    """What there is to tell, before any map is read. Raises NotPredicted where there is nothing."""
    bar = settings.TISSUE_BAR_PREDICTION if tissue_bar is None else tissue_bar
    slides = _slides(version, subset)
    _refuse_twins(slides)
    done = version.predictions.filter(status=Prediction.Status.DONE, slide__in=slides)
    by_key = {row.key: row for row in done.select_related("slide", "version")}
    rows = [(slide, by_key.get(prediction_key(slide, version, bar))) for slide in slides]
    if not any(row for _, row in rows):
        raise NotPredicted(
            f"{version} has read none of the {len(slides)} slides of {subset!r} at a tissue bar "
            f"of {bar:g}; run predict first"
        )
    is_synthetic = version.is_synthetic or any(slide.is_synthetic for slide, row in rows if row)
    return Plan(Results(version, subset, is_synthetic=is_synthetic), rows)


def _slides(version: ModelVersion, subset: str) -> list[Slide]:
    slides = Slide.objects.ready().order_by("name", "pk")
    if subset in Slide.Subset.values:
        slides = slides.with_subset(subset)
    elif subset not in SUBSETS:
        raise NotPredicted(f"subset {subset!r} is none of {', '.join(SUBSETS)}", "bad_input")
    if subset != "unseen":
        return list(slides)
    seen = exposures(slides, version)
    return [slide for slide in slides if seen[slide.pk] == Prediction.Exposure.UNSEEN]


def _refuse_twins(slides: Iterable[Slide]) -> None:
    """Files go by slide names without ending and case: these must differ."""
    names = defaultdict(list)
    for slide in slides:
        names[files.slide_key(slide.name)].append(slide.name)
    taken = {files.slide_key(name) for name in (SLIDE_SCORES, STAGES)}
    odd = [name for key, own in names.items() if len(own) > 1 or key in taken for name in own]
    if odd:
        raise NotPredicted(
            f"these names cannot be told apart in result files: {', '.join(odd[:10])}; rename the "
            "slides",
            "conflict",
        )


def _add(results: Results, slide: Slide, row: Prediction | None) -> None:
    if row is None:
        results.leave_out(slide.name, "all", UNREAD)
        return
    try:
        probabilities = load_map(row).probabilities
    except NotPredicted as reason:
        results.leave_out(slide.name, "all", str(reason))
        return
    size = (slide.width, slide.height)
    if row.slide_score is None:
        results.leave_out(slide.name, SLIDE_SCORES, NOTHING_SEEN)
    else:
        results.scores[slide.name] = row.slide_score
    if slide.mpp is None:
        results.leave_out(slide.name, "lesions", UNKNOWN_MPP)
        return
    terms = MapTerms(row.threshold, row.side_l0, slide.mpp, size)
    results.detections[slide.name] = detections_of(probabilities, terms)
    lesions = map_lesions(
        probabilities,
        LesionRules(row.threshold),
        side_l0=row.side_l0,
        mpp=slide.mpp,
        size_l0=size,
    ).lesions
    results.nodes[slide.name] = node_class([one.size_class for one in lesions])


def _add_stages(results: Results, slides: Iterable[Slide]) -> None:
    """The stage of each patient all of whose slides in the subset have a class."""
    patients = defaultdict(list)
    for slide in slides:
        patients[slide.patient.strip()].append(slide.name)
    for patient, names in sorted(patients.items()):
        lacking = [name for name in names if name not in results.nodes]
        if not patient:
            results.leave_out(", ".join(names), STAGES, "the patient is unknown")
        elif lacking:
            reason = f"no class of {', '.join(lacking)}"
            results.leave_out(patient, STAGES, reason)
        else:
            results.stages[patient] = patient_stage([results.nodes[name] for name in names])


# Writing ---------------------------------------------------------------------


def write(results: Results, folder: Path) -> list[Path]:
    """The files, into a folder that holds nothing yet. Raises NotPredicted where it does."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise NotPredicted(f"{folder} is not empty; give a new folder", "conflict")
    for name, detections in results.detections.items():
        files.write_lesions(folder / f"{download_name(name)}.csv", detections)
    _write_tables(results, folder)
    return sorted(folder.iterdir())


def _write_tables(results: Results, folder: Path) -> list[Path]:
    files.write_slide_scores(folder / SLIDE_SCORES, results.scores)
    files.write_stages(folder / STAGES, results.stages, results.nodes)
    (folder / ABOUT).write_text(json.dumps(about(results), indent=2, sort_keys=True) + "\n")
    return [folder / name for name in (SLIDE_SCORES, STAGES, ABOUT)]


def about(results: Results) -> dict[str, Any]:
    """What the files are, and what is not in them."""
    note = "Synthetic demonstration data: not a patient." if results.is_synthetic else ""
    return version_facts(results.version) | {
        "subset": results.subset,
        "threshold": results.version.threshold,
        "is_synthetic": results.is_synthetic,
        "note": note,
        "detections": f"peaks of the map down to {PEAK_STOP:g}, {PEAK_RADIUS_UM:g} um apart to "
        "either side; confidence, X, Y in level-0 px",
        "stages": "of all slides of a patient in this subset; a node's class is that of its "
        "largest lesion at the threshold",
        "n": {
            "slides": len(results.scores),
            "detections": sum(len(one) for one in results.detections.values()),
            "patients": len(results.stages),
        },
        "left_out": results.left_out,
    }


def zip_parts(plan: Plan) -> Iterator[bytes]:
    """The files as a zip, piece by piece as maps are read; the same results give the same bytes."""
    pipe, results = _Pipe(), plan.results
    with TemporaryDirectory() as place, zipfile.ZipFile(pipe, "w") as archive:
        folder = Path(place)
        for slide, row in plan.slides:
            _add(results, slide, row)
            if slide.name in results.detections:
                path = folder / f"{download_name(slide.name)}.csv"
                files.write_lesions(path, results.detections[slide.name])
                _put(archive, path)
                yield pipe.taken()
        _add_stages(results, [slide for slide, _ in plan.slides])
        for path in _write_tables(results, folder):
            _put(archive, path)
        yield pipe.taken()
    yield pipe.taken()


def _put(archive: zipfile.ZipFile, path: Path) -> None:
    member = zipfile.ZipInfo(path.name, EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(member, path.read_bytes())
    path.unlink()


class _Pipe(io.RawIOBase):
    """What was written since it was last taken; nothing can be gone back to."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        told, self.parts = b"".join(self.parts), []
        return told


def zip_name(results: Results) -> str:
    mark = "synthetic_" if results.is_synthetic else ""
    return download_name(f"{mark}{results.version.name}_{results.subset}_results.zip")
