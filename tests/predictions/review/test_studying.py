"""A study set up, dealt out, opened and closed; what stands against it, said in plain words."""

from collections import Counter

import pytest
from shapely import box

from predictions.review import (
    deciding,
    reviewing,
    signing,
    study_hurdles,
    studying,
    tasks,
    visibility,
    worklist,
)
from predictions.review.models import Notice, Review, StudySlide, WorkItem
from predictions.review.study_dealing import dealt
from predictions.review.studying import BadStudy, People, Rules
from slides.models import AuditEvent
from tests.predictions.review.conftest import three_lesions
from tests.predictions.review.study_rows import a_review, a_user, an_item
from training.models import Stage

pytestmark = pytest.mark.django_db
UNSEEN = frozenset({"unseen", "open_findings", "other_conclusion"})


@pytest.fixture
def readers(db):
    return [a_user("ann"), a_user("ben")]


@pytest.fixture
def slides(desk_slide, make_version, predicted):
    """Three slides of two patients that the live version read."""
    version = make_version("live", stage=Stage.LIVE)
    made = [desk_slide(name, patient=name[0]) for name in ("a1", "a2", "b1")]
    for slide in made:
        predicted(slide, version, three_lesions())
    return made


@pytest.fixture
def draft(slides, readers, admin):
    rules = Rules("first", readings=2, is_unaided_first=True, seed=3)
    return studying.make(rules=rules, people=People(readers), slides=slides, by=admin)


def made(slides, readers, by, *, sentinels=None, adjudicator=None, **rules):
    return studying.make(
        rules=Rules(**{"name": "another"} | rules),
        people=People(readers, adjudicator),
        slides=slides,
        sentinels=sentinels,
        by=by,
    )


# Dealing ----------------------------------------------------------------------------------


def test_each_slide_has_as_many_different_readers_as_readings():
    seats = dealt({pk: f"p{pk}" for pk in range(30)}, [1, 2, 3], 2, seed=0)
    by_slide = Counter(seat.slide for seat in seats)
    assert set(by_slide.values()) == {2}
    pairs = {(seat.slide, seat.reader) for seat in seats}
    assert len(pairs) == 60
    assert {seat.seat for seat in seats} == {1, 2}


def test_readers_get_as_much_and_sit_first_as_often_as_the_lot_allows():
    seats = dealt({pk: f"p{pk}" for pk in range(31)}, [1, 2, 3], 2, seed=0)
    load = Counter(seat.reader for seat in seats)
    assert max(load.values()) - min(load.values()) <= 1
    first = Counter(seat.reader for seat in seats if seat.seat == 1)
    assert min(first.values()) > 3


def test_slides_of_a_patient_go_to_the_same_readers():
    seats = dealt({pk: f"p{pk // 3}" for pk in range(30)}, [1, 2, 3, 4], 2, seed=5)
    teams = {}
    for seat in seats:
        teams.setdefault(seat.slide // 3, set()).add(seat.reader)
    assert all(len(team) == 2 for team in teams.values())


def test_the_same_seed_deals_alike_and_another_otherwise():
    patient_of = {pk: f"p{pk}" for pk in range(20)}
    assert dealt(patient_of, [1, 2, 3], 1, seed=1) == dealt(patient_of, [3, 2, 1], 1, seed=1)
    assert dealt(patient_of, [1, 2, 3], 1, seed=1) != dealt(patient_of, [1, 2, 3], 1, seed=2)


def test_every_reader_comes_to_slides_in_an_order_of_their_own():
    seats = dealt({pk: f"p{pk}" for pk in range(20)}, [1, 2], 2, seed=1)
    orders = [
        [seat.slide for seat in sorted(seats, key=lambda one: one.place) if seat.reader == reader]
        for reader in (1, 2)
    ]
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]


# Setting up --------------------------------------------------------------------------------


def test_a_draft_is_read_by_nobody_and_keeps_nothing_back(draft, readers, slides):
    assert not WorkItem.objects.filter(study=draft).exists()
    assert not visibility.model_kept_from(readers[0]).exists()
    assert draft.slides.count() == 3


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"name": " "}, "a name"),
        ({"readings": 3}, "once or twice"),
        ({"sentinels": {999999: "macro"}}, "999999 is not"),
    ],
)
def test_a_study_that_makes_no_sense_is_refused(slides, readers, admin, terms, words):
    with pytest.raises(BadStudy, match=words):
        made(slides, readers, admin, **terms)


def test_a_reader_cannot_decide_between_readers(slides, readers, admin):
    with pytest.raises(BadStudy, match="cannot read and decide"):
        made(slides, readers, admin, readings=2, adjudicator=readers[0])


def test_the_log_does_not_tell_which_slides_are_sentinels(slides, readers, admin):
    study = made(slides, readers, admin, sentinels={slides[0].pk: "macro"})
    assert StudySlide.objects.filter(study=study, is_sentinel=True).get().answer == "macro"
    details = AuditEvent.objects.get(action="make_study").details
    assert "macro" not in str(details)
    assert study.has_sentinels


# Opening -----------------------------------------------------------------------------------


def test_opening_gives_every_reader_their_seats_and_tells_them(draft, readers, admin):
    study = studying.open_study(study=draft, by=admin)
    items = WorkItem.objects.filter(study=study)
    assert items.count() == 6
    assert {item.assigned_to for item in items} == set(readers)
    assert all(item.prediction for item in items)
    notice = Notice.objects.get(user=readers[0])
    assert (notice.facts["n"], notice.facts["study"]) == (3, "first")


def test_work_of_an_unaided_study_is_in_no_order_of_the_models(draft, slides, admin):
    assert worklist.open_work(slides[0].predictions.get()).score > 0.9
    study = studying.open_study(study=draft, by=admin)
    told = WorkItem.objects.filter(study=study).values_list("score", "finding_count")
    assert set(told) == {(0.0, 0)}


def test_the_truth_of_the_opening_is_pinned(draft, slides, annotate, admin):
    first = annotate(slides[0], box(0, 0, 100, 100))
    studying.open_study(study=draft, by=admin)
    annotate(slides[0], box(0, 0, 200, 200))
    assert draft.slides.get(slide=slides[0]).truth == first


def test_nothing_is_revealed_where_nothing_was_read(draft, desk_slide, admin):
    StudySlide.objects.create(study=draft, slide=desk_slide("unread"))
    with pytest.raises(BadStudy, match="No version has read unread"):
        studying.open_study(study=draft, by=admin)


def test_readings_of_several_versions_make_no_study(
    draft, desk_slide, make_version, predicted, admin
):
    other = desk_slide("other")
    predicted(other, make_version("old"), three_lesions())
    StudySlide.objects.create(study=draft, slide=other)
    with pytest.raises(BadStudy, match="several versions"):
        studying.open_study(study=draft, by=admin)


def test_too_few_readers_or_closed_accounts_are_named(draft, readers, admin):
    readers[0].is_active = False
    readers[0].save()
    with pytest.raises(BadStudy, match="ann cannot read"):
        studying.open_study(study=draft, by=admin)
    draft.readers.remove(readers[0])
    with pytest.raises(BadStudy, match="as many readers"):
        studying.open_study(study=draft, by=admin)


def test_the_same_eyes_do_not_read_a_slide_in_two_studies_at_once(draft, slides, readers, admin):
    studying.open_study(study=draft, by=admin)
    again = made(slides[:1], readers[:1], admin)
    with pytest.raises(BadStudy, match="first, which is open"):
        studying.open_study(study=again, by=admin)


def test_opened_twice_it_is_refused(draft, admin):
    study = studying.open_study(study=draft, by=admin)
    with pytest.raises(BadStudy, match="open already"):
        studying.open_study(study=study, by=admin)


def test_cautions_say_what_makes_a_study_say_less(draft, slides, readers):
    a_review(an_item(slides[0], readers[0]), readers[0], signed=True)
    cautions = " ".join(study_hurdles.cautions_of(draft))
    assert "2 patients: under six" in cautions
    assert "1 reading is of a slide that its reader signed before" in cautions
    assert "3 slides have no truth" in cautions
    assert "Nobody decides" in cautions


# Closing -----------------------------------------------------------------------------------


def test_closing_gives_up_what_is_open_and_shows_what_is_signed(draft, readers, admin):
    study = studying.open_study(study=draft, by=admin)
    mine = WorkItem.objects.filter(study=study, assigned_to=readers[0]).order_by("pk")
    signed, opened = (reviewing.begin(item=item, reader=readers[0]) for item in mine[:2])
    deciding.decide_unaided(review=signed, by=readers[0], conclusion="micro")
    reviewing.judge_slide(review=signed, by=readers[0], conclusion="micro")
    signing.sign(review=signed, by=readers[0], terms=signing.Terms(knowing=UNSEEN))
    assert not visibility.may_see(readers[1], signed)
    studying.close_study(study=study, by=admin)
    opened.refresh_from_db()
    assert opened.state == Review.State.LEFT
    assert visibility.may_see(readers[1], signed)
    assert not visibility.truth_kept_from(readers[0]).exists()
    assert not visibility.visible_items(readers[1]).filter(study=study).exists()


def test_only_an_open_study_is_closed_and_only_a_draft_taken_away(draft, admin):
    with pytest.raises(BadStudy, match="only an open one"):
        studying.close_study(study=draft, by=admin)
    studying.open_study(study=draft, by=admin)
    with pytest.raises(BadStudy, match="never opened"):
        studying.discard(study=draft, by=admin)


def test_a_draft_is_taken_away(draft, admin):
    studying.discard(study=draft, by=admin)
    assert not StudySlide.objects.exists()
    assert AuditEvent.objects.filter(action="discard_study").exists()


def test_what_a_closed_study_corrects_becomes_truth_once(slides, readers, admin):
    study = studying.open_study(study=made(slides, readers[:1], admin), by=admin)
    item = WorkItem.objects.filter(study=study).order_by("pk").first()
    review = reviewing.begin(item=item, reader=readers[0])
    words = reviewing.Said("accepted", "c2")
    reviewing.give_verdict(review=review, said=words, by=readers[0])
    reviewing.judge_slide(review=review, by=readers[0], conclusion="micro")
    signing.sign(review=review, by=readers[0], terms=signing.Terms(knowing=UNSEEN))
    assert not item.slide.annotations.exists()
    studying.close_study(study=study, by=admin)
    for _ in range(2):
        tasks.keep_study_corrections(study.pk)
    assert item.slide.annotations.get().author == readers[0]
