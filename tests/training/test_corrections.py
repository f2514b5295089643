"""What was corrected since a version, by whom, and which of it are rejected findings."""

import pytest
from django.contrib.auth.models import User
from shapely import box

from slides import revisions
from slides.drawing import Wish, take_edit
from slides.regions import Region, to_geojson
from slides.revisions import Sender, finish
from tests.predictions.rows import made_version
from training import corrections
from training.models import Dataset, ModelVersion

pytestmark = pytest.mark.django_db


def feature(left: float, label: str = "tumour", *, name: str = "", **origin) -> dict:
    square = Region(label, box(left, left, left + 100, left + 100), name)
    found = to_geojson([square])["features"][0]
    if origin:
        found["properties"]["origin"] = origin
    return found


def draw(slide, author, features: dict, *, was: int | None = None, is_done: bool = True):
    """An edit of regions by id, None to delete, and the revision that holds it."""
    from uuid import uuid4

    known = revisions.last_sequences(slide)
    wishes = [
        Wish(region, one, known.get(region, 0) if was is None else was)
        for region, one in features.items()
    ]
    outcome = take_edit(slide=slide, sender=Sender(author, uuid4()), wishes=wishes)
    assert not outcome.conflicts
    return finish(slide=slide, author=author)[0] if is_done else None


@pytest.fixture
def slide(make_slide, annotate, admin):
    """Of a micrometre a pixel, with a square of tumour by an import."""
    slide = make_slide(mpp=1.0)
    annotate(slide, box(0, 0, 100, 100), source="geojson", is_exhaustive=False)
    return slide


@pytest.fixture
def version(slide, settings) -> ModelVersion:
    version = made_version(settings.MEDIA_ROOT, "one", training=[slide])
    dataset = version.run.dataset
    dataset.slides.add(slide)
    Dataset.objects.filter(pk=dataset.pk).update(revisions={str(slide.pk): 1})
    return ModelVersion.objects.get(pk=version.pk)


def test_nothing_is_corrected_until_there_is_a_later_revision(slide, version, pathologist):
    assert corrections.since(version).slides == []
    draw(slide, pathologist, {"new": feature(200)}, is_done=False)
    assert corrections.since(version).slides == []


def test_a_rejected_finding_is_a_reading_called_normal_with_its_reason(slide, version, pathologist):
    origin = {"prediction": 7, "version": "one", "threshold": 0.5, "form": "true cells"}
    draw(slide, pathologist, {
        "hit": feature(200, "normal", name="histiocytes", **origin),
        "fold": feature(320, "artefact", name="fold", **origin),
        "plain": feature(440, "normal"),
        "missed": feature(560),
    })  # fmt: skip
    told = corrections.since(version)
    assert [(one.slide, one.before, one.after) for one in told.slides] == [(slide, 1, 2)]
    assert told.authors == ["bob"]
    assert {(said.label, said.reason) for said in told.rejections} == {
        ("normal", "histiocytes"), ("artefact", "fold"),
    }  # fmt: skip
    assert len(told.regions) == 4
    assert told.area_mm2 == pytest.approx(4 * 0.01)
    assert told.rejections[0].origin["version"] == "one"


def test_each_region_names_its_own_author_though_one_finished_for_all(
    slide, version, pathologist, admin
):
    draw(slide, pathologist, {"first": feature(200)}, is_done=False)
    draw(slide, admin, {"second": feature(320)})
    told = corrections.since(version)
    assert {said.region: said.author for said in told.regions} == {
        "first": "bob", "second": "alice",
    }  # fmt: skip
    assert told.authors == ["alice", "bob"]


def test_what_was_removed_or_redrawn_counts_with_the_area_whose_meaning_changed(
    slide, version, pathologist
):
    draw(slide, pathologist, {"wide": feature(200)})
    Dataset.objects.update(revisions={str(slide.pk): 2})
    wider = to_geojson([Region("tumour", box(200, 200, 350, 300))])["features"][0]
    draw(slide, pathologist, {"r1-0": None, "wide": wider})
    told = corrections.since(ModelVersion.objects.get(pk=version.pk))
    areas = {said.region: (said.label, said.area_mm2) for said in told.regions}
    assert areas == {
        "r1-0": ("", pytest.approx(0.01)), "wide": ("tumour", pytest.approx(0.005)),
    }  # fmt: skip


def test_points_and_other_ids_of_the_same_regions_are_no_corrections(slide, version, pathologist):
    point = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [5, 5]},
        "properties": {"classification": {"name": "Normal"}},
    }
    same = slide.truth.regions["features"][0]
    draw(slide, pathologist, {"dot": point, "r1-0": None, "again": same})
    assert corrections.since(version).regions == []


def test_a_slide_drawn_on_since_is_told_where_the_version_read_it(version, make_slide, pathologist):
    other = make_slide("other", mpp=1.0)
    draw(other, pathologist, {"hit": feature(200, "normal", version="one", prediction=3)})
    alien = make_slide("alien", mpp=1.0)
    draw(alien, pathologist, {"hit": feature(200, "normal", version="two", prediction=4)})
    tested = make_slide("tested", mpp=1.0, subset="test")
    draw(tested, pathologist, {"hit": feature(200, "normal", version="one", prediction=5)})
    told = corrections.since(version).slides
    assert [(one.slide.name, one.is_new, one.before) for one in told] == [("other", True, 0)]


def test_a_version_without_its_dataset_has_no_corrections_to_tell(version):
    ModelVersion.objects.filter(pk=version.pk).update(run=None)
    assert corrections.since(ModelVersion.objects.get(pk=version.pk)).slides == []


def test_an_author_whose_account_is_gone_is_nobody(slide, version, pathologist):
    draw(slide, pathologist, {"first": feature(200)})
    User.objects.filter(pk=pathologist.pk).delete()
    told = corrections.since(version)
    assert (told.regions[0].author, told.authors) == ("", [])


def test_sayings_tell_corrections_from_what_was_there(slide, version, pathologist):
    truth = draw(slide, pathologist, {"hit": feature(200, "normal"), "r1-0": None})
    found = {
        (saying.author, saying.is_correction, tuple(saying.polygon.bounds))
        for saying in corrections.sayings_of(truth, 1)
    }
    assert found == {
        ("bob", True, (200, 200, 300, 300)), ("bob", True, (0, 0, 100, 100)),
    }  # fmt: skip
    assert [saying.is_correction for saying in corrections.sayings_of(truth, 2)] == [False]
    assert [saying.author for saying in corrections.sayings_of(truth, None)] == ["bob"]


def test_the_rest_of_a_slide_is_said_by_who_first_called_it_fully_marked(
    slide, annotate, pathologist, admin
):
    assert corrections.author_of_rest(slide.truth) == ""  # an import, not exhaustive
    annotate(slide, source="declared_normal", author=admin)
    draw(slide, pathologist, {"hit": feature(200, "normal")})
    assert slide.truth.author == pathologist
    assert corrections.author_of_rest(slide.truth) == "alice"
