import io

import pytest
from django.urls import reverse
from PIL import Image
from shapely import box

from slides.models import Slide
from tests.training.freezing import freeze, preview, tissue
from training import tasks
from training.models import Dataset


def normal_slides(make_slide) -> list[int]:
    slides = [make_slide(name) for name in ("a", "b")]
    for slide in slides:
        slide.annotations.create(
            revision=1, source="declared_normal", regions={}, checksum="0", tumour_area_px=0
        )
    return [slide.pk for slide in slides]


PATCHES = {
    **{"name": "ours", "mpps": "0.5", "patch_px": "64", "tissue_bar": "0.3", "stride": "1"},
    **{"jitter_px": "0", "labelling": "any", "tumour_bar": "0.1", "centre_px": "128"},
    **{"per_slide_cap": "10", "balance": "class", "validation_share": "0.5", "test_share": "0"},
    **{"folds": "0", "seed": "0"},
}


def test_a_dataset_without_slides_is_refused_in_words(as_admin):
    page = as_admin.post(reverse("dataset-new"), PATCHES).content.decode()
    assert "Tick at least two slides" in page
    assert not Dataset.objects.exists()


def test_test_slides_are_not_offered_to_learn_from(as_admin, make_slide):
    normal_slides(make_slide)
    Slide.objects.filter(name="b").update(subset="test")
    form = as_admin.get(reverse("dataset-new")).context["form"]
    assert [row["slide"].name for row in form.slide_rows()] == ["a"]


@pytest.mark.parametrize("goal", ["preview", "freeze"])
def test_a_filled_in_form_queues_a_dataset(as_admin, make_slide, goal):
    slides = normal_slides(make_slide)
    answer = as_admin.post(reverse("dataset-new"), PATCHES | {"slides": slides, "goal": goal})
    made = Dataset.objects.get(name="ours")
    assert answer["Location"] == made.get_absolute_url()
    assert sorted(made.slides.values_list("pk", flat=True)) == slides
    assert (made.goal, made.mpp, made.mpps, made.tumour_bar) == (goal, 0.5, [], 0.0)


@pytest.mark.parametrize(
    "written",
    ["1.944 3.888 7.776", "7.776; 3.888;1.944", "1,944 3,888 7,776", "1.944, 3.888, 7.776"],
)
def test_several_scales_are_written_with_blanks_between_them(as_admin, make_slide, written):
    order = PATCHES | {"slides": normal_slides(make_slide), "mpps": written}
    as_admin.post(reverse("dataset-new"), order)
    assert Dataset.objects.get().mpps == [1.944, 3.888, 7.776]


def test_scales_that_are_no_numbers_are_refused_in_words(as_admin, make_slide):
    order = PATCHES | {"slides": normal_slides(make_slide), "mpps": "level 1"}
    form = as_admin.post(reverse("dataset-new"), order).context["form"]
    assert "Write numbers" in form.errors["mpps"][0]


def test_what_the_settings_contradict_comes_back_in_words(as_admin, make_slide):
    order = PATCHES | {"slides": normal_slides(make_slide), "labelling": "centre"}
    page = as_admin.post(reverse("dataset-new"), order).content.decode()
    assert "centre_px must be in 8..64, got 128" in page


def test_a_slides_older_truth_can_be_chosen(as_admin, make_slide, annotate):
    slides = normal_slides(make_slide)
    annotate(Slide.objects.get(pk=slides[0]), box(0, 0, 9, 9))
    page = as_admin.get(reverse("dataset-new")).content.decode()
    assert page.count("<select") == 4 and f'name="revision-{slides[0]}"' in page
    order = PATCHES | {"slides": slides, f"revision-{slides[0]}": "1"}
    as_admin.post(reverse("dataset-new"), order)
    assert Dataset.objects.get().revisions == {str(pk): 1 for pk in slides}


@pytest.mark.parametrize("given", ["9" * 25, "9" * 5000, "99", "x"])
def test_slides_that_do_not_exist_are_refused_in_words(as_admin, db, given):
    form = as_admin.post(reverse("dataset-new"), PATCHES | {"slides": [given]})
    assert list(form.context["form"].errors) == ["slides"]


def test_the_form_asks_no_more_for_many_slides(as_admin, make_slide, django_assert_max_num_queries):
    normal_slides(make_slide)
    for number in range(4):
        slide = make_slide(f"more_{number}")
        slide.annotations.create(
            revision=1, source="declared_normal", regions={}, checksum="0", tumour_area_px=0
        )
    with django_assert_max_num_queries(9):
        as_admin.get(reverse("dataset-new"))


# A preview -----------------------------------------------------------------


def test_a_preview_shows_counts_warnings_and_the_wall(as_admin, ward):
    page = as_admin.get(preview(balance="none").get_absolute_url()).content.decode()
    assert "Few patients with tumour to be measured on, validation 1:" in page
    assert page.count('class="wall"') == 2
    assert page.count("/patches/") == 60
    assert "100 % tumour" in page
    assert "Freeze</button>" in page
    assert "Train on it" not in page


def test_a_picture_of_the_wall_is_read_from_the_slide_and_kept(as_pathologist, ward):
    dataset = preview()
    address = reverse("dataset-sample", args=[dataset.pk, 0])
    answer = as_pathologist.get(address)
    assert Image.open(io.BytesIO(answer.content)).size == (32, 32)
    assert "immutable" in answer["Cache-Control"]
    again = as_pathologist.get(address, headers={"if-none-match": answer["ETag"]})
    assert again.status_code == 304
    assert as_pathologist.get(reverse("dataset-sample", args=[dataset.pk, 60])).status_code == 404


def test_a_picture_of_a_slide_that_is_gone_is_not_found(as_pathologist, ward):
    dataset = preview()
    for slide in ward:
        slide.path.unlink()
    assert as_pathologist.get(reverse("dataset-sample", args=[dataset.pk, 0])).status_code == 404


def test_the_button_freezes_what_was_previewed(as_admin, ward):
    dataset = preview()
    answer = as_admin.post(reverse("dataset-freeze", args=[dataset.pk]))
    assert answer["Location"] == dataset.get_absolute_url()
    dataset.refresh_from_db()
    tasks.run_freezing(dataset)
    page = as_admin.get(dataset.get_absolute_url()).content.decode()
    assert "Train on it" in page
    assert "Freeze</button>" not in page


def test_what_cannot_be_asked_for_is_told(as_admin, ward):
    dataset = freeze()
    answer = as_admin.post(reverse("dataset-preview", args=[dataset.pk]), follow=True)
    assert "that cannot be asked for now" in answer.content.decode()


def test_a_reader_sees_no_buttons(as_pathologist, ward):
    page = as_pathologist.get(preview().get_absolute_url()).content.decode()
    assert "Freeze</button>" not in page


def test_a_leak_shows_both_slides_side_by_side_and_no_way_to_freeze(as_admin, make_slide, annotate):
    for number in range(4):
        slide = make_slide(f"slide_{number}", rgb=tissue(number % 2), mpp=2.0)
        annotate(slide, box(0, 0, 300, 300))
    dataset = freeze(mpp=2.0, patch_px=64, validation_share=0.5, balance="none", seed=1)
    assert dataset.reason == "leak"
    page = as_admin.get(dataset.get_absolute_url()).content.decode()
    assert "would be on both sides of the split" in page
    assert "show the same tissue" in page
    assert "Freeze</button>" not in page and "Preview again</button>" in page
    for side in (0, 1):
        answer = as_admin.get(reverse("dataset-leak", args=[dataset.pk, 0, side]))
        assert Image.open(io.BytesIO(answer.content)).size == (320, 320)
    assert as_admin.get(reverse("dataset-leak", args=[dataset.pk, 0, 2])).status_code == 404
    assert as_admin.get(reverse("dataset-leak", args=[dataset.pk, 99, 0])).status_code == 404


def test_a_leak_told_by_a_name_shows_the_slides_as_a_whole(as_admin, ward):
    for number, patient in enumerate(["p-1", "p 01", "c", "d", "e", "f"]):
        Slide.objects.filter(name=f"slide_{number}").update(patient=patient)
    for seed in range(20):
        dataset = preview(seed=seed)
        if dataset.leaks:
            break
    page = as_admin.get(dataset.get_absolute_url()).content.decode()
    assert "seem to be of one patient" in page
    assert reverse("slide-thumbnail", args=[dataset.leaks[0]["slides"][0]["id"]]) in page


def test_folds_are_listed_as_such(as_pathologist, ward):
    dataset = freeze(folds=3, test_share=0)
    page = as_pathologist.get(dataset.get_absolute_url()).content.decode()
    assert page.index("fold 0") < page.index("fold 1") < page.index("fold 2")
    assert "3 folds" in as_pathologist.get(reverse("dataset-list")).content.decode()


def test_a_warning_of_an_earlier_form_is_told_as_it_was_stored(as_pathologist, ward):
    dataset = preview()
    dataset.warnings = [{"code": "few_patients", "values": {}, "words": "Once upon a time."}]
    dataset.save()
    assert "Once upon a time." in as_pathologist.get(dataset.get_absolute_url()).content.decode()
