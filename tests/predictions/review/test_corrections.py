"""Corrections of signed reviews: drawn once, nobody's drawing touched, learnt from by training."""

from uuid import uuid4

import pytest
from shapely import box
from shapely.geometry import shape

from predictions.models import Prediction
from predictions.review import corrections, reviewing, signing
from predictions.review.models import Review, Study, WorkItem
from predictions.review.reviewing import Said
from predictions.review.signing import Terms
from slides import revisions
from slides.drawing import Wish, current, take_edit
from slides.models import Slide
from slides.regions import Region, to_geojson
from slides.revisions import Sender
from tests.predictions.review.conftest import three_lesions
from tests.predictions.rows import PATCH_PX
from tests.training.freezing import freeze
from training import corrections as learnt
from training import manifest, retraining, tasks
from training.models import ModelVersion, TrainingRun

ASKED = frozenset({"open_findings", "unseen", "other_conclusion"})
CELL = PATCH_PX  # px
AROUND_C1 = box(2 * CELL, 2 * CELL, 5 * CELL, 5 * CELL)
LEFT_OF_C1 = box(0, 0, 3 * CELL, 10 * CELL)  # covers its first column
ELSEWHERE = {
    "type": "Polygon",
    "coordinates": [[[600, 100], [700, 100], [700, 200], [600, 200], [600, 100]]],
}


def say(review: Review, kind: str, finding: str = "", **said):
    words = Said(kind, finding, **said)
    return reviewing.give_verdict(review=review, said=words, by=review.reader)


def sign(review: Review, **terms) -> Review:
    reviewing.judge_slide(review=review, by=review.reader, conclusion="micro")
    told = Terms(knowing=ASKED, **terms)
    return signing.sign(review=review, by=review.reader, terms=told)


def drawn(slide: Slide) -> dict[str, tuple[str, float]]:
    """Class and area of the regions drawn, by the finding that each names, or its id."""
    features = current(slide).features
    return {
        one["properties"].get("name") or one["id"][:4]: (
            one["properties"]["classification"]["name"],
            shape(one["geometry"]).area / CELL**2,
        )
        for one in features
    }


def draw(slide: Slide, author, area, label: str = "tumour", region: str = "mine", was: int = 0):
    feature = to_geojson([Region(label, area)])["features"][0]
    sender, wish = Sender(author, uuid4()), Wish(region, feature, was)
    assert not take_edit(slide=slide, sender=sender, wishes=[wish]).conflicts


def classes(slide: Slide) -> list[tuple[str, float]]:
    return sorted(drawn(slide).values())


# What is drawn -------------------------------------------------------------------------


def test_held_findings_are_tumour_along_their_cells_and_rejected_ones_by_their_reason(review):
    held = say(review, "accepted", "c1")
    say(review, "rejected", "c2", because="germinal_centre")
    say(review, "rejected", "c3", because="ink")
    say(review, "added", region=ELSEWHERE)
    signed = sign(review)
    slide = signed.slide
    told = drawn(slide)
    assert told["germinal centre"] == ("Normal", 40)
    assert told["ink"] == ("Artefact", 1)
    assert sorted(area for name, area in told.values() if name == "Tumor") == [
        9, pytest.approx(10_000 / CELL**2),
    ]  # fmt: skip
    truth = slide.truth
    assert (truth.author, signed.annotation, truth.is_exhaustive) == (review.reader, truth, False)
    assert signed.frozen["annotation"] == {"revision": 1, "checksum": truth.checksum}
    assert signed.frozen["corrections"] == {"decision": "drawing", "regions": 4, "left_out": 0}
    origins = [one["properties"]["origin"] for one in current(slide).features]
    assert {origin["review"] for origin in origins} == {signed.pk}
    assert origins[0] == {
        "prediction": review.prediction_id, "version": "live", "threshold": 0.5,
        "form": "true cells", "review": signed.pk, "verdict": held.pk,
    }  # fmt: skip


def test_open_findings_are_nobodys_word(review):
    say(review, "measured", "c1", caliper=[[0, 0], [300, 400]])
    assert sign(review).annotation is None
    assert not review.slide.annotations.exists()


def test_a_redrawn_outline_is_kept_as_it_was_drawn_and_a_point_is_a_mark(review):
    say(review, "redrawn", "c1", region=ELSEWHERE)
    say(review, "added", region={"type": "Point", "coordinates": [900, 60]}, size_class="itc")
    slide = sign(review).slide
    kinds = [(one["geometry"]["type"]) for one in current(slide).features]
    assert kinds == ["Polygon", "Point"]
    assert slide.truth.tumour_area_px == 10_000


def test_a_test_slide_gets_no_other_truth_and_the_review_says_so(review):
    Slide.objects.update(subset=Slide.Subset.TEST)
    review = Review.objects.get()
    say(review, "accepted", "c1")
    signed = sign(review)
    assert signed.frozen["corrections"]["decision"] == "test_slide"
    assert (signed.annotation, current(signed.slide).features) == (None, [])


def test_a_reader_may_keep_corrections_in_the_review_alone(review):
    say(review, "accepted", "c1")
    signed = sign(review, keeps_corrections=False)
    assert signed.frozen["corrections"]["decision"] == "review_only"
    assert not signed.slide.annotations.exists()


def test_of_a_map_that_is_another_by_now_no_outline_is_guessed(review):
    say(review, "accepted", "c1")
    say(review, "added", region=ELSEWHERE)
    Prediction.objects.update(map_sha256="0" * 64)
    signed = sign(review, on_old_reading=True)
    assert signed.frozen["corrections"] == {"decision": "drawing", "regions": 1, "left_out": 1}
    assert signed.slide.truth.tumour_area_px == 10_000


# What others drew ----------------------------------------------------------------------


def test_tumour_that_somebody_outlined_is_not_outlined_again(review, annotate, admin):
    annotate(review.slide, LEFT_OF_C1, author=admin)
    say(review, "accepted", "c1")
    signed = sign(review)
    assert signed.frozen["corrections"] == {"decision": "drawing", "regions": 0, "left_out": 1}
    assert signed.slide.truth.revision == 1


def test_what_is_rejected_cuts_nothing_out_of_others_tumour(review, annotate, admin):
    annotate(review.slide, LEFT_OF_C1, author=admin)
    say(review, "rejected", "c1", because="capsule")
    truth = sign(review).slide.truth
    assert truth.revision == 2
    assert drawn(truth.slide)["capsule"] == ("Normal", 6)
    assert truth.tumour_area_px == LEFT_OF_C1.area


def test_unless_the_reader_says_that_truth_is_wrong(review, annotate, admin):
    annotate(review.slide, LEFT_OF_C1, author=admin)
    say(review, "rejected", "c1", because="truth_wrong")
    truth = sign(review).slide.truth
    assert drawn(truth.slide)["truth wrong"] == ("Normal", 9)
    assert truth.tumour_area_px == LEFT_OF_C1.area - 3 * CELL**2


def test_strokes_that_somebody_is_drawing_stay_theirs(review, colleague):
    far = box(1000, 400, 1100, 500)
    draw(review.slide, colleague, far)
    say(review, "accepted", "c1")
    signed = sign(review)
    assert [row.author for row in signed.slide.annotations.order_by("revision")] == [
        colleague, review.reader,
    ]  # fmt: skip
    authors = learnt.authors_of_regions(signed.slide.truth)
    assert authors.pop("mine") == "dora"
    assert list(authors.values()) == ["bob"]


# Once, and again -------------------------------------------------------------------------


def test_signed_again_nothing_is_drawn_again(review):
    say(review, "accepted", "c1")
    sign(review)
    signed = signing.sign(review=review, by=review.reader)
    found = reviewing.findings_of(signed)
    signed = Review.objects.select_related("item__study", "slide", "reader").get(pk=signed.pk)
    assert corrections.keep(signed, found).regions == 0
    assert signed.slide.annotations.count() == 1


def test_a_superseding_review_changes_its_own_regions_and_leaves_what_others_changed(
    review, colleague
):
    say(review, "accepted", "c1")
    say(review, "accepted", "c3")
    say(review, "added", region=ELSEWHERE)
    first = sign(review)
    slide = first.slide
    region = next(one for one in current(slide).features if shape(one["geometry"]).area == CELL**2)
    wider = box(32 * CELL, 2 * CELL, 33 * CELL, 4 * CELL)
    draw(slide, colleague, wider, region=region["id"], was=revisions.last_sequence(slide))
    following = signing.supersede(review=first, by=review.reader, reason="not tumour")
    own = next(one.key for one in reviewing.findings_of(following) if one.is_own)
    say(following, "rejected", "c1", because="fold")
    say(following, "rejected", "c3", because="blur")
    say(following, "withdrawn", own)
    signed = sign(following)
    assert classes(slide) == [("Artefact", 9), ("Tumor", 2)]
    assert signed.frozen["corrections"] == {"decision": "drawing", "regions": 2, "left_out": 1}


# Studies -------------------------------------------------------------------------------


@pytest.fixture
def of_a_study(reading, pathologist) -> Review:
    """A review in a blinded study of one reader."""
    study = Study.objects.create(name="blind", state="open", readings=1)
    study.readers.add(pathologist)
    slide = reading.slide
    told = {"name": slide.name, "patient": slide.patient, "arrived_at": slide.created_at}
    item = WorkItem.objects.create(study=study, slide=slide, prediction=reading, **told)
    return reviewing.begin(item=item, reader=pathologist)


def test_of_a_blinded_study_nothing_is_drawn_before_it_is_closed(of_a_study):
    say(of_a_study, "rejected", "c1", because="fold")
    signed = sign(of_a_study)
    study = signed.item.study

    def later():
        again = Review.objects.select_related("item__study").get(pk=signed.pk)
        return corrections.keep_later(again, reviewing.findings_of(again))

    assert signed.frozen["corrections"]["decision"] == "study"
    assert later() is None
    study.state = "closed"
    study.save()
    assert later().revision == 1
    assert later() is None
    signed.refresh_from_db()
    assert signed.annotation == signed.slide.truth


# Training learns it ----------------------------------------------------------------------


def learnt_version(slides: list[Slide], make_version) -> ModelVersion:
    """The live version, learnt from a dataset that was frozen of these slides."""
    version = make_version("live", stage="live")
    dataset = freeze(slides, balance="none", validation_share=0.34)
    assert dataset.is_frozen, dataset.error
    TrainingRun.objects.filter(pk=version.run_id).update(dataset=dataset)
    return ModelVersion.objects.get(pk=version.pk)


def test_a_rejected_finding_is_learnt_as_normal_by_the_next_version(
    desk_slide, make_version, predicted, annotate, pathologist, admin
):
    from predictions.review import worklist

    slides = [desk_slide(name, patient=name) for name in ("one", "two", "three")]
    for slide in slides:
        annotate(slide, box(900, 300, 1100, 500), author=admin)
    version = learnt_version(slides, make_version)
    rows = manifest.read(version.run.dataset.manifest_path)
    columns = rows.columns[rows.indices(manifest.TRAINING)]
    slide = Slide.objects.get(pk=columns["slide_id"][0])
    reading = predicted(slide, version, three_lesions())
    review = reviewing.begin(item=worklist.open_work(reading), reader=pathologist)
    say(review, "rejected", "c1", because="germinal_centre")
    say(review, "accepted", "c3")
    sign(review)

    told = learnt.since(version)
    assert [(said.label, said.reason, said.author) for said in told.rejections] == [
        ("normal", "germinal centre", "bob")
    ]
    assert told.rejections[0].origin["review"] == review.pk

    begun = retraining.retrain(version=version)
    assert tasks.run_freezing(begun.dataset)
    assert begun.dataset.status == "done", begun.dataset.error
    patches = manifest.read(begun.dataset.manifest_path).columns
    corrected = patches[(patches["slide_id"] == slide.pk) & (patches["source"] == "corrected")]
    places = {(int(one["row"]), int(one["column"])): int(one["label"]) for one in corrected}
    assert places == {(2, 32): 1} | {(row, col): 0 for row in (2, 3, 4) for col in (2, 3, 4)}
    assert set(corrected["author"].tolist()) == {"bob"}
