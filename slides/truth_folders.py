"""Which file in a folder is the truth of which slide: names as CAMELYON gives them."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Outlines are preferred to the mask made from them, and ASAP's to those converted from it.
SUFFIXES = (".xml", ".geojson", ".json", ".tif", ".tiff")
_MARKS = re.compile(r"^synthetic_|_truth_\d+|_mask$|_annotations?$", re.IGNORECASE)
_JSON_TRUTH = re.compile(rb'"(positive|negative|Feature|FeatureCollection)"')
_NORMAL_WORDS = {"normal", "negative"}


@dataclass
class FolderTruth:
    """files: truth files by slide name in lower case, best first. normals: slides declared free
    of tumour by a list (reference.csv, say) or by a name that begins with normal_."""

    files: dict[str, list[Path]] = field(default_factory=dict)
    normals: set[str] = field(default_factory=set)

    def is_normal(self, slide_name: str) -> bool:
        name = slide_name.casefold()
        return name in self.normals or name.startswith("normal_")


def slide_name_of(path: Path) -> str:
    """The slide a truth file is named after: tumor_001 for tumor_001_mask.tif.

    Marks that exports of this site carry are taken off as well.
    """
    stem, before = path.stem, ""
    while stem != before:
        stem, before = _MARKS.sub("", stem), stem
    return stem


def find_truth(folder: Path) -> FolderTruth:
    """Truth files anywhere below a folder, by slide, and the slides that lists call normal.

    Raises ValueError if folder is none.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; give one, or a slide and a file.")
    found = FolderTruth()
    for path in sorted(folder.rglob("*")):
        if path.suffix.casefold() == ".csv":
            found.normals |= set(_normals_listed(path))
        elif _is_truth(path):
            found.files.setdefault(slide_name_of(path).casefold(), []).append(path)
    for paths in found.files.values():
        paths.sort(key=lambda path: SUFFIXES.index(path.suffix.casefold()))
    return found


def _is_truth(path: Path) -> bool:
    """TIFFs may be slides and JSON may be anything: these are looked at more closely."""
    suffix = path.suffix.casefold()
    if suffix not in SUFFIXES or path.name.startswith(".") or not path.is_file():
        return False
    if suffix in {".tif", ".tiff"}:
        return path.stem.casefold().endswith("_mask")
    if suffix == ".json":
        with path.open("rb") as file:
            return bool(_JSON_TRUTH.search(file.read(4096)))
    return True


def _normals_listed(path: Path) -> Iterator[str]:
    """Slides that a list such as reference.csv calls Normal (CAMELYON17: negative)."""
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        for row in csv.reader(file):
            if len(row) > 1 and row[1].strip().casefold() in _NORMAL_WORDS:
                yield Path(row[0].strip()).stem.casefold()
