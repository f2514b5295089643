"""A folder, or a zip, of maps that another program made: which file is of which slide."""

import hashlib
import shutil
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from predictions.challenge_files import Refusal, RefusedFiles, slide_key
from predictions.external_maps import SUFFIXES
from slides.models import Slide

MOST_FILES = 5000
MOST_BYTES = 8 * 2**30  # unpacked
WSINFER_FOLDER = "model-outputs-csv"


def unpack(archive: Path, folder: Path) -> Path:
    """The files of a zip, unpacked into an empty folder. Raises RefusedFiles.

    Folders within are left out of names: what comes twice by that is refused.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            members = [one for one in packed.infolist() if _is_file(one)]
            _refuse_odd(archive, members)
            for one in members:
                target = folder / PurePosixPath(one.filename).name
                with packed.open(one) as source, target.open("wb") as file:
                    shutil.copyfileobj(source, file)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError) as error:
        raise _refused(archive, f"is no zip that can be read ({error}); pack it again") from error
    return folder


def _is_file(member: zipfile.ZipInfo) -> bool:
    """False for folders, and for what a desktop hides among files."""
    path = PurePosixPath(member.filename)
    return not member.is_dir() and not path.name.startswith(".") and "__MACOSX" not in path.parts


def _refuse_odd(archive: Path, members: list[zipfile.ZipInfo]) -> None:
    names = [PurePosixPath(one.filename).name for one in members]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(names) < 500 else []
    if len(members) > MOST_FILES or sum(one.file_size for one in members) > MOST_BYTES:
        raise _refused(
            archive,
            f"holds more than {MOST_FILES} files or {MOST_BYTES >> 30} GiB; import a folder with "
            "manage.py import_predictions instead",
        )
    if twice or len(set(names)) != len(names):
        raise _refused(archive, f"holds a name twice ({', '.join(twice[:5])}); keep one file each")


def maps_of(folder: Path) -> list[tuple[Slide, Path]]:
    """Slide and file of each map in a folder, slides in order of name.

    Files are named like their slide, whatever the ending and case. Raises RefusedFiles with every
    file that is of no slide here, or of one that cannot be read.
    """
    if (folder / WSINFER_FOLDER).is_dir():
        folder = folder / WSINFER_FOLDER
    if not folder.is_dir():
        raise _refused(folder, "is no folder; give the folder of maps")
    files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    if not files:
        raise _refused(folder, "holds no file; expected a map for each slide, named like it")
    slides = defaultdict(list)
    for slide in Slide.objects.order_by("name", "pk"):
        slides[slide_key(slide.name)].append(slide)
    found: dict[int, tuple[Slide, Path]] = {}
    refusals = []
    for path in files:
        own = slides[_key(path)]
        reason = _reason(path, own) or (_TWICE if own[0].pk in found else "")
        if reason:
            refusals.append(Refusal(path.name, 0, reason))
        else:
            found[own[0].pk] = (own[0], path)
    if refusals:
        raise RefusedFiles(refusals)
    return sorted(found.values(), key=lambda one: (one[0].name, one[0].pk))


_TWICE = "is a second map of its slide; keep one"


def _key(path: Path) -> str:
    stem = path.stem if path.suffix.lower() in SUFFIXES else path.name
    return slide_key(stem)


def _reason(path: Path, slides: list[Slide]) -> str:
    """Why a file cannot be taken as the map of a slide here; empty if it can."""
    if not path.is_file() or path.suffix.lower() not in SUFFIXES:
        return f"is no map; expected {', '.join(SUFFIXES)}"
    if not slides:
        return "the slide is unknown here; name the file like its slide"
    if len(slides) > 1:
        return f"{len(slides)} slides are called so; rename all but one"
    slide = slides[0]
    if not slide.is_ready:
        return f"the slide is not ready: {slide.error or slide.stage}"
    if slide.mpp is None:
        return "um per px of the slide is unknown; give it on the slide's page first"
    return ""


def checksums(paths: Iterable[Path]) -> dict[str, str]:
    """SHA-256 of each file by its name."""
    found = {}
    for path in paths:
        with path.open("rb") as file:
            found[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _refused(path: Path, reason: str) -> RefusedFiles:
    return RefusedFiles([Refusal(path.name, 0, reason)])
