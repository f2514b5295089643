"""Which versions a version comes from, and what its line has seen of slides and patients."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from slides.models import Slide
from training import manifest
from training.models import ModelVersion, TrainingRun

CHOSEN_ON = "chosen_on"  # in a version's provenance: the slides its threshold was chosen on
LONGEST_LINE = 100  # generations; rows of one database cannot loop, imported ones might
Marks = set[tuple[str, Any]]


@dataclass
class Seen:
    """What slides and patients of each side are known by. is_known: False without any proof."""

    training: Marks = field(default_factory=set)
    validation: Marks = field(default_factory=set)
    is_known: bool = True


def line_of(version: ModelVersion) -> list[ModelVersion]:
    """The version and those whose weights it began with, youngest first."""
    line: list[ModelVersion] = []
    following: ModelVersion | None = version
    while following is not None and following not in line and len(line) < LONGEST_LINE:
        line.append(following)
        run = following.run
        following = following.parent or (run.first_version if run else None)
    return line


def children_of(version: ModelVersion) -> list[ModelVersion]:
    """Versions that began with this one's weights, oldest first."""
    later = TrainingRun.objects.filter(first_version=version, version__isnull=False)
    found = ModelVersion.objects.filter(pk__in=later.values("version__pk"))
    return sorted(set(found) | set(version.children.all()), key=lambda each: each.pk)


def seen_by(version: ModelVersion) -> Seen:
    """What the version's whole line learnt from and was chosen by."""
    whole = Seen()
    for each in line_of(version):
        one = _seen_by_one(each)
        whole.training |= one.training
        whole.validation |= one.validation
        whole.is_known = whole.is_known and one.is_known
    return whole


def _seen_by_one(version: ModelVersion) -> Seen:
    seen = _seen_in_training(version)
    seen.validation |= _of_files(version.provenance.get(CHOSEN_ON, {}).get("slides") or [])
    return seen


def _seen_in_training(version: ModelVersion) -> Seen:
    run = version.run
    if run is None:
        return _seen_as_told(version)
    path = run.dataset.manifest_path
    try:
        patches = manifest.read(path) if path else None
        learnt, held = patches.sides(run.fold) if patches else ([], [])
    except manifest.ManifestError:
        patches = None
    if patches is None:
        return Seen(is_known=False)
    return Seen(_members(patches, learnt), _members(patches, held))


def _seen_as_told(version: ModelVersion) -> Seen:
    """Of a version that came as a bundle: the files it names, and whose slides these are here."""
    told = version.provenance.get("seen")
    if not isinstance(told, dict):
        # calibrated anew: its parent says all; an import without the list says nothing
        return Seen(is_known=version.parent is not None)
    sides = (_of_files(told.get(side) or []) for side in ("training", "validation"))
    return Seen(*sides)


def _of_files(checksums: Iterable[Any]) -> Marks:
    given = [each for each in checksums if isinstance(each, str)]
    here = Slide.objects.filter(sha256__in=given)
    return {("file", each) for each in given}.union(*(marks_of(slide) for slide in here))


def _members(patches: manifest.Manifest, places: Any) -> Marks:
    """What the slides and patients of one side are known by, then and now.

    A patient may have been corrected since the dataset was frozen: both names count.
    """
    used = {int(pk) for pk in patches.columns["slide_id"][places]}
    members = [seen for seen in patches.slides if seen["id"] in used]
    marks = [known_by(seen["id"], seen.get("sha256"), seen["patient"]) for seen in members]
    checksums = [seen["sha256"] for seen in members if seen.get("sha256")]
    now = Slide.objects.filter(sha256__in=checksums)
    return set().union(*marks, *(marks_of(slide) for slide in now))


def marks_of(slide: Slide) -> Marks:
    return known_by(slide.pk, slide.sha256, slide.patient)


def known_by(pk: int, sha256: str | None, patient: str) -> Marks:
    """The same row, the same file imported again, another slide of the patient."""
    marks: Marks = {("row", pk), ("patient", patient.strip().casefold())}
    return marks | ({("file", sha256)} if sha256 else set())


def seen_files(version: ModelVersion) -> dict[str, list[str]] | None:
    """The SHA-256 of the slide files of each side, to go with a bundle; None where unknown.

    Patients' names stay here: at another site the same name would be another patient.
    """
    seen = seen_by(version)
    if not seen.is_known:
        return None
    return {
        side: sorted(value for kind, value in getattr(seen, side) if kind == "file")
        for side in ("training", "validation")
    }
