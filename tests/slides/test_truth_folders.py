"""Truth files in a folder find their slides by name, as CAMELYON lays them out."""

from pathlib import Path

import pytest

from slides.truth_folders import find_truth, slide_name_of


@pytest.mark.parametrize(
    ("file", "slide"),
    [
        ("tumor_001.xml", "tumor_001"),
        ("Tumor_009.json", "Tumor_009"),
        ("tumor_001_mask.tif", "tumor_001"),
        ("test_001_Mask.tif", "test_001"),
        ("synthetic_tumor_001_truth_12_mask.tif", "tumor_001"),
        ("tumor_001_truth_3.geojson", "tumor_001"),
        ("patient_010_node_4.xml", "patient_010_node_4"),
    ],
)
def test_a_file_is_named_after_its_slide(file, slide):
    assert slide_name_of(Path(file)) == slide


@pytest.fixture
def folder(tmp_path):
    for name, content in {
        "training/lesion_annotations/tumor_001.xml": "<a/>",
        "training/masks/tumor_001_mask.tif": "II",
        "training/masks/tumor_002_mask.tif": "II",
        "training/tumor/tumor_001.tif": "II",
        "facts/tumor_003.json": '{"size": 1}',
        "ncrf/Tumor_004.json": '{"positive": []}',
        "testing/reference.csv": "test_001,Tumor,IDC,Macro\ntest_002,Normal,,None\n",
        "stages.csv": "patient_1.zip,pN0\npatient_1_node_0.tif,negative\n",
        ".hidden.xml": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path


def test_outlines_come_before_masks_and_slides_are_no_truth(folder):
    found = find_truth(folder).files
    assert {name: [path.name for path in paths] for name, paths in found.items()} == {
        "tumor_001": ["tumor_001.xml", "tumor_001_mask.tif"],
        "tumor_002": ["tumor_002_mask.tif"],
        "tumor_004": ["Tumor_004.json"],
    }


def test_lists_and_names_say_which_slides_are_normal(folder):
    found = find_truth(folder)
    assert found.normals == {"test_002", "patient_1_node_0"}
    assert found.is_normal("Test_002")
    assert found.is_normal("normal_160")
    assert not found.is_normal("tumor_001")


def test_a_file_is_no_folder(folder):
    with pytest.raises(ValueError, match="is no folder"):
        find_truth(folder / "stages.csv")
