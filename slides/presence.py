"""Who else has a slide's drawing open just now. Kept in the cache: it may be forgotten."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.utils.timezone import now

SECONDS_SEEN = 20


@dataclass(frozen=True)
class Editor:
    """A browser that has the drawing open. device: its UUID as text."""

    name: str
    device: str
    is_drawing: bool
    seen_at: datetime


def heartbeat(slide_id: int, *, device: str, name: str, is_drawing: bool) -> None:
    """Note that this browser has the drawing open."""
    seen = _seen(slide_id) | {device: asdict(Editor(name, device, is_drawing, now()))}
    cache.set(_key(slide_id), seen, timeout=SECONDS_SEEN)


def others(slide_id: int, device: str = "") -> list[Editor]:
    """Everybody seen within SECONDS_SEEN but this device, by name."""
    editors = [Editor(**fields) for key, fields in _seen(slide_id).items() if key != device]
    return sorted(editors, key=lambda editor: (editor.name, editor.device))


def _seen(slide_id: int) -> dict[str, dict[str, Any]]:
    since = now() - timedelta(seconds=SECONDS_SEEN)
    seen = cache.get(_key(slide_id), {})
    return {device: fields for device, fields in seen.items() if fields["seen_at"] > since}


def _key(slide_id: int) -> str:
    return f"drawing-editors-{slide_id}"
