"""Where this machine keeps its Chromium."""

import shutil

WHOLE = ("chromium", "google-chrome")
# The same pages without a window around them take half the work.
HEADLESS = "chromium-headless-shell"


def whole_chromium() -> str | None:
    """The browser that people use: for pictures and what is measured."""
    return next(filter(None, map(shutil.which, WHOLE)), None)


def any_chromium() -> str | None:
    """The one without windows if it is there: for tests."""
    return shutil.which(HEADLESS) or whole_chromium()
