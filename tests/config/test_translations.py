"""What pages and scripts say is translated, whole, and compiled from what is committed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
LOCALE = Path("config/locale/de/LC_MESSAGES")
DOMAINS = ("django", "djangojs")
SOURCES = ("config", "slides", "training", "predictions", "templates", "static/js")

pytestmark = pytest.mark.skipif(
    shutil.which("msgcmp") is None, reason="GNU gettext is absent: translations are not compared"
)


def said(*command: str | Path, folder: Path = ROOT) -> str:
    """What a tool prints, complaints included."""
    ended = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SENTINODE_HOME": str(folder / "var"), "LC_ALL": "C.UTF-8"},
    )
    return ended.stdout + ended.stderr


@pytest.fixture(scope="module")
def collected(tmp_path_factory) -> Path:
    """A copy of the sources whose catalogues were collected anew."""
    copy = tmp_path_factory.mktemp("words")
    for name in SOURCES:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", copy / "manage.py")
    collect = [sys.executable, "manage.py", "makemessages", "--all", "--no-location", "--no-wrap"]
    for domain in DOMAINS:
        assert "Error" not in said(*collect, "--domain", domain, "--keep-pot", folder=copy)
    return copy


@pytest.mark.parametrize("domain", DOMAINS)
def test_everything_that_is_said_is_translated(collected, domain):
    committed = ROOT / LOCALE / f"{domain}.po"
    template = collected / "config/locale" / f"{domain}.pot"
    assert said("msgcmp", "--no-fuzzy-matching", committed, template) == "", "run `make words`"


@pytest.mark.parametrize("domain", DOMAINS)
def test_places_for_values_are_the_same_in_every_language(domain):
    committed = ROOT / LOCALE / f"{domain}.po"
    assert said("msgfmt", "--check", "--output-file", "/dev/null", committed) == ""


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_compiled_words_are_those_of_the_catalogue(tmp_path, domain):
    fresh = tmp_path / "fresh.mo"
    said("msgfmt", "--output-file", fresh, ROOT / LOCALE / f"{domain}.po")
    assert (ROOT / LOCALE / f"{domain}.mo").read_bytes() == fresh.read_bytes(), "run `make words`"
