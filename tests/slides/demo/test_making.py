"""A small hospital on disk: its files, their agreement, and doing nothing twice."""

import csv
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import openslide
import pytest
from django.core.management import CommandError, call_command
from shapely.geometry import Point, box

from slides.demo.hospital import hospital
from slides.demo.making import make_hospital, make_slide, places
from slides.demo.outlines import Lesion
from slides.demo.writing import rasterise, whole_file, write_mask, write_outlines
from slides.regions import tumour_geometry
from slides.truth_files import read_truth

ORDERS = hospital(slides=3, side=1100, seed=7)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> tuple[Path, str, str]:
    """The folder a first run of the command filled, and what it printed."""
    folder, out, err = tmp_path_factory.mktemp("hospital"), StringIO(), StringIO()
    call_command(
        *("make_demo_slides", str(folder), "--slides", "3", "--side", "1100", "--seed", "7"),
        *("--jobs", "1", "--format", "json"),
        stdout=out,
        stderr=err,
    )
    return folder, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def folder(run) -> Path:
    return run[0]


def test_the_command_says_what_it_made_as_json(run):
    answer = json.loads(run[1])

    assert (answer["made"], answer["kept"]) == (3, 0)
    assert [slide["name"] for slide in answer["slides"]] == ["tumor_001", "normal_001", "test_001"]
    assert all(slide["is_synthetic"] for slide in answer["slides"])


def test_the_command_reports_every_slide_while_it_works(run):
    lines = run[2].splitlines()

    assert [line.split(":")[0] for line in lines] == [
        "1/3 slides, tumor_001",
        "2/3 slides, normal_001",
        "3/3 slides, test_001",
    ]


def test_the_command_explains_what_it_refuses(tmp_path):
    with pytest.raises(CommandError, match="side=900"):
        call_command("make_demo_slides", str(tmp_path), "--side", "900")


def test_the_layout_is_that_of_camelyon16(folder):
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}

    assert files == {
        "README.md",
        "slides.csv",
        "facts/normal_001.json",
        "facts/test_001.json",
        "facts/tumor_001.json",
        "testing/images/test_001.tif",
        "testing/lesion_annotations/test_001.xml",
        "testing/masks/test_001_mask.tif",
        "testing/reference.csv",
        "training/lesion_annotations/tumor_001.xml",
        "training/masks/tumor_001_mask.tif",
        "training/normal/normal_001.tif",
        "training/tumor/tumor_001.tif",
    }


def test_openslide_reads_the_resolution_and_levels_of_two(folder):
    with openslide.OpenSlide(folder / "training/tumor/tumor_001.tif") as slide:
        width, height = slide.dimensions
        assert float(slide.properties["openslide.mpp-x"]) == pytest.approx(0.243, abs=1e-6)
        assert float(slide.properties["openslide.mpp-y"]) == pytest.approx(0.243, abs=1e-6)
        assert slide.level_dimensions[1] == (width // 2, height // 2)
        assert "SYNTHETIC" in slide.properties["openslide.comment"]


def test_a_mask_has_its_slides_size_and_holds_0_and_1(folder):
    order = ORDERS[0]
    with openslide.OpenSlide(places(folder, order)["mask"]) as mask:
        assert mask.dimensions == (order.width, order.height)
        values = np.asarray(mask.read_region((0, 0), 0, mask.dimensions).convert("L"))
        coarse = np.asarray(mask.read_region((0, 0), 1, mask.level_dimensions[1]).convert("L"))

    assert set(np.unique(values)) == {0, 1}
    assert set(np.unique(coarse)) == {0, 1}


def test_mask_and_outlines_tell_the_same_truth(folder):
    files = places(folder, ORDERS[0])
    outlined = tumour_geometry(read_truth(files["outlines"]).regions)
    masked = tumour_geometry(read_truth(files["mask"]).regions)

    assert masked.symmetric_difference(outlined).area < 0.01 * outlined.area


def test_the_reference_names_the_largest_metastasis(folder):
    facts = json.loads((folder / "facts/test_001.json").read_text())
    line = (folder / "testing/reference.csv").read_text()

    assert facts["lesions"][0]["class"] == "itc"
    assert line == "test_001,Tumor,IDC,ITC\n"


def test_the_list_says_of_every_slide_that_it_is_synthetic(folder):
    with (folder / "slides.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))

    assert [row["file"] for row in rows] == [
        "training/tumor/tumor_001.tif",
        "training/normal/normal_001.tif",
        "testing/images/test_001.tif",
    ]
    assert {row["is_synthetic"] for row in rows} == {"yes"}
    assert {row["seed"] for row in rows} == {"7"}
    assert [row["subset"] for row in rows] == ["development", "development", "test"]


def test_a_second_run_makes_nothing(folder):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.tif")}
    reports = []

    made = make_hospital(folder, ORDERS, report=lambda *progress: reports.append(progress))

    assert [one.is_new for one in made] == [False, False, False]
    assert reports == []
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.tif")} == before


def test_the_same_order_gives_the_same_file_and_another_seed_another(folder, tmp_path):
    make_slide(tmp_path, ORDERS[1])
    first = (tmp_path / "training/normal/normal_001.tif").read_bytes()

    (again,) = make_hospital(tmp_path, [replace(ORDERS[1], seed=8)])

    assert first == (folder / "training/normal/normal_001.tif").read_bytes()
    assert again.is_new
    assert first != (tmp_path / "training/normal/normal_001.tif").read_bytes()


def test_a_pixel_is_tumour_if_its_centre_lies_inside():
    lesion = Lesion(box(1.4, 1.4, 3.6, 2.6), "itc", 1.0)

    mask = rasterise((lesion,), width=5, height=4)

    np.testing.assert_array_equal(mask[1:3], [[0, 1, 1, 1, 0]] * 2)
    assert mask.sum() == 6


def test_holes_survive_mask_and_outlines(tmp_path):
    ring = Point(400, 400).buffer(300).difference(Point(400, 400).buffer(100))
    lesions = (Lesion(ring, "itc", 145.8),)
    write_outlines(tmp_path / "ring.xml", lesions)
    write_mask(tmp_path / "ring_mask.tif", lesions, width=900, height=800)

    for name in ("ring.xml", "ring_mask.tif"):
        tumour = tumour_geometry(read_truth(tmp_path / name).regions)
        assert tumour.area == pytest.approx(ring.area, rel=0.01)


def test_a_file_that_fails_half_way_leaves_nothing(tmp_path):
    def write_half():
        with whole_file(tmp_path / "slides" / "one.tif") as draft:
            draft.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()

    assert list((tmp_path / "slides").iterdir()) == []
