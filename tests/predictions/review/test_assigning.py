"""Who reads what: by hand, by lot, balanced; taken back; over pages' API and the command."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from predictions.review import assigning, reviewing
from predictions.review.assigning import NotAssigned, Way, assign, mark_urgent, unassign
from predictions.review.models import Notice, WorkItem
from slides.jobs import Reason
from slides.models import AuditEvent
from tests.predictions.review.study_rows import a_study, a_user, an_item
from tests.predictions.review.work_rows import ranked, work


@pytest.fixture
def carol(db):
    return a_user("carol")


def numbers(items) -> list[int]:
    return [item.pk for item in items]


def held_by(reader) -> list[str]:
    return list(reader.work_items.order_by("name").values_list("name", flat=True))


def test_by_hand_all_goes_to_one_who_is_told_once(pathologist, admin):
    items = ranked(3)
    assert assign(items=numbers(items), to=[pathologist], way=Way.HAND, by=admin) == {
        pathologist: 3
    }
    assert held_by(pathologist) == ["s0", "s1", "s2"]
    notice = Notice.objects.get()
    assert (notice.user, notice.facts) == (pathologist, {"by": "alice", "n": 3})
    event = AuditEvent.objects.get(action="assign_work")
    assert (event.actor, event.details["items"]) == ("alice", numbers(items))


def test_by_lot_is_even_keeps_patients_together_and_the_seed_deals_alike(pathologist, carol):
    items = [work(f"s{k}", patient=f"p{k // 2}") for k in range(20)]
    dealt = {}
    for seed in (1, 1, 2):
        assert assign(
            items=numbers(items), to=[pathologist, carol], way=Way.RANDOM, seed=seed, by=None
        ) == {pathologist: 10, carol: 10}
        dealt.setdefault(seed, []).append(held_by(carol))
    assert dealt[1][0] == dealt[1][1] != dealt[2][0]
    owners = set(WorkItem.objects.values_list("patient", "assigned_to"))
    assert len(owners) == 10


def test_balanced_counts_findings_and_what_readers_have_already(pathologist, carol):
    work("hers", assigned_to=carol, finding_count=9)
    items = [work(f"s{k}", finding_count=n) for k, n in enumerate([9, 4, 4, 1])]
    shares = assign(items=numbers(items), to=[pathologist, carol], way=Way.BALANCED, by=None)
    load = {
        reader: sum(1 + item.finding_count for item in reader.work_items.all()) for reader in shares
    }
    assert sorted(load.values()) == [15, 17]


def test_signed_work_and_work_of_studies_is_passed_over(pathologist, carol, small_slide):
    study = a_study([small_slide()], [carol])
    seat = an_item(small_slide("other"), carol, study=study)
    signed, free = work("signed", state="signed"), work("free")
    assign(items=numbers([seat, signed, free]), to=[pathologist], way=Way.HAND, by=None)
    assert held_by(pathologist) == ["free"]
    with pytest.raises(NotAssigned, match="None of this work"):
        assign(items=numbers([seat, signed]), to=[pathologist], way=Way.HAND, by=None)


def test_whoever_read_it_cannot_go_on_and_the_next_reader_can(pathologist, carol):
    item = work()
    review = reviewing.begin(item=item, reader=pathologist)
    assign(items=[item.pk], to=[carol], way=Way.HAND, by=None)
    assert WorkItem.objects.get().state == "waiting"
    with pytest.raises(Reason, match="given to carol while you read it"):
        reviewing.judge_slide(review=review, by=pathologist, is_adequate=True)
    assert reviewing.begin(item=item, reader=carol).reader == carol


def test_assigning_to_who_is_reading_leaves_the_reading(pathologist):
    item = work()
    reviewing.begin(item=item, reader=pathologist)
    assign(items=[item.pk], to=[pathologist], way=Way.HAND, by=None)
    assert WorkItem.objects.get().state == "begun"


@pytest.mark.parametrize("way", ["", "hand and foot"])
def test_an_unknown_way_is_refused(pathologist, way):
    with pytest.raises(NotAssigned, match="none of hand, random, balanced"):
        assign(items=[work().pk], to=[pathologist], way=way, by=None)


def test_who_cannot_read_gets_nothing(pathologist, stranger, carol):
    carol.is_active = False
    for reader in (stranger, carol):
        with pytest.raises(NotAssigned, match="cannot read"):
            assign(items=[work(reader.username).pk], to=[reader], way=Way.HAND, by=None)
    with pytest.raises(NotAssigned, match="by hand all goes to one"):
        assign(items=[work().pk], to=[pathologist, pathologist], way=Way.HAND, by=None)


def test_work_is_given_back_to_nobody(pathologist, admin):
    item = work(assigned_to=pathologist)
    work("free")
    assert unassign(items=numbers(WorkItem.objects.all()), by=admin) == 1
    assert not WorkItem.objects.exclude(assigned_to=None).exists()
    event = AuditEvent.objects.get(action="unassign_work")
    assert (event.subject_name, event.details["items"]) == ("bob", [item.pk])


@pytest.mark.parametrize("fate", ["closed", "without a role", "deleted"])
def test_routine_work_of_a_reader_who_is_gone_is_nobodys(carol, small_slide, fate):
    study = a_study([small_slide()], [carol])
    seat = an_item(small_slide("other"), carol, study=study)
    item = work(assigned_to=carol, state="begun")
    if fate == "deleted":
        carol.delete()
    elif fate == "closed":
        carol.is_active = False
        carol.save()
    else:
        carol.groups.clear()
    assigning.take_back_from_gone()
    item.refresh_from_db()
    seat.refresh_from_db()
    assert item.assigned_to is None
    assert (seat.assigned_to is None) == (fate == "deleted")
    assert item.state == ("begun" if fate == "deleted" else "waiting")


def test_the_urgent_mark_is_set_once_and_written_down(pathologist):
    item = work()
    assert mark_urgent(items=[item.pk], is_urgent=True, by=pathologist) == 1
    assert mark_urgent(items=[item.pk], is_urgent=True, by=pathologist) == 0
    assert mark_urgent(items=[item.pk], is_urgent=False, by=pathologist) == 1
    told = AuditEvent.objects.order_by("pk").values_list("action", flat=True)
    assert list(told) == ["mark_urgent", "unmark_urgent"]


# The API -----------------------------------------------------------------------------


def test_the_api_lists_pages_and_says_why(as_pathologist):
    items = ranked(5)
    told = as_pathologist.get("/api/work/", {"page_size": 2}).json()
    assert (told["count"], told["is_more"], told["before"]) == (5, False, None)
    assert [row["name"] for row in told["results"]] == ["s0", "s1"]
    assert told["results"][0]["figures"]["score"] == 1.0
    told = as_pathologist.get("/api/work/", {"page_size": 2, "after": told["after"]}).json()
    assert [row["name"] for row in told["results"]] == ["s2", "s3"]
    assert told["before"] == items[2].pk
    refused = as_pathologist.get("/api/work/", {"page_size": 900})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")


def test_the_api_begins_with_the_filter_and_tells_neighbours(as_pathologist):
    items = ranked(3)
    begun = as_pathologist.post(f"/api/work/{items[0].pk}/begin/?order=doubt&x=1").json()
    assert begun["address"].endswith(f"/{begun['review']}/?order=doubt")
    beside = as_pathologist.get(f"/api/work/{items[0].pk}/neighbours/").json()
    assert beside["previous"] is None
    assert beside["next"]["id"] == beside["next_unsigned"]["id"] == items[1].pk


def test_the_api_assigns_and_refuses_unknown_readers(as_admin, as_pathologist, pathologist):
    items = numbers(ranked(2))
    told = {"items": items, "readers": ["bob"], "way": "hand"}
    assert as_pathologist.post("/api/work/assign/", told, "application/json").status_code == 403
    answer = as_admin.post("/api/work/assign/", told, "application/json")
    assert answer.json() == [{"reader": "bob", "n": 2}]
    told["readers"] = ["nobody"]
    answer = as_admin.post("/api/work/assign/", told, "application/json")
    assert (answer.status_code, "readers" in answer.json()["fields"]) == (400, True)
    answer = as_admin.post("/api/work/unassign/", {"items": items}, "application/json")
    assert answer.json() == {"changed": 2}
    urgent = {"items": items[:1], "is_urgent": True}
    answer = as_pathologist.post("/api/work/urgent/", urgent, "application/json")
    assert answer.json() == {"changed": 1}


def test_saved_views_over_the_api(as_pathologist, as_admin):
    told = {"name": "urgent", "query": "urgent=yes&evil=1", "is_shared": True}
    made = as_admin.post("/api/saved-views/", told, "application/json").json()
    assert (made["query"], made["owner"]) == ("urgent=yes", "alice")
    seen = as_pathologist.get("/api/saved-views/").json()
    assert [view["name"] for view in seen["results"]] == ["urgent"]
    refused = as_pathologist.delete(f"/api/saved-views/{made['id']}/")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_yours")
    assert as_admin.delete(f"/api/saved-views/{made['id']}/").status_code == 204


# The command ----------------------------------------------------------------------------


def command(*args: str) -> str:
    out = StringIO()
    call_command("worklist", *args, stdout=out)
    return out.getvalue()


def test_the_command_lists_and_deals_out(admin, pathologist, carol):
    ranked(4)
    rows = json.loads(command("--limit", "2", "--format", "json"))
    assert [row["name"] for row in rows] == ["s0", "s1"]
    told = command("--assign", "bob", "--assign", "carol", "--way", "random", "--filter", "q=s")
    assert "bob: 2" in told
    assert "bob" in command("--filter", "whose=all")
    assert "unassigned: 4" in command("--unassign", "--filter", "whose=all")
    assert "Nothing is listed." in command("--filter", "q=nowhere")


def test_the_command_names_the_readers_there_are(admin):
    work()
    with pytest.raises(CommandError, match="There are: alice"):
        command("--assign", "bob")
