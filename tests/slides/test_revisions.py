"""Edits become revisions: when finished, when idle, and before anything takes their place."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.utils.timezone import now
from shapely import box

from slides import services, tasks
from slides.annotations import declare_normal, save_annotation
from slides.drawing import Wish, current, take_edit
from slides.jobs import Reason
from slides.models import Annotation, Change, Edit
from slides.regions import Region
from slides.revisions import Origin, Sender, finish, restore
from tests.slides.drawn import area

DRAWN = Origin(Annotation.Source.DRAWN)


@pytest.fixture
def slide(make_slide):
    return make_slide("tumor_001")


def draw(slide, features: dict, *, author=None, was: int = 0, key: UUID | None = None):
    wishes = [Wish(region, feature, was) for region, feature in features.items()]
    return take_edit(slide=slide, sender=Sender(author, key or uuid4()), wishes=wishes)


def grow_old(slide, minutes: int) -> None:
    Edit.objects.filter(slide=slide).update(created_at=now() - timedelta(minutes=minutes))


def ids(slide) -> list[str]:
    return [feature["id"] for feature in current(slide).features]


def test_nothing_drawn_makes_no_revision(slide):
    assert finish(slide=slide, author=None) == (None, False)


def test_a_first_drawn_revision_is_not_exhaustive_unless_said(slide):
    draw(slide, {"a": area(0)})
    made, is_new = finish(slide=slide, author=None, is_exhaustive=True)
    assert (made.is_exhaustive, is_new) == (True, True)


def test_what_the_last_revision_said_is_inherited(slide):
    declare_normal(slide=slide, author=None)
    draw(slide, {"a": area(0)})
    made, _ = finish(slide=slide, author=None)
    assert (made.revision, made.source, made.is_exhaustive) == (2, "drawn", True)
    assert (made.tumour_area_px, made.edits_until) == (10_000, 2)


def test_declaring_it_complete_alone_is_a_revision(slide):
    draw(slide, {"a": area(0)})
    finish(slide=slide, author=None)
    made, is_new = finish(slide=slide, author=None, is_exhaustive=True)
    assert (made.revision, is_new) == (2, True)


def test_edits_that_take_each_other_back_make_no_revision(slide):
    draw(slide, {"a": area(0)})
    finish(slide=slide, author=None)
    draw(slide, {"b": area(200)})
    draw(slide, {"b": None}, was=2)
    made, is_new = finish(slide=slide, author=None)
    assert (made.revision, is_new) == (1, False)
    assert current(slide).pending == 0


def test_a_region_drawn_and_deleted_leaves_no_truth_behind(slide):
    draw(slide, {"a": area(0)})
    draw(slide, {"a": None}, was=1)
    assert finish(slide=slide, author=None) == (None, False)
    assert slide.truth is None


def test_points_are_kept_and_are_no_truth(slide):
    point = area(0) | {"geometry": {"type": "Point", "coordinates": [5, 6]}}
    draw(slide, {"a": area(0), "p": point})
    with_point, _ = finish(slide=slide, author=None)
    draw(slide, {"p": None}, was=1)
    without, _ = finish(slide=slide, author=None)
    assert ids(slide) == ["a"]
    assert with_point.tumour_area_px == without.tumour_area_px == 10_000
    assert with_point.checksum != without.checksum
    assert with_point.regions["features"][1] == point | {"id": "p"}


def test_edits_become_a_revision_before_a_file_takes_their_place(slide, pathologist, admin):
    draw(slide, {"a": area(0)}, author=pathologist)
    regions = [Region("tumour", box(50, 50, 60, 60))]
    save_annotation(slide=slide, regions=regions, author=admin, origin=DRAWN)
    first, second = slide.annotations.all()
    assert (first.author, first.source, first.counts["added"]) == (pathologist, "drawn", 1)
    assert (second.author, second.counts["removed"]) == (admin, 1)
    assert ids(slide) == ["r2-0"]


def test_regions_of_an_import_keep_their_ids_in_later_revisions(slide):
    regions = [Region("tumour", box(0, 0, 10, 10)), Region("normal", box(20, 0, 30, 10))]
    save_annotation(slide=slide, regions=regions, author=None, origin=DRAWN)
    draw(slide, {"r1-1": area(200)})
    finish(slide=slide, author=None)
    assert ids(slide) == ["r1-0", "r1-1"]
    assert current(slide).sequences == {"r1-0": 0, "r1-1": 2}


def test_ids_of_revisions_to_come_are_refused(slide):
    with pytest.raises(Reason) as refusal:
        draw(slide, {"r1-0": area(0)})
    assert refusal.value.regions[0]["code"] == "bad_id"


def test_one_key_belongs_to_one_slide(slide, make_slide):
    key = uuid4()
    draw(slide, {"a": area(0)}, key=key)
    with pytest.raises(Reason, match="Give every edit its own key") as refusal:
        draw(make_slide("tumor_002"), {"a": area(0)}, key=key)
    assert refusal.value.code == "conflict"


def test_edits_and_changes_are_kept_as_they_are(slide):
    edit = draw(slide, {"a": area(0)}).edit
    with pytest.raises(ValueError, match="is kept as it is"):
        edit.save()
    with pytest.raises(ValueError, match="is kept as it is"):
        edit.changes.get().save()


def test_edits_outlive_their_author(slide, pathologist):
    draw(slide, {"a": area(0)}, author=pathologist)
    pathologist.delete()
    made, _ = finish(slide=slide, author=None)
    assert (made.author, ids(slide)) == (None, ["a"])


def test_edits_go_with_their_slide(slide):
    draw(slide, {"a": area(0)})
    save_annotation(slide=slide, regions=[], author=None, origin=DRAWN)
    services.delete_slide(slide)
    assert not Edit.objects.exists()
    assert not Change.objects.exists()


def test_an_edit_of_a_slide_just_deleted_is_told_so(slide):
    services.delete_slide(type(slide).objects.get(pk=slide.pk))
    with pytest.raises(Reason) as refusal:
        draw(slide, {"a": area(0)})
    assert refusal.value.code == "slide_gone"


def test_a_prediction_that_is_gone_is_only_a_record(slide):
    origin = {"prediction": 4711, "version": "gone", "threshold": 0.5, "form": "true cells"}
    taken = area(0) | {"properties": area(0)["properties"] | {"origin": origin}}
    draw(slide, {"a": taken})
    made, _ = finish(slide=slide, author=None)
    assert made.regions["features"][0]["properties"]["origin"] == origin


def test_restoring_brings_back_regions_that_a_file_took_away(slide, admin):
    draw(slide, {"a": area(0)})
    drawn, _ = finish(slide=slide, author=None)
    declare_normal(slide=slide, author=None)
    made, is_new = restore(slide=slide, revision=drawn, author=admin)
    assert (made.revision, made.source, made.is_exhaustive, is_new) == (3, "restored", False, True)
    assert ids(slide) == ["a"]
    assert current(slide).sequences == {"a": 3}


# The sweep --------------------------------------------------------------------------


@pytest.fixture
def folded(monkeypatch) -> list[int]:
    """Drawings that the sweep had folded, done on the spot."""
    done: list[int] = []

    def fold(slide_id: int) -> None:
        done.append(slide_id)
        tasks.fold_drawing(slide_id)

    monkeypatch.setattr(tasks.fold_drawing, "delay", fold)
    return done


def test_a_drawing_left_alone_becomes_a_revision(slide, pathologist, folded):
    draw(slide, {"a": area(0)}, author=pathologist)
    grow_old(slide, 11)
    tasks.sweep()
    tasks.sweep()
    assert folded == [slide.pk]
    assert (slide.truth.author, slide.truth.source) == (pathologist, "drawn")


def test_a_drawing_in_hand_is_left_alone(slide, folded):
    draw(slide, {"a": area(0)})
    grow_old(slide, 9)
    tasks.sweep()
    assert folded == []


def test_imports_leave_nothing_to_fold(slide, folded):
    declare_normal(slide=slide, author=None)
    grow_old(slide, 11)
    tasks.sweep()
    assert folded == []


def test_a_slide_deleted_before_its_drawing_is_folded_is_no_failure(db):
    tasks.fold_drawing(4711)


# Writers at once --------------------------------------------------------------------

# SQLite's databases in memory cannot be written by two threads at all.
if connection.vendor == "postgresql":

    @pytest.mark.django_db(transaction=True)
    def test_writers_at_once_lose_nothing(make_slide):
        slide = make_slide("tumor_001")
        key = uuid4()

        def work(number: int) -> None:
            draw(slide, {f"mine-{number}": area(number)})
            draw(slide, {"shared": area(number)})
            draw(slide, {"once": area(number)}, key=key)
            if number % 3 == 0:
                finish(slide=slide, author=None)
            connection.close()

        with ThreadPoolExecutor(6) as writers:
            list(writers.map(work, range(12)))
        finish(slide=slide, author=None)
        sequences = list(slide.edits.order_by("sequence").values_list("sequence", flat=True))
        assert sequences == list(range(1, 26))
        assert set(ids(slide)) == {"shared", "once"} | {f"mine-{number}" for number in range(12)}
        assert Change.objects.filter(region="shared").count() == 1
        revisions = [row.revision for row in slide.annotations.all()]
        assert revisions == list(range(1, len(revisions) + 1))
