"""A bundle made without rows: a slide's file, a map, and the JSON that signing would freeze."""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from predictions.map_files import StoredMap, write_map
from predictions.review import evidence_zip
from predictions.review.evidence_file import MANIFEST, MANIFEST_SUM, REVIEW, sha256_of
from predictions.review.found import found_in
from predictions.review.said import longest_px
from predictions.review.sealing import canonical, seal_of
from slides.grid import Grid
from tests.predictions.review.conftest import COLUMNS, ROWS, three_lesions
from tests.predictions.rows import PATCH_PX
from tests.slide_files import write_pyramid

MPP, WEIGHTS = 0.5, "ab" * 32
WIDTH, HEIGHT = COLUMNS * PATCH_PX, ROWS * PATCH_PX
TRIANGLE = {"type": "Polygon", "coordinates": [[[600, 400], [900, 400], [600, 560], [600, 400]]]}
POINT = {"type": "Point", "coordinates": [1200, 600]}


def a_slide_file(path: Path) -> Path:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    rgb = np.stack([columns % 251, rows % 241, (rows + columns) % 239], axis=-1).astype(np.uint8)
    return write_pyramid(path, rgb, mpp=MPP)


def a_map_file(path: Path, slide_sha256: str) -> str:
    """Its SHA-256."""
    grid = Grid.over(WIDTH, HEIGHT, slide_mpp=MPP, mpp=MPP, patch_px=PATCH_PX)
    told = {
        "slide_sha256": slide_sha256,
        "weights_sha256": WEIGHTS,
        "tissue_bar": 0.3,
        "is_synthetic": True,
    }
    return write_map(path, StoredMap(three_lesions(), np.ones((ROWS, COLUMNS)), grid, told))


def a_signed_json(slide_sha256: str, map_sha256: str) -> dict[str, Any]:
    """c1 by caliper, c2 rejected, c3 open, one drawn, one pointed at; as frozen.py writes it."""
    return {
        "format": 1,
        "review": {"id": 7, "supersedes": None, "reason": ""},
        "slide": {"id": 3, "name": "P-17 a", "patient": "P-17", "node": "", "mpp": MPP}
        | {"sha256": slide_sha256, "width": WIDTH, "height": HEIGHT, "mpp_source": "tag"},
        "version": {"id": 2, "name": "live", "architecture": "baseline", "weights_sha256": WEIGHTS},
        "prediction": {"id": 5, "map_sha256": map_sha256, "threshold": 0.5, "tissue_bar": 0.3}
        | {"slide_score": float(np.float32(0.95)), "exposure": "unseen", "threshold_source": ""},
        "grid": {"columns": COLUMNS, "rows": ROWS, "side_l0": 32, "patch_px": 32, "mpp": MPP},
        "findings": _findings(),
        "said": {"is_adequate": True, "inadequate_reason": "", "conclusion": "itc"}
        | {"suggested": "itc", "unaided": "", "unaided_at": None},
        "left": {"unseen_share": 1, "open_findings": 1},
        "reader": {"id": 1, "username": "bob", "name": ""},
        "times": {
            "begun_at": "2026-11-30T09:00:00+00:00",
            "signed_at": "2026-11-30T09:05:00+00:00",
        },
        "study": None,
        "annotation": None,
        "is_synthetic": True,
        "software": {"name": "sentinode", "version": "0"},
    }


def _findings() -> list[dict[str, Any]]:
    size = WIDTH, HEIGHT
    found = found_in(three_lesions(), 0.5, side_l0=32, mpp=MPP, size_l0=size)
    told = [_finding(f"c{number}", number, **vars(one)) for number, one in enumerate(found, 1)]
    told[0] |= {"state": "accepted", "caliper": [[64, 64], [64, 1]], "diameter_um": 63 * MPP}
    told[0] |= {"uncertainty_um": None}
    told[1] |= {"state": "rejected", "because": "germinal_centre", "note": "=1+1"}
    drawn = longest_px(TRIANGLE) * MPP
    told.append(_finding("a1", 4, "added", region=TRIANGLE, diameter_um=drawn, size_class="itc"))
    told.append(_finding("a2", 5, "added", region=POINT, size_class="itc"))
    return told


def _finding(key: str, number: int, state: str = "open", **fields: Any) -> dict[str, Any]:
    names = ("because", "label", "size_class", "note")
    told = {"key": key, "number": number, "state": state} | dict.fromkeys(names, "")
    told |= dict.fromkeys(
        ("diameter_um", "uncertainty_um", "caliper", "region", "confidence", "at")
    )
    told |= {"box_l0": [600, 400, 900, 560], "x_l0": 700, "y_l0": 440}
    for name in ("cells", "area_um2"):
        fields.pop(name, None)
    return told | fields


# Changing a bundle ----------------------------------------------------------------------


def content_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def forge(source: Path, target: Path, **changes: Any) -> Path:
    """A bundle whose review is changed and whose every checksum fits: findings__0__state="open"."""
    members = content_of(source)
    review = json.loads(members[REVIEW])
    for place, value in changes.items():
        *way, last = place.split("__")
        part = review
        for step in way:
            part = part[int(step) if step.isdigit() else step]
        part[last] = value
    members[REVIEW] = canonical(review)
    manifest = json.loads(members[MANIFEST])
    manifest["members"][REVIEW] = {"bytes": len(members[REVIEW]), "sha256": seal_of(review)}
    manifest |= {name: review[name] for name in ("slide", "said", "prediction", "grid", "version")}
    members[MANIFEST] = json.dumps(manifest).encode()
    own = hashlib.sha256(members[MANIFEST]).hexdigest()
    members[MANIFEST_SUM] = f"{own}  {MANIFEST}\n".encode()
    evidence_zip.write(target, members)
    return target


__all__ = ["a_map_file", "a_signed_json", "a_slide_file", "content_of", "forge", "sha256_of"]
