"""Folders of maps as other programs write them, and versions made of them."""

from pathlib import Path

import pytest

from predictions import outside
from predictions.outside import ImportTerms
from training.models import ModelVersion

WIDTH, HEIGHT, CELL = 160, 96, 16
HEAD = "minx,miny,width,height,prob_normal,prob_tumor"


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "maps"
    made.mkdir()
    return made


def csv_map(path: Path, cells: dict[tuple[int, int], float], side: int = CELL) -> Path:
    """WSInfer's file; cells by (column, row)."""
    rows = [f"{x * side},{y * side},{side},{side},{1 - p},{p}" for (x, y), p in cells.items()]
    path.write_text("\n".join([HEAD, *rows]))
    return path


def taken(folder: Path, name: str = "theirs", **terms) -> ModelVersion:
    return outside.import_predictions(folder, ImportTerms(name, **terms), by=None)


def left_in(media) -> list[str]:
    place = Path(media) / "maps"
    return [path.name for path in place.iterdir()] if place.exists() else []
