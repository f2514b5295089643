"""What files of ground truth have in common: labels, options, and points made into regions."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from slides.formats import plain_text
from slides.regions import LABELS, Mark, Region, polygons_of

MIN_AREA_PX = 1.0
FARTHEST_PX = 1e9  # no slide is that large, and areas beyond lose their digits
MAX_NAME = 200
MAX_FILE_BYTES = 300 * 2**20
MAX_CORNERS = 3_000_000  # what a revision, its checksum and its exports are still quick with

# Groups of the CAMELYON16 and 17 outlines, and the class names people give in QuPath.
# Anything else is asked about: a guess here would silently make or lose tumour.
LABEL_OF_NAME = {
    "_0": "tumour",
    "_1": "tumour",
    "tumor": "tumour",
    "tumour": "tumour",
    "metastasis": "tumour",
    "metastases": "tumour",
    "_2": "normal",
    "normal": "normal",
    "exclusion": "normal",
    "ignore": "ignore",
    "ignore*": "ignore",
    "artefact": "artefact",
    "artifact": "artefact",
}


Points = np.ndarray[Any, np.dtype[np.float64]]
# Told while a file is read how much of it is behind, of how much.
Tell = Callable[[int, int], None]


class TruthError(ValueError):
    """A file of ground truth that is not taken in. code: why, for pages and scripts."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Truth:
    """What a file says about a slide.

    kind: mask_tiff, asap_xml, ncrf_json or geojson. No regions: an explicit "no tumour".
    width_l0, height_l0: of the picture the file was made on; None where the format has none.
    notes: what was repaired, dropped or taken for granted, for a person to read.
    marks: labelled points. scale_l0: level-0 px per px of the file, where the file says so.
    """

    kind: str
    regions: tuple[Region, ...]
    width_l0: int | None = None
    height_l0: int | None = None
    notes: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    scale_l0: float | None = None

    @property
    def corner_count(self) -> int:
        polygons = [region.polygon for region in self.regions]
        return int(np.sum(shapely.get_num_coordinates(polygons)))


@dataclass(frozen=True)
class Reading:
    """What a person says about a file, where the file does not say it.

    tumour_value: which value of a mask is tumour. labels: label by name of group or class.
    unlabelled: label of outlines that have no group or class at all.
    """

    tumour_value: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    unlabelled: str | None = None

    def __post_init__(self) -> None:
        given = [*self.labels.values(), *([self.unlabelled] if self.unlabelled else [])]
        for label in given:
            if label not in LABELS:
                raise TruthError(
                    f"Label {label!r} is unknown; use one of {', '.join(LABELS)}.", "unknown_label"
                )

    @classmethod
    def from_words(cls, words: Iterable[str], *, tumour_value: int | None = None) -> "Reading":
        """From what people type: "NAME=LABEL", or "LABEL" for outlines without a name."""
        labels, unlabelled = {}, None
        for word in words:
            name, is_named, label = word.rpartition("=")
            if is_named:
                labels[name.strip()] = label.strip()
            else:
                unlabelled = label.strip()
        return cls(tumour_value=tumour_value, labels=labels, unlabelled=unlabelled)

    def label_of(self, name: str) -> str | None:
        """The label that goes with the name of a group or class; None if nobody knows."""
        said = {key.casefold(): label for key, label in self.labels.items()}
        key = name.strip().casefold()
        return said.get(key) or (LABEL_OF_NAME.get(key) if key else self.unlabelled)


@dataclass(frozen=True)
class Outline:
    """Raw points from a file. rings: the outer ring, then holes, each a sequence of (x, y).

    group: name of its group or class, empty if it has none. name: what a person called it.
    """

    rings: Sequence[Sequence[Any] | Points]
    group: str
    name: str = ""


def regions_from(
    outlines: Sequence[Outline], reading: Reading, *, file_name: str
) -> tuple[list[Region], list[str]]:
    """Regions of all outlines, and notes on what was repaired or dropped.

    Raises TruthError if a label is unknown, a coordinate is no number, or no area is left.
    """
    _check_corners(outlines, file_name)
    labels = _labels(outlines, reading, file_name)
    tally: Counter[str] = Counter()
    regions = []
    for number, (outline, label) in enumerate(zip(outlines, labels, strict=True), start=1):
        where = f"outline {number} ({outline.name or outline.group or 'unnamed'}) of {file_name}"
        polygon = _polygon(outline.rings, where, tally)
        if polygon is not None:
            regions.append(Region(label, polygon, plain_text(outline.name)[:MAX_NAME]))
    if not regions:
        raise TruthError(_nothing_left(file_name, len(outlines)), "no_outlines")
    return regions, _notes(tally)


def marks_from(points: Iterable[Outline], reading: Reading) -> tuple[list[Mark], int]:
    """Labelled points, one for each corner of the first ring, and how many have no known label."""
    marks, unknown = [], 0
    for one in points:
        label = reading.label_of(one.group)
        if label is None:
            unknown += 1
            continue
        name = plain_text(one.name)[:MAX_NAME]
        corners = points_of(one.rings[0], f"point {one.name!r}").tolist()
        marks += [Mark(label, x, y, name) for x, y in corners]
    return marks, unknown


def _check_corners(outlines: Sequence[Outline], file_name: str) -> None:
    count = sum(len(ring) for outline in outlines for ring in outline.rings)
    if count > MAX_CORNERS:
        raise too_many_corners(file_name, count)


def too_many_corners(file_name: str, count: int) -> TruthError:
    return TruthError(
        f"{file_name} has {count:,} corners; at most {MAX_CORNERS:,} can be kept. Simplify the "
        "outlines (in QuPath: Simplify shape), or give a mask at a coarser level.",
        "too_large",
    )


def _nothing_left(file_name: str, count: int) -> str:
    came = f"{count} outlines without any area" if count else "no outlines"
    return (
        f"{file_name} holds {came}; expected polygons of at least 3 corners in level-0 px. "
        "If the slide is free of tumour, declare it normal instead."
    )


def _labels(outlines: Sequence[Outline], reading: Reading, file_name: str) -> list[str]:
    labels = [reading.label_of(outline.group) for outline in outlines]
    unknown = Counter(
        outline.group for outline, label in zip(outlines, labels, strict=True) if not label
    )
    if unknown:
        raise TruthError(_ask_for_labels(unknown, file_name), "unknown_label")
    return [label for label in labels if label]


def _ask_for_labels(unknown: Mapping[str, int], file_name: str) -> str:
    named = ", ".join(f"{name!r} ({count})" for name, count in unknown.items() if name)
    came = [f"outlines in groups that are not known here: {named}"] if named else []
    if unknown.get(""):
        came.append(f"{unknown['']} outlines without a group or class")
    known = ", ".join(f"{name} = {label}" for name, label in LABEL_OF_NAME.items())
    example = next((f"{name}=tumour" for name in unknown if name), "tumour")
    return (
        f"{file_name} has {' and '.join(came)}. Known are: {known}. "
        f"Say what they are by a label such as {example!r} (labels: {', '.join(LABELS)})."
    )


def _polygon(
    rings: Sequence[Sequence[Any] | Points], where: str, tally: Counter[str]
) -> Polygon | MultiPolygon | None:
    """A valid polygon, None if there is no area in it; counts what had to be done."""
    arrays = [points_of(ring, where) for ring in rings]
    if not arrays or not _has_three(arrays[0]):
        tally["too_few"] += 1
        return None
    holes = [array for array in arrays[1:] if _has_three(array)]
    polygon = Polygon(arrays[0], holes)
    if not polygon.is_valid:
        tally["repaired"] += 1
        polygon = _repaired(polygon)
    return _without_slivers(polygon, tally)


def _has_three(points: Points) -> bool:
    """Whether at least three corners differ: fewer hold no area."""
    others = points[(points != points[:1]).any(axis=1)]
    return bool((others != others[:1]).any())


def _repaired(polygon: Polygon) -> Polygon | MultiPolygon:
    """A self-crossing outline made valid. What it goes round twice stays inside:

    a pen that overshoots its start has not drawn a hole.
    """
    return shapely.make_valid(polygon, method="structure", keep_collapsed=False)


def _without_slivers(polygon: Any, tally: Counter[str]) -> Polygon | MultiPolygon | None:
    parts = polygons_of(polygon)
    kept = [part for part in parts if part.area >= MIN_AREA_PX]
    tally["slivers"] += len(parts) - len(kept) + (not parts)
    if not kept:
        return None
    return kept[0] if len(kept) == 1 else MultiPolygon(kept)


def points_of(ring: Sequence[Any] | Points, where: str) -> Points:
    """Points as float (n, 2); a third coordinate (QuPath's plane, say) is left out.

    where: names the ring for people. Raises TruthError if a corner is no pair of near numbers.
    """
    try:
        if isinstance(ring, np.ndarray) and ring.ndim == 2 and ring.shape[1] >= 2:
            points = ring[:, :2].astype(np.float64)
        else:
            points = np.array([(float(x), float(y)) for x, y, *_ in ring]).reshape(-1, 2)
    except (TypeError, ValueError, OverflowError) as error:
        raise TruthError(
            f"A corner of {where} is not a pair of numbers ({error}); expected x and y in "
            "level-0 px. Export the file again.",
            "bad_coordinates",
        ) from error
    is_near = np.abs(points) <= FARTHEST_PX  # False for NaN too
    if not is_near.all():
        bad = tuple(points[~is_near.all(axis=1)][0].tolist())
        raise TruthError(
            f"A corner of {where} lies at {bad}; expected finite numbers, x and y in level-0 px, "
            f"of at most {FARTHEST_PX:g}. Correct the file or export it again.",
            "bad_coordinates",
        )
    return points


def _notes(tally: Mapping[str, int]) -> list[str]:
    words = {
        "repaired": "{} self-crossing outlines were repaired; what they go round twice is inside.",
        "slivers": f"{{}} slivers of less than {MIN_AREA_PX:g} px² were dropped.",
        "too_few": "{} outlines of fewer than 3 corners were dropped: they hold no area.",
    }
    return [text.format(tally[key]) for key, text in words.items() if tally[key]]
