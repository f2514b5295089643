"""The audit log by page, CSV and API; a row that was changed is found."""

import csv
import io

import pytest

from slides import audit
from slides.models import AuditEvent, Slide

pytestmark = pytest.mark.django_db


@pytest.fixture
def events(admin, pathologist) -> list[AuditEvent]:
    slide = Slide.objects.create(name="=cmd()", patient="p")
    other = Slide.objects.create(name="other", patient="p")
    return [
        audit.record(admin, "promote", slide, reason="why not"),
        audit.record(
            pathologist, "edit card", slide, texts={"limits": {"before": "", "after": "x"}}
        ),
        audit.record(None, "promote", other),
    ]


def test_newest_first_with_who_what_and_details(as_admin, events):
    page = as_admin.get("/audit/").content.decode()
    assert page.index("other") < page.index("=cmd()")
    for words in ("alice", "bob", "the system", "why not", "slides.slide"):
        assert words in page


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("action=promote", 2),
        ("actor=alice", 1),
        ("kind=slides.slide", 3),
        ("object=cmd", 2),
        ("action=promote&actor=bob", 0),
        ("object=nothing+like+it", 0),
    ],
)
def test_filters(as_admin, events, query, count):
    assert as_admin.get(f"/audit/?{query}").context["page"].paginator.count == count
    lines = b"".join(as_admin.get(f"/audit/events.csv?{query}").streaming_content).decode()
    assert len(list(csv.reader(io.StringIO(lines)))) == count + 1


def test_the_csv_has_every_column_and_no_formula(as_admin, events):
    lines = b"".join(as_admin.get("/audit/events.csv").streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(lines)))
    assert [row["id"] for row in rows] == [str(event.pk) for event in events]
    assert rows[0]["subject_name"] == "'=cmd()"
    assert [row["sha256"] for row in rows] == [event.sha256 for event in events]


def said(client) -> str:
    return client.post("/audit/verify/", follow=True).content.decode()


def test_a_whole_chain_is_said_to_be_whole(as_admin, events):
    assert "The chain is whole: all 3 events" in said(as_admin)
    assert as_admin.get("/api/audit/chain/").json() == {
        "is_whole": True,
        "events": 3,
        "broken_at": None,
        "newest_sha256": events[-1].sha256,
    }


@pytest.mark.parametrize(
    "change", [{"actor": "mallory"}, {"action": "archive"}, {"details": {}}, {"subject_name": "x"}]
)
def test_a_changed_row_is_found(as_admin, events, change):
    AuditEvent.objects.filter(pk=events[0].pk).update(**change)
    assert f"broken at event {events[0].pk}" in said(as_admin)
    assert as_admin.get("/api/audit/chain/").json()["broken_at"] == events[0].pk


def test_a_removed_row_is_found(as_admin, events):
    AuditEvent.objects.filter(pk=events[1].pk)._raw_delete("default")
    assert f"broken at event {events[2].pk}" in said(as_admin)


def test_a_row_changed_together_with_its_checksum_is_found_by_the_next(as_admin, events):
    forged = events[0]
    forged.actor = "mallory"
    AuditEvent.objects.filter(pk=forged.pk).update(
        actor=forged.actor, sha256=audit.checksum(forged)
    )
    assert as_admin.get("/api/audit/chain/").json()["broken_at"] == events[1].pk


def test_the_api_reads_and_writes_nothing(as_admin, events):
    first = as_admin.get("/api/audit/").json()["results"][0]
    assert (first["actor"], first["details"]) == ("alice", {"reason": "why not"})
    for method in ("put", "patch", "delete"):
        assert getattr(as_admin, method)(f"/api/audit/{events[0].pk}/").status_code == 405
    assert as_admin.get("/api/audit/?actor=bob").json()["count"] == 1


# By slide and period -----------------------------------------------------------------


def at(event: AuditEvent, day: str) -> None:
    """Put an event on a day, past the model's own guard."""
    AuditEvent.objects.filter(pk=event.pk).update(at=f"{day}T23:59:59Z")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("slide=other", 2),  # about it, and one that names it
        ("slide=p", 4),  # the patient's name
        ("since=2026-03-02", 2),
        ("until=2026-03-02", 3),
        ("since=2026-03-02&until=2026-03-02", 1),
        ("since=yesterday", 4),
        ("until=9999-12-31", 4),
    ],
)
def test_what_was_done_to_a_slide_or_in_a_period(as_admin, pathologist, events, query, count):
    named = audit.record(pathologist, "see", pathologist, slide=Slide.objects.get(name="other").pk)
    for event, day in zip([*events, named], ("01", "01", "02", "03"), strict=True):
        at(event, f"2026-03-{day}")
    assert as_admin.get(f"/audit/?{query}").context["page"].paginator.count == count


def test_the_api_tells_of_one_slide_one_patient_and_a_period(as_admin, events):
    slide = Slide.objects.get(name="other")
    at(events[0], "2026-03-01")
    for query, count in (
        (f"slide={slide.pk}", 1),
        ("patient=p", 3),
        ("patient=nobody", 0),
        ("until=2026-03-02T00:00:00Z", 1),
        ("since=2026-03-02T00:00:00Z", 2),
    ):
        assert as_admin.get(f"/api/audit/?{query}").json()["count"] == count, query
