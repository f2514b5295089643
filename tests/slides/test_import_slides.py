"""manage.py import_slides: files and folders, what is told of them, and how it ends."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from slides.models import Slide
from tests.slide_files import tissue_like, write_pyramid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("believed")]


def run(*arguments: object) -> tuple[list[dict], int]:
    """The outcomes and the exit code."""
    out = io.StringIO()
    code = 0
    try:
        call_command(
            "import_slides", *map(str, arguments), format="json", stdout=out, stderr=io.StringIO()
        )
    except SystemExit as end:
        code = end.code
    return json.loads(out.getvalue())["slides"], code


@pytest.fixture
def hospital(tmp_path) -> Path:
    """Three slides in CAMELYON16's layout, with a mask and a table."""
    folder = tmp_path / "hospital"
    places = ("training/normal/normal_001", "training/tumor/tumor_001", "testing/images/test_001")
    for number, place in enumerate(places):
        (folder / place).parent.mkdir(parents=True)
        write_pyramid(folder / f"{place}.tif", tissue_like(700, 600, seed=number))
    write_pyramid(folder / "training/tumor/tumor_001_mask.tif", tissue_like(700, 600))
    return folder


def test_a_folder_in_camelyons_layout_is_taken_in_once(hospital):
    table = "file,patient,subset,is_synthetic\ntraining/tumor/tumor_001.tif,P7,development,1\n"
    (hospital / "slides.csv").write_text(table)
    outcomes, code = run(hospital)
    assert (code, [outcome["status"] for outcome in outcomes]) == (0, ["imported"] * 3)
    facts = Slide.objects.order_by("name").values_list("name", "subset", "patient", "is_synthetic")
    assert list(facts) == [
        ("normal_001", "development", "normal_001", False),
        ("test_001", "test", "test_001", False),
        ("tumor_001", "development", "P7", True),
    ]
    again, code = run(hospital)
    assert (code, [outcome["status"] for outcome in again]) == (0, ["present"] * 3)
    assert {outcome["id"] for outcome in again} == {outcome["id"] for outcome in outcomes}
    assert Slide.objects.count() == 3


def test_what_the_command_says_counts_for_all(hospital):
    run(hospital / "training/normal", "--subset", "test", "--patient", "P1", "--mpp", "0.5")
    slide = Slide.objects.get()
    assert (slide.subset, slide.patient, slide.mpp, slide.mpp_source) == (
        "test",
        "P1",
        0.5,
        "given",
    )


def test_linked_slides_take_no_room(hospital, home):
    run(hospital / "training/normal", "--link")
    assert Slide.objects.get().path.is_symlink()


def test_a_refused_file_ends_with_1_and_its_reason_once(tmp_path):
    (path := tmp_path / "letter.svs").write_text("Dear colleague")
    for _ in range(2):
        outcomes, code = run(path, tmp_path / "nothing.svs")
        assert code == 1
        assert [(each["status"], each["reason"]) for each in outcomes] == [
            ("refused", "not_a_slide"),
            ("refused", "not_found"),
        ]
    assert Slide.objects.count() == 1


def test_progress_is_told_line_by_line(hospital, capsys):
    call_command("import_slides", str(hospital / "training/normal"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("[1/1] normal_001: slide ")
    assert "700 x 600 px, 0.243 um/px, 51% tissue, development" in lines[0]
    assert lines[1] == "1 of 1 are here."


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(CommandError, match="No slides were found"):
        call_command("import_slides", str(tmp_path))
