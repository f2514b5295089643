"""Fixtures for every test: a home of its own, users in both roles, small real slides."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.test import Client
from whitenoise.middleware import WhiteNoiseMiddleware

from slides.models import Annotation, Slide
from tests.slide_rows import made_annotation, made_slide

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix, tmp_path_factory
) -> None:
    """SQLite in a file, as on a real site: in memory, two requests at once lock each other out."""
    database = site.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        place = tmp_path_factory.mktemp("database") / "test.sqlite3"
        database.setdefault("TEST", {})["NAME"] = str(place)


def settings_below(home: Path) -> dict[str, Any]:
    """Settings of a site whose files lie in that folder, which caches in memory."""
    return {
        "HOME": home,
        "MEDIA_ROOT": home / "media",
        "CACHE_ROOT": home / "cache",
        "UPLOAD_ROOT": home / "uploads",
        "CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    }


@pytest.fixture(autouse=True)
def home(settings, tmp_path_factory) -> Path:
    """Every test has a folder of its own for files, and a cache in which nothing is left."""
    home = tmp_path_factory.mktemp("home")
    for name, value in settings_below(home).items():
        setattr(settings, name, value)
    cache.clear()
    settings.MEDIA_ROOT.mkdir(parents=True)
    return home


@pytest.fixture(scope="session", autouse=True)
def static_files() -> Iterator[None]:
    """Look the static files up once: every Client starts the site anew, and thousands do."""
    found: dict[str, dict] = {}
    look_up = WhiteNoiseMiddleware.add_files_from_finders

    def add_what_was_found(self: WhiteNoiseMiddleware) -> None:
        if self.static_prefix not in found:
            look_up(self)
            found[self.static_prefix] = dict(self.files)
        self.files.update(found[self.static_prefix])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add_what_was_found)
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real slides and annotations that are not part of this repository."""
    if not SHARED.is_dir():
        pytest.skip("../shared/data is absent: real slides and annotations are not tried")
    return SHARED


def made_user(name: str, role: str) -> User:
    user = User.objects.create_user(name, password="a long enough pass phrase")
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


@pytest.fixture
def admin(db) -> User:
    return made_user("alice", "admin")


@pytest.fixture
def pathologist(db) -> User:
    return made_user("bob", "pathologist")


@pytest.fixture
def stranger(db) -> User:
    """Somebody with an account and no role."""
    return User.objects.create_user("charlie", password="a long enough pass phrase")


@pytest.fixture
def as_admin(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def as_pathologist(pathologist: User) -> Client:
    client = Client()
    client.force_login(pathologist)
    return client


@pytest.fixture
def make_slide(db, settings) -> Callable[..., Slide]:
    """make_slide(name="one", rgb=array or None, mpp=0.243, tissue=mask or None, **row fields)."""
    return partial(made_slide, Path(settings.MEDIA_ROOT))


@pytest.fixture
def annotate(db) -> Callable[..., Annotation]:
    """annotate(slide, polygons, **fields): the slide's next truth; no polygon means normal."""
    return made_annotation
