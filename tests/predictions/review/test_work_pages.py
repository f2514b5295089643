"""What the worklist shows: filters, orders, pages from row to row, and what comes next."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from predictions.review.models import Alarm, WorkItem
from predictions.review.work_filters import ORDERS, Filters, listed, scope_of
from predictions.review.work_pages import counted, neighbours, next_unsigned, page_of
from tests.predictions.review.study_rows import a_review, a_study, a_user
from tests.predictions.review.work_rows import ranked, work


def shown(user, given=None, **asked) -> list[str]:
    scope = scope_of(user, Filters.of(asked))
    return [item.name for item in page_of(scope, given=given).items]


def names(user, **asked) -> set[str]:
    return set(listed(scope_of(user, Filters.of(asked))).values_list("name", flat=True))


# Filters -------------------------------------------------------------------------


def test_an_address_is_read_and_written_and_nonsense_is_dropped():
    told = {"order": "doubt", "q": "tumor", "whose": "yours", "version": "1;", "study": "7"}
    assert Filters.of(told) == Filters(order="doubt", words="tumor", study="7")
    assert Filters.of(told).query == "order=doubt&q=tumor&study=7"
    assert Filters().query == ""


@pytest.mark.parametrize("name", ["version", "study"])
@pytest.mark.parametrize("told", ["9" * 30, "-1", "²", "x", "\0"])
def test_a_number_that_no_row_can_have_is_dropped(name, told):
    assert getattr(Filters.of({name: told}), name) == ""


def test_words_match_name_and_patient(pathologist):
    work("tumor_001", patient="p1")
    work("normal_002", patient="tumorous")
    work("normal_003", patient="p3")
    assert names(pathologist, q="TUMOR") == {"tumor_001", "normal_002"}
    assert names(pathologist, patient="p3") == {"normal_003"}


def test_states(pathologist):
    for state in WorkItem.State.values:
        work(state, state=state)
    assert names(pathologist) == {"waiting", "begun"}
    assert names(pathologist, state="signed") == {"signed"}
    assert names(pathologist, state="all") == {"waiting", "begun", "signed"}


def test_mine_nobodys_and_everybodys(pathologist, admin):
    work("mine", assigned_to=pathologist)
    work("free")
    work("hers", assigned_to=admin)
    assert names(pathologist) == {"mine", "free"}
    assert names(pathologist, whose="mine") == {"mine"}
    assert names(pathologist, whose="nobody") == {"free"}
    assert names(pathologist, whose="all") == {"mine", "free", "hers"}


def test_work_of_a_closed_account_is_nobodys(pathologist, admin):
    work("left behind", assigned_to=admin)
    admin.is_active = False
    admin.save()
    assert names(pathologist) == {"left behind"}


def test_sizes(pathologist):
    work("none")
    work("small", finding_count=1, size_class="itc")
    work("unknown", finding_count=2)
    for size, expected in {"none": "none", "itc": "small", "unknown": "unknown"}.items():
        assert names(pathologist, size=size) == {expected}


def test_urgent_and_synthetic(pathologist):
    work("urgent", is_urgent=True)
    work("made up", is_synthetic=True)
    assert names(pathologist, urgent="yes") == {"urgent"}
    assert names(pathologist, synthetic="yes") == {"made up"}
    assert names(pathologist, synthetic="no", urgent="no") == set()


def test_what_needs_a_second_look_is_shown_although_it_is_signed(pathologist, admin):
    item = work("signed", state="signed")
    review = a_review(item, admin, signed=True)
    work("open")
    alarm = Alarm.objects.create(kind="second_read", review=review, evidence="1")
    assert names(pathologist, second="yes") == {"signed"}
    assert names(pathologist, second="no") == {"open"}
    alarm.answer = Alarm.Answer.STANDS
    alarm.save()
    assert names(pathologist, second="yes") == set()


# Orders ---------------------------------------------------------------------------


def test_each_order_goes_by_its_column_and_urgent_work_comes_first(pathologist):
    long_ago = now() - timedelta(days=9)
    work("b", score=0.9, uncertainty=0.1, disagreement=0.3, value=0.2, patient="y")
    work("a", score=0.1, uncertainty=0.9, disagreement=0.2, value=0.1, patient="z")
    work("c", score=0.5, uncertainty=0.5, disagreement=0.9, value=0.9, arrived_at=long_ago)
    work("u", is_urgent=True)
    expected = {
        "score": "ubca", "doubt": "uacb", "dispute": "ucba",
        "value": "ucba", "date": "ucba", "patient": "ucba",
    }  # fmt: skip
    assert set(expected) == set(ORDERS)
    for order, told in expected.items():
        assert "".join(shown(pathologist, order=order)) == told, order


@pytest.mark.parametrize("order", ORDERS)
def test_pages_forward_and_back_show_every_row_once(pathologist, order):
    items = ranked(11)
    for item in items[4:7]:
        item.is_urgent = True
        item.save()
    scope = scope_of(pathologist, Filters(order=order))
    whole = [item.pk for item in page_of(scope, per_page=100).items]
    forward, page = [], page_of(scope, per_page=3)
    while True:
        forward.append([item.pk for item in page.items])
        if page.after is None:
            break
        page = page_of(scope, given={"after": page.after}, per_page=3)
    assert [len(part) for part in forward] == [3, 3, 3, 2]
    assert sum(forward, []) == whole
    back = [forward[-1]]
    while page.before is not None:
        page = page_of(scope, given={"before": page.before}, per_page=3)
        back.insert(0, [item.pk for item in page.items])
    assert sum(back, []) == whole


def test_a_page_begins_at_an_item_and_after_it_where_that_has_left(pathologist):
    items = ranked(6)
    assert shown(pathologist, {"at": items[2].pk}) == ["s2", "s3", "s4", "s5"]
    items[2].state = WorkItem.State.SIGNED
    items[2].save()
    assert shown(pathologist, {"at": items[2].pk}) == ["s3", "s4", "s5"]


@pytest.mark.parametrize("told", ["999999", "x", "", "9" * 40])
def test_a_place_that_is_gone_gives_the_first_page(pathologist, told):
    ranked(2)
    assert shown(pathologist, {"after": told}) == ["s0", "s1"]


def test_counting_stops(pathologist, monkeypatch):
    ranked(4)
    monkeypatch.setattr("predictions.review.work_pages.MOST_COUNTED", 3)
    count = counted(WorkItem.objects.all())
    assert (count.n, count.is_more) == (3, True)
    count = counted(WorkItem.objects.filter(score=1))
    assert (count.n, count.is_more) == (2, False)


# Next -----------------------------------------------------------------------------


def test_neighbours_keep_to_the_filter(pathologist):
    items = ranked(5)
    WorkItem.objects.filter(pk=items[1].pk).update(state="signed")
    beside = neighbours(items[2], Filters(), pathologist)
    assert (beside.previous, beside.next) == (items[0], items[3])
    beside = neighbours(items[2], Filters(state="all"), pathologist)
    assert beside.previous == items[1]
    assert neighbours(items[0], Filters(), pathologist).previous is None


def test_after_signing_the_next_unsigned_opens_and_the_top_again_at_the_end(pathologist, admin):
    items = ranked(4)
    for item in items[1:]:
        item.state = WorkItem.State.SIGNED
        item.save()
    assert next_unsigned(items[3], Filters(), pathologist) == items[0]
    assert next_unsigned(items[0], Filters(state="all"), pathologist) is None


def test_next_is_never_what_a_colleague_has(pathologist, admin):
    items = ranked(3)
    items[1].assigned_to = admin
    items[1].save()
    assert next_unsigned(items[0], Filters(whose="all"), pathologist) == items[2]


# Studies ---------------------------------------------------------------------------


def test_work_of_a_study_is_on_its_readers_list_alone(pathologist, admin, small_slide):
    carol = a_user("carol")
    slide = small_slide()
    study = a_study([slide], [pathologist, carol])
    work_of = {"patient": slide.patient, "name": slide.name, "arrived_at": now()}
    WorkItem.objects.create(slide=slide, study=study, assigned_to=carol, seat=2, **work_of)
    assert names(carol, study=str(study.pk)) == {slide.name}
    assert names(carol) == set()
    assert names(pathologist, study=str(study.pk)) == set()
    assert names(admin, study=str(study.pk), whose="all") == set()


def test_a_reader_who_decides_alone_is_told_by_no_order_or_filter(pathologist, small_slide):
    low, high = small_slide("low"), small_slide("high")
    study = a_study([low, high], [pathologist], is_unaided_first=True)
    for slide, score in ((low, 0.1), (high, 0.9)):
        WorkItem.objects.create(
            slide=slide,
            study=study,
            assigned_to=pathologist,
            patient=slide.patient,
            name=slide.name,
            arrived_at=slide.created_at,
            score=score,
            finding_count=int(score > 0.5),
        )
    asked = {"study": str(study.pk)}
    assert shown(pathologist, **asked) == ["low", "high"]  # by date
    assert shown(pathologist, order="doubt", **asked) == ["low", "high"]
    assert names(pathologist, size="none", **asked) == {"low", "high"}
