"""A browser, people logged in to it, and a slide that has been read twice."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.signals import request_finished, request_started
from shapely.geometry import box

from slides.models import Slide
from tests.browser.drawn import Pen
from tests.browser.profiles import Profiles, kept_by_browsers
from tests.chromium import any_chromium
from tests.predictions import conftest as rows
from tests.predictions.rows import PATCH_PX

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
make_version, small_slide, predicted = rows.make_version, rows.small_slide, rows.predicted

MAP = [[0.1, 0.9, 0.2, 0.2, 0.2], [0.1, 0.6, 0.2, 0.2, 0.2], [0.1, 0.4, float("nan"), 0.2, 0.2]]
# OpenSeadragon sets one style by attribute, which the policy refuses; nothing is lost by it.
KNOWN = "Applying inline style violates"
# What these ask of a database, the tests of their views and of the drawing API ask as well.
LOOKING = {
    *("accessibility", "api_docs", "cockpit", "compare", "datasets", "drawing", "layers"),
    *("measuring", "moving", "operating_point", "reader", "region_painter", "release_diff"),
    *("reports", "saving_views"),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What lies in this folder drives Chromium against a live site.

    A loaded machine can lose one key among hundreds of steps: what failed runs once again, and the
    summary says so. Not what hung, for the time limit is that of both runs together.
    """
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))
            if item.path.stem.removeprefix("test_") in LOOKING:
                item.add_marker(pytest.mark.looking)
            item.add_marker(pytest.mark.flaky(reruns=1, rerun_except=["from pytest-timeout"]))


@pytest.fixture(scope="package")
def launched() -> Iterator[Callable]:
    """launched(): the browser of all that this process tries, started again if it fell over."""
    path = any_chromium()
    if path is None:
        pytest.skip("Chromium is absent: pages are not tried in a browser")
    with pytest.MonkeyPatch.context() as patch, playwright.sync_playwright() as driver:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the driver runs a loop in this thread
        browsers = []

        def launched():
            if not (browsers and browsers[-1].is_connected()):
                args = ["--no-sandbox", "--disable-dev-shm-usage"]
                browsers.append(driver.chromium.launch(executable_path=path, args=args))
            return browsers[-1]

        yield launched
        for browser in browsers:
            browser.close()


@pytest.fixture(scope="package")
def profiles(launched) -> Iterator[Profiles]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StaticFilesHandler, "serve", kept_by_browsers(StaticFilesHandler))
        yield Profiles(launched)


class Answering:
    """How many requests the live site is at work on: its rows go when the test ends."""

    def __init__(self) -> None:
        self.count = 0
        self.lock = threading.Lock()
        request_started.connect(self._started)
        request_finished.connect(self._finished)

    def _started(self, **kwargs) -> None:
        with self.lock:
            self.count += 1

    def _finished(self, **kwargs) -> None:
        with self.lock:
            self.count -= 1

    def end(self, seconds: float = 15) -> None:
        """Wait until everything begun is answered; emptying tables in the midst is a deadlock."""
        deadline = time.monotonic() + seconds
        while self.count > 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        request_started.disconnect(self._started)
        request_finished.disconnect(self._finished)


@pytest.fixture
def log_in(profiles, live_server, settings) -> Iterator[Callable]:
    """log_in(user, expected=()): a page of that user in a browser profile of their own.

    The test fails on any error of a page's scripts that holds none of the expected words.
    """
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    contexts, troubles = [], []
    answering = Answering()

    def log_in(user, expected: tuple[str, ...] = (), **options):
        context = profiles.take(live_server.url, **options)
        contexts.append(context)
        context.add_cookies([_session_cookie(user, live_server.url)])
        page = context.new_page()
        page.on("pageerror", lambda error: _note("error", str(error), expected, troubles))
        page.on("console", lambda said: _note(said.type, said.text, expected, troubles))
        return page

    yield log_in
    noted = list(troubles)  # what a page misses while it is taken away is no fault of its own
    for context in contexts:
        profiles.give_back(context, live_server.url)
    answering.end()
    assert noted == []


def _note(kind: str, words: str, expected: tuple[str, ...], troubles: list[str]) -> None:
    if kind == "error" and not any(known in words for known in (KNOWN, *expected)):
        troubles.append(words)


def _session_cookie(user, url: str) -> dict[str, str]:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return {"name": "sessionid", "value": session.session_key, "url": url}


@pytest.fixture
def read_slide(small_slide, make_version, predicted, annotate) -> Slide:
    """A slide of 5 x 3 cells with two readings; its second column is tumour."""
    slide = small_slide()
    annotate(slide, box(PATCH_PX, 0, 2 * PATCH_PX, 3 * PATCH_PX))
    predicted(slide, make_version("first"), MAP)
    predicted(slide, make_version("second", threshold=0.7), MAP)
    return slide


@pytest.fixture
def blank(small_slide) -> Slide:
    """A slide of 5 x 3 cells on which nothing is drawn."""
    return small_slide()


@pytest.fixture
def pen(log_in, pathologist, blank) -> Pen:
    return Pen(log_in(pathologist), blank)
