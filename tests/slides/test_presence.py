"""Who has a drawing open: seen for a while, forgotten after, never oneself."""

from datetime import timedelta

from django.utils.timezone import now

from slides import presence


def look(device: str, name: str = "bob", slide_id: int = 1) -> None:
    presence.heartbeat(slide_id, device=device, name=name, is_drawing=False)


def test_one_does_not_see_oneself():
    look("mine")
    assert presence.others(1, "mine") == []


def test_others_of_the_same_slide_are_seen_by_name():
    look("b", "charlie")
    look("a", "alice")
    look("c", "dora", slide_id=2)
    assert [editor.name for editor in presence.others(1)] == ["alice", "charlie"]


def test_whoever_was_silent_for_long_is_gone(monkeypatch):
    look("theirs")
    later = now() + timedelta(seconds=presence.SECONDS_SEEN + 1)
    monkeypatch.setattr(presence, "now", lambda: later)
    assert presence.others(1) == []


def test_a_second_heartbeat_takes_the_place_of_the_first():
    look("a")
    presence.heartbeat(1, device="a", name="bob", is_drawing=True)
    assert [editor.is_drawing for editor in presence.others(1)] == [True]
