"""Revisions of truth: kept, never edited, numbered once, handed out as they came in."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile
from django.db import IntegrityError, connection
from shapely import box

from slides.annotations import (
    Misfit,
    Origin,
    Terms,
    declare_normal,
    export_name,
    export_truth,
    exported,
    import_truth,
    preview_truth,
    regions_of,
    save_annotation,
    truth_geojson,
)
from slides.jobs import Reason
from slides.mask_tiff import write_mask
from slides.models import Annotation
from slides.outlines import Reading, TruthError
from slides.regions import Region, rasterise, scaled
from slides.truth_files import write_geojson

SQUARE = Region("tumour", box(100, 80, 300, 180), "_0")
DRAWN = Origin(Annotation.Source.DRAWN)


@pytest.fixture
def slide(make_slide):
    return make_slide("tumor_001")


@pytest.fixture
def geojson(tmp_path):
    path = tmp_path / "tumor_001.geojson"
    write_geojson(path, [SQUARE])
    return path


def test_revisions_count_up_and_the_latest_is_the_truth(slide, admin):
    first = save_annotation(slide=slide, regions=[SQUARE], author=admin, origin=DRAWN)
    second = declare_normal(slide=slide, author=admin, note="read again")
    assert (first.revision, second.revision) == (1, 2)
    assert slide.truth == second
    assert (first.tumour_area_px, second.tumour_area_px) == (20_000, 0)
    assert second.source == "declared_normal"


def test_saying_the_same_again_adds_nothing(slide, admin):
    first = save_annotation(slide=slide, regions=[SQUARE], author=admin, origin=DRAWN)
    again = save_annotation(slide=slide, regions=[SQUARE], author=None, origin=DRAWN)
    assert again == first
    assert slide.annotations.count() == 1


def test_going_back_to_an_older_truth_is_a_new_revision(slide):
    for regions in ([SQUARE], [], [SQUARE]):
        save_annotation(slide=slide, regions=regions, author=None, origin=DRAWN)
    assert [row.revision for row in slide.annotations.all()] == [1, 2, 3]


def test_the_same_outlines_declared_incomplete_are_a_new_revision(slide):
    save_annotation(slide=slide, regions=[SQUARE], author=None, origin=DRAWN)
    save_annotation(slide=slide, regions=[SQUARE], author=None, origin=DRAWN, is_exhaustive=False)
    assert slide.truth.revision == 2


def test_a_stored_revision_gives_its_regions_back(slide):
    saved = save_annotation(slide=slide, regions=[SQUARE], author=None, origin=DRAWN)
    assert regions_of(Annotation.objects.get(pk=saved.pk)) == [SQUARE]


def test_an_import_keeps_source_checksum_author_and_fit(slide, geojson, pathologist):
    done = import_truth(slide=slide, path=geojson, author=pathologist)
    row = Annotation.objects.get()
    assert done.is_new
    assert (row.source, row.source_name, row.author) == (
        "geojson",
        "tumor_001.geojson",
        pathologist,
    )
    assert len(row.source_sha256) == 64
    assert row.fit["share_on_tissue"] == 1.0
    assert row.fit["is_acceptable"] is True


def test_importing_a_file_twice_says_that_it_was_there(slide, geojson):
    first = import_truth(slide=slide, path=geojson, author=None)
    second = import_truth(slide=slide, path=geojson, author=None)
    assert not second.is_new
    assert second.annotation == first.annotation


def test_truth_on_glass_is_refused_unless_forced(make_slide, geojson):
    tissue = np.zeros((88, 113), bool)
    tissue[60:, 70:] = True
    slide = make_slide("tumor_001", tissue=tissue)
    with pytest.raises(Misfit, match=r"tumor_001.geojson does not fit tumor_001\. Only 0%"):
        import_truth(slide=slide, path=geojson, author=None)
    assert not Annotation.objects.exists()
    done = import_truth(slide=slide, path=geojson, author=None, terms=Terms(is_forced=True))
    assert done.annotation.fit["is_acceptable"] is False
    assert "Only 0%" in done.annotation.fit["problems"][0]


def test_a_mask_of_a_lower_level_is_kept_in_level_0_px(slide, tmp_path):
    path = tmp_path / "mask.tif"
    write_mask(path, scaled([SQUARE], 1 / 4), width=900 // 4, height=700 // 4, mpp=None)
    done = import_truth(slide=slide, path=path, author=None)
    assert done.fit.scale == 4
    assert done.annotation.tumour_area_px == 20_000
    assert "multiplied by 4" in done.fit.notes[1]


def test_outlines_of_another_level_are_taken_at_the_scale_a_person_gives(slide, tmp_path):
    path = tmp_path / "a.geojson"
    write_geojson(path, scaled([SQUARE], 1 / 2))
    done = import_truth(slide=slide, path=path, author=None, terms=Terms(scale=2))
    assert done.annotation.tumour_area_px == 20_000


def test_a_preview_keeps_nothing(slide, geojson):
    truth, fit = preview_truth(slide=slide, path=geojson)
    assert (len(truth.regions), fit.is_acceptable) == (1, True)
    assert not Annotation.objects.exists()


def test_a_file_that_cannot_be_read_leaves_nothing_behind(slide, tmp_path):
    path = tmp_path / "a.xml"
    path.write_text("<ASAP_Annotations><Annot")
    with pytest.raises(TruthError):
        import_truth(slide=slide, path=path, author=None)
    assert not Annotation.objects.exists()


def test_a_slide_that_is_not_ready_takes_no_truth(make_slide, geojson):
    slide = make_slide("tumor_001", status="queued")
    with pytest.raises(Reason, match="is not ready") as refusal:
        import_truth(slide=slide, path=geojson, author=None)
    assert refusal.value.code == "not_ready"


@pytest.mark.parametrize(
    ("name", "is_synthetic", "is_exhaustive"),
    [
        ("tumor_001", False, True),
        ("tumor_010", False, False),
        ("Tumor_110", False, False),
        ("test_114", False, False),
        ("tumor_010", True, True),
    ],
)
def test_camelyons_incomplete_slides_are_known(
    make_slide, geojson, name, is_synthetic, is_exhaustive
):
    slide = make_slide(name, is_synthetic=is_synthetic)
    done = import_truth(slide=slide, path=geojson, author=None)
    assert done.annotation.is_exhaustive is is_exhaustive


def test_a_mask_with_three_values_needs_a_word_on_which_is_tumour(slide, tmp_path):
    path = tmp_path / "mask.tif"
    pixels = np.zeros((700, 900), np.uint8)
    pixels[:10, :10], pixels[20:30, :10] = 3, 5
    tifffile.imwrite(path, pixels)
    with pytest.raises(TruthError, match="holds 0, 3, 5"):
        import_truth(slide=slide, path=path, author=None)
    terms = Terms(reading=Reading(tumour_value=3))
    done = import_truth(slide=slide, path=path, author=None, terms=terms)
    assert done.annotation.tumour_area_px == 100


@pytest.mark.parametrize("kind", ["xml", "geojson", "mask"])
def test_an_export_imported_gives_the_same_pixels(slide, tmp_path, kind):
    hole = Region("normal", box(150, 100, 170, 120))
    saved = save_annotation(slide=slide, regions=[SQUARE, hole], author=None, origin=DRAWN)
    path = tmp_path / export_name(saved, kind)
    export_truth(annotation=saved, kind=kind, path=path)
    back = import_truth(slide=slide, path=path, author=None).annotation
    size = {"width": slide.width, "height": slide.height, "scale": 1}
    np.testing.assert_array_equal(
        rasterise(regions_of(back), **size), rasterise(regions_of(saved), **size)
    )
    assert back.tumour_area_px == 20_000 - 400


def test_names_of_exports_tell_slide_revision_and_synthetic(make_slide):
    slide = make_slide("tumor_001", is_synthetic=True)
    saved = declare_normal(slide=slide, author=None)
    assert export_name(saved, "xml") == "synthetic_tumor_001_truth_1.xml"
    assert export_name(saved, "mask") == "synthetic_tumor_001_truth_1_mask.tif"


def test_an_exported_file_is_made_once(slide):
    saved = save_annotation(slide=slide, regions=[SQUARE], author=None, origin=DRAWN)
    first = exported(saved, "mask")
    made_at = first.stat().st_mtime_ns
    assert exported(saved, "mask").stat().st_mtime_ns == made_at
    assert [path.name for path in first.parent.iterdir()] == [first.name]


def test_regions_survive_the_database_to_the_last_digit(slide):
    odd = Region("tumour", box(1 / 3, 0.1, 1e5 + 1 / 7, 2e-9 + 5))
    saved = save_annotation(slide=slide, regions=[odd], author=None, origin=DRAWN)
    stored = Annotation.objects.get(pk=saved.pk)
    assert regions_of(stored) == [odd]
    assert json.dumps(stored.regions)


def test_a_number_is_given_to_one_revision_only(slide):
    saved = declare_normal(slide=slide, author=None)
    saved.pk, saved._state.adding = None, True
    with pytest.raises(IntegrityError):
        saved.save()


# SQLite's databases in memory cannot be written by two threads at all.
if connection.vendor == "postgresql":

    @pytest.mark.django_db(transaction=True)
    def test_writers_at_once_get_a_revision_each(make_slide):
        slide = make_slide("tumor_001")

        def save(number: int) -> None:
            regions = [Region("tumour", box(0, 0, 10 + number, 10))]
            save_annotation(slide=slide, regions=regions, author=None, origin=DRAWN)
            connection.close()

        with ThreadPoolExecutor(4) as writers:
            list(writers.map(save, range(8)))
        assert [row.revision for row in slide.annotations.all()] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_the_outlines_of_the_latest_truth_are_read_only_where_they_are_used(
    slide, django_assert_num_queries
):
    save_annotation(slide=slide, regions=[SQUARE], author=None, origin=Origin("drawn"))
    with django_assert_num_queries(1) as asked:
        assert slide.truth.tumour_area_px
    assert '"regions"' not in asked[0]["sql"]
    with django_assert_num_queries(2):
        assert len(slide.truth.regions["features"]) == 1


def test_outlines_for_display_are_made_once_for_each_tolerance(slide, django_assert_num_queries):
    save_annotation(slide=slide, regions=[SQUARE], author=None, origin=Origin("drawn"))
    shown = truth_geojson(slide.truth, simplify_px=2)
    truth = slide.truth
    with django_assert_num_queries(0):
        assert truth_geojson(truth, simplify_px=2) == shown
    slide.is_synthetic = not slide.is_synthetic
    assert truth_geojson(slide.truth, simplify_px=2) != shown
