"""Whether a slide's file is still the one that was signed on: at once by its size, then by hash."""

import os
from collections.abc import Callable
from typing import Any

from django.core.cache import cache

from slides.jobs import Reason
from slides.models import Slide
from slides.services import sha256_of

DAYS_KNOWN = 30


def refuse_changed(slide: Slide) -> None:
    """Raise Reason where the file is gone, or of another size than when it was taken in.

    What else may have changed takes a look at every byte: see checking, after signing.
    """
    facts = _facts(slide)
    if facts is None:
        raise Reason(
            f"The file of {slide} is gone or cannot be read, so that nothing can be signed on it. "
            "What you said is kept. Ask an admin to bring the file back.",
            "file_changed",
        )
    if slide.bytes and facts.st_size != slide.bytes:
        raise Reason(
            f"The file of {slide} is another one now: it has {facts.st_size:,} bytes, and had "
            f"{slide.bytes:,} when it was taken in. What you said is kept. Ask an admin to bring "
            "the file back, or to take it in as a new slide.",
            "file_changed",
        )


def sha256_now(slide: Slide, *, tick: Callable[[], None] = lambda: None) -> str:
    """SHA-256 of the file as it is; empty where there is none. tick: called while it is read.

    A file that was hashed before and has not been touched since is not read again.
    """
    facts = _facts(slide)
    if facts is None or slide.path is None:
        return ""
    key = f"slide-file-{slide.pk}-{facts.st_size}-{facts.st_mtime_ns}-{facts.st_ino}"
    known = cache.get(key)
    if known is None:
        known = sha256_of(slide.path, report=lambda done, total: tick())
        cache.set(key, known, DAYS_KNOWN * 24 * 3600)
    return str(known)


def _facts(slide: Slide) -> os.stat_result | Any:
    try:
        return slide.path.stat() if slide.path else None
    except OSError:
        return None
