"""Maps that other programs made become a version like any other: viewed, measured and compared.

Its predictions stand on the grids they came with, and assess what they came with: no tissue bar is
laid on them. There are no weights, so nothing is ever read, learnt or promoted with it. All files
are read before anything is written; one bad row, and nothing is.
"""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.timezone import now

from predictions import services
from predictions.challenge_files import Refusal, RefusedFiles
from predictions.evaluation import suspicions
from predictions.external_maps import ExternalMap, MapTerms, read_external_map
from predictions.map_files import StoredMap, write_map
from predictions.models import MapImport, Prediction
from predictions.origin import (
    NO_TISSUE_BAR,
    NotPredictable,
    exposures,
    prediction_key,
    provenance,
    tissue_share,
)
from predictions.outside_files import checksums, maps_of, unpack
from slides import audit, jobs
from slides.formats import plain_text
from slides.grid import Grid
from slides.jobs import Reason
from slides.models import Slide
from slides.storage import require_room
from training.choices import READ_ELSEWHERE
from training.models import ModelVersion


class NotImported(Reason):
    """These maps are not taken; the message has each row that is wrong, a line each."""

    code = "bad_input"


@dataclass(frozen=True)
class ImportTerms:
    """What a person says of maps beside their files.

    column: the probability to take, where there are several. side_l0: of an array's cell, in
    level-0 px. is_transposed: arrays are [x, y]. is_unseen: whoever imports vouches that the
    program learnt from none of these slides; else all count as seen in training.
    """

    name: str
    threshold: float = 0.5
    column: str = ""
    side_l0: float | None = None
    is_transposed: bool = False
    is_unseen: bool = False


@dataclass(frozen=True)
class _Read:
    """A map that was read and written aside."""

    slide: Slide
    file: Path
    fields: dict[str, Any]


Tell = Callable[[int, int], None]


def request_import(
    source: Path, terms: ImportTerms, *, filename: str, by: User | None
) -> MapImport:
    """An import waiting to be carried out; the zip is moved into its care.

    Raises NotImported at terms that make no sense and at what is no zip, and Reason.
    """
    _refuse_odd_terms(terms)
    if not zipfile.is_zipfile(source):
        raise NotImported(f"{filename} is no zip that can be read; pack it again")
    with transaction.atomic():
        row = MapImport.objects.create(
            filename=plain_text(filename)[:255] or "maps.zip",
            bytes=source.stat().st_size,
            terms=asdict(terms),
            created_by=by,
        )
        require_room(row.path.parent, row.bytes)
        shutil.move(source, row.path)
    return row


def carry_out_import(row: MapImport, *, report: jobs.Report | None = None) -> ModelVersion:
    """Make a version of the maps. A refused zip is removed: it has to be sent again.

    Raises NotImported with every row and file that is wrong.
    """
    if row.version:
        return row.version
    if not row.path.is_file():
        raise NotImported(f"{row.filename} is gone; send it again", "not_found")
    report = report or row.report
    report(0, 0)
    root = row.path.parent
    try:
        with TemporaryDirectory(dir=root, prefix="maps-") as folder:
            unpack(row.path, Path(folder))
            terms = ImportTerms(**row.terms)
            version = import_predictions(Path(folder), terms, by=row.created_by, tell=report)
    except RefusedFiles as refusal:
        row.path.unlink(missing_ok=True)
        raise NotImported(str(refusal).replace(row.path.name, row.filename)) from refusal
    except NotImported:
        row.path.unlink(missing_ok=True)
        raise
    if not MapImport.objects.filter(pk=row.pk, attempt=row.attempt).update(version=version):
        raise jobs.Superseded
    row.refresh_from_db()
    row.path.unlink(missing_ok=True)
    return version


def import_predictions(
    folder: Path, terms: ImportTerms, *, by: User | None, tell: Tell = lambda done, total: None
) -> ModelVersion:
    """A version of the maps in a folder, one file a slide, each measured where a truth is known.

    The same files on the same terms give the same version. Raises NotImported with every row and
    file that is wrong, and then nothing is written.
    """
    _refuse_odd_terms(terms)
    try:
        maps = maps_of(folder)
        files = checksums(path for _, path in maps)
    except RefusedFiles as refusal:
        raise NotImported(str(refusal)) from refusal
    version = _version(maps, files, terms, by)
    known = ModelVersion.objects.filter(name=version.name).first()
    if known:
        return _same(known, version)
    place = Path(settings.MEDIA_ROOT) / "maps"
    place.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=place, prefix="unfinished-") as aside:
        read = _read_all(maps, version, terms, Path(aside), tell)
        rows = _written(version, read, by)
    for row in rows:
        tell(len(rows), len(rows))  # a sign of life
        services.evaluate_against_truth(row)
    return version


def _refuse_odd_terms(terms: ImportTerms) -> None:
    if not plain_text(terms.name) or len(terms.name) > 200:
        raise NotImported("give the version a name of 1 to 200 characters")
    if not 0 <= terms.threshold <= 1:  # NaN too
        raise NotImported(f"the threshold is {terms.threshold!r}; expected 0 to 1")
    if terms.side_l0 is not None and not 0 < terms.side_l0 < 1e6:
        raise NotImported(f"a cell's side is {terms.side_l0!r} px; expected more than 0")


def _version(
    maps: list[tuple[Slide, Path]], files: dict[str, str], terms: ImportTerms, by: User | None
) -> ModelVersion:
    """The version's row, not saved. Its um/px and px are set once a map is read."""
    told = json.dumps(sorted(files.items())).encode()
    said = {"seen": {"training": [], "validation": []}} if terms.is_unseen else {}
    vouched = {"vouched_by": by.get_username() if by else ""} if terms.is_unseen else {}
    return ModelVersion(
        name=plain_text(terms.name),
        architecture=READ_ELSEWHERE,
        mpp=maps[0][0].mpp,
        patch_px=1,
        threshold=terms.threshold,
        threshold_source="as given when the maps were imported",
        weights="",
        weights_sha256=hashlib.sha256(told).hexdigest(),
        provenance={
            "read_elsewhere": {"files": files, "terms": asdict(terms) | vouched},
            **said,
        },
    )


def _same(known: ModelVersion, wanted: ModelVersion) -> ModelVersion:
    """The version that is there, if it is of these very files and terms."""
    terms = [
        {k: v for k, v in (one.provenance.get("read_elsewhere") or {}).get("terms", {}).items()
         if k != "vouched_by"}
        for one in (known, wanted)
    ]  # fmt: skip
    is_same = known.is_read_elsewhere and known.weights_sha256 == wanted.weights_sha256
    if is_same and terms[0] == terms[1]:
        return known
    raise NotImported(f"a version named {known.name!r} exists; give another name", "name_taken")


# Reading ---------------------------------------------------------------------


def _read_all(
    maps: list[tuple[Slide, Path]],
    version: ModelVersion,
    terms: ImportTerms,
    aside: Path,
    tell: Tell,
) -> list[_Read]:
    """Each map, checked and written aside. Raises NotImported with all that is wrong in any.

    The first one's um/px and px are the version's: those of the others stand with their maps.
    """
    read: list[_Read] = []
    refusals: list[Refusal] = []
    seen = exposures([slide for slide, _ in maps], version)
    for done, (slide, path) in enumerate(maps):
        tell(done, len(maps))
        try:
            found = read_external_map(path, _terms_of(slide, terms))
            grid = _grid(found, slide)
            tissue = tissue_share(slide, grid)
        except RefusedFiles as error:
            refusals.extend(error.refusals)
            continue
        except NotPredictable as error:
            refusals.append(Refusal(path.name, 0, str(error)))
            continue
        if not read:
            version.mpp, version.patch_px = grid.mpp, grid.patch_px
        row = _row(slide, version, seen[slide.pk])
        told = provenance(row) | _origin(version, path, grid)
        stored = StoredMap(found.probabilities, tissue, grid, told)
        read.append(_put_aside(row, stored, aside))
    if refusals:
        raise NotImported(str(RefusedFiles(refusals)))
    tell(len(maps), len(maps))
    return read


def _put_aside(row: Prediction, stored: StoredMap, aside: Path) -> _Read:
    file = aside / f"{row.slide.pk}.npz"
    fields = services.facts_of(stored, row.threshold) | {
        "map_sha256": write_map(file, stored),
        "warnings": suspicions(stored.probabilities, row.threshold),
        "exposure": row.exposure,
    }
    return _Read(row.slide, file, fields)


def _terms_of(slide: Slide, terms: ImportTerms) -> MapTerms:
    size = (slide.width, slide.height)
    return MapTerms(size, terms.column, terms.side_l0, terms.is_transposed)


def _grid(found: ExternalMap, slide: Slide) -> Grid:
    """The grid that a map came with. Its um/px is what makes a whole number of px a cell."""
    rows, columns = found.probabilities.shape
    px = max(1, round(found.side_l0))
    return Grid(columns, rows, found.side_l0, px, slide.mpp * found.side_l0 / px)


def _row(slide: Slide, version: ModelVersion, exposure: str) -> Prediction:
    return Prediction(
        slide=slide,
        version=version,
        tissue_bar=NO_TISSUE_BAR,
        threshold=version.threshold,
        exposure=exposure,
    )


def _origin(version: ModelVersion, path: Path, grid: Grid) -> dict[str, Any]:
    """Of one map: its file, and its own grid, which need not be that of the others."""
    files = version.provenance["read_elsewhere"]["files"]
    return {
        "read_elsewhere": {"file": path.name, "sha256": files[path.name]},
        "mpp": grid.mpp,
        "patch_px": grid.patch_px,
        "stride_px": grid.patch_px,
    }


# Writing ---------------------------------------------------------------------


def _written(version: ModelVersion, read: list[_Read], by: User | None) -> list[Prediction]:
    """The version with its predictions: all rows and files, or none."""
    moved: list[Path] = []
    try:
        with transaction.atomic():
            version.save(force_insert=True)
            rows = [_saved(version, one, by, moved) for one in read]
            audit.record(
                by, "import", version, maps=len(read), sha256=version.weights_sha256,
                threshold=version.threshold,
            )  # fmt: skip
    except BaseException:
        for path in moved:
            path.unlink(missing_ok=True)
        raise
    return rows


def _saved(version: ModelVersion, one: _Read, by: User | None, moved: list[Path]) -> Prediction:
    row = _row(one.slide, version, one.fields["exposure"])
    row.key = prediction_key(one.slide, version, NO_TISSUE_BAR)
    row.map = f"maps/{row.key}.npz"
    row.status, row.created_by = Prediction.Status.DONE, by
    row.started_at = row.finished_at = now()
    for name, value in one.fields.items():
        setattr(row, name, value)
    target = Path(settings.MEDIA_ROOT) / row.map
    one.file.replace(target)
    moved.append(target)
    row.save(force_insert=True)
    return row
