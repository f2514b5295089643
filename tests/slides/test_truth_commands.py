"""import_truth and export_truth: one file, a whole folder, and lines or JSON for scripts."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from shapely import box

from slides.annotations import declare_normal
from slides.mask_tiff import write_mask
from slides.models import Annotation
from slides.regions import Region
from slides.truth_files import write_asap_xml, write_geojson

SQUARE = Region("tumour", box(100, 80, 300, 180))


def run(*words):
    out = StringIO()
    call_command(*map(str, words), stdout=out)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path):
    write_asap_xml(tmp_path / "tumor_001.xml", [SQUARE])
    write_mask(tmp_path / "tumor_001_mask.tif", [SQUARE], width=900, height=700, mpp=None)
    write_asap_xml(tmp_path / "tumor_999.xml", [SQUARE])
    (tmp_path / "reference.csv").write_text("test_002,Normal,,None\n")
    return tmp_path


def test_one_file_for_one_slide(make_slide, folder, admin):
    make_slide("tumor_001")
    text = run("import_truth", "tumor_001", folder / "tumor_001.xml", "--author", "alice")
    assert text == "tumor_001: imported, revision 1, 20000 px² of tumour\n"
    assert Annotation.objects.get().author == admin


def test_a_slide_may_be_given_by_number(make_slide, folder):
    slide = make_slide("tumor_001")
    run("import_truth", slide.pk, folder / "tumor_001_mask.tif")
    assert slide.truth.source == "mask_tiff"


def test_a_folder_is_shared_out_by_names(make_slide, folder):
    for name in ("Tumor_001", "normal_001", "test_002", "test_003"):
        make_slide(name)
    rows = json.loads(run("import_truth", folder, "--normals", "--format", "json"))
    by_slide = {row["slide"]: row for row in rows}
    assert {name: row["status"] for name, row in by_slide.items()} == {
        "Tumor_001": "imported",
        "normal_001": "imported",
        "test_002": "imported",
        "tumor_999": "no slide",
    }
    assert by_slide["Tumor_001"]["source"] == "asap_xml"
    assert by_slide["Tumor_001"]["passed_over"][0].endswith("tumor_001_mask.tif")
    assert by_slide["test_002"]["source"] == "declared_normal"


def test_normals_are_declared_only_if_asked_for(make_slide, folder):
    make_slide("normal_001")
    run("import_truth", folder)
    assert not Annotation.objects.exists()


def test_a_second_run_adds_nothing(make_slide, folder):
    make_slide("tumor_001")
    make_slide("normal_001")
    run("import_truth", folder, "--normals")
    rows = json.loads(run("import_truth", folder, "--normals", "--format", "json"))
    assert {row["status"] for row in rows[:2]} == {"already there"}
    assert Annotation.objects.count() == 2


def test_a_slide_with_tumour_is_not_declared_normal_by_a_list(make_slide, folder, tmp_path):
    slide = make_slide("test_002")
    write_geojson(tmp_path / "x.geojson", [SQUARE])
    run("import_truth", slide.pk, tmp_path / "x.geojson")
    with pytest.raises(CommandError, match="1 of 4 refused"):
        run("import_truth", folder, "--normals")
    assert slide.truth.tumour_area_px == 20_000


def test_a_refusal_is_printed_and_ends_with_an_error(make_slide, folder, capsys):
    make_slide("tumor_001")
    (folder / "tumor_001.xml").write_text("<svg/>")
    out = StringIO()
    with pytest.raises(CommandError, match="1 of 1 refused; the reasons are above"):
        call_command(
            "import_truth", "tumor_001", str(folder / "tumor_001.xml"), "--format=json", stdout=out
        )
    (row,) = json.loads(out.getvalue())
    assert (row["status"], row["code"]) == ("refused", "not_truth")
    assert "its root is <svg>" in row["reason"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["nobody", "a.xml"], "There is no slide 'nobody'"),
        (["nowhere/"], "is no folder"),
        (["a", "b", "c"], "a slide and a file, or a folder"),
        (["nowhere/", "--label", "x=stroma"], "Label 'stroma' is unknown"),
        (["nowhere/", "--author", "eve"], "There is no user 'eve'"),
    ],
)
def test_nonsense_is_refused_in_words(db, words, reason):
    with pytest.raises(CommandError, match=reason):
        run("import_truth", *words)


@pytest.mark.parametrize("to", ["xml", "geojson", "mask"])
def test_export_into_a_folder_and_back(make_slide, tmp_path, folder, to):
    slide = make_slide("tumor_001", is_synthetic=True)
    run("import_truth", "tumor_001", folder / "tumor_001.xml")
    out = tmp_path / "out"
    out.mkdir()
    facts = json.loads(run("export_truth", "tumor_001", out, "--to", to, "--format", "json"))
    assert facts["synthetic"] is True
    declare_normal(slide=slide, author=None)
    run("import_truth", out)
    assert slide.truth.revision == 3
    assert slide.truth.tumour_area_px == 20_000


def test_export_does_not_overwrite_unasked(make_slide, tmp_path):
    declare_normal(slide=make_slide("a"), author=None)
    out = tmp_path / "a.xml"
    out.write_text("mine")
    with pytest.raises(CommandError, match="--overwrite"):
        run("export_truth", "a", out, "--to", "xml")
    assert "Truth" not in out.read_text()
    text = run("export_truth", "a", out, "--to", "xml", "--overwrite")
    assert text == f"{out}: truth 1 of a\n"


def test_export_of_nothing_is_refused(make_slide, tmp_path):
    make_slide("a")
    with pytest.raises(CommandError, match="a has no truth yet"):
        run("export_truth", "a", tmp_path, "--to", "xml")
