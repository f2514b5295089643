"""Fixtures for every test: a home of its own, users in both roles, small real slides."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings as site
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.test import Client
from whitenoise.middleware import WhiteNoiseMiddleware

from slides.models import Annotation, Slide
from slides.regions import Region, region_checksum, to_geojson, tumour_area_px
from tests.slide_files import write_pyramid

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


@pytest.fixture(autouse=True)
def home(settings, tmp_path_factory) -> Path:
    """Every test has a folder of its own for files, and a cache in which nothing is left."""
    home = tmp_path_factory.mktemp("home")
    settings.HOME = home
    settings.MEDIA_ROOT = home / "media"
    settings.CACHE_ROOT = home / "cache"
    settings.UPLOAD_ROOT = home / "uploads"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT.mkdir(parents=True)
    return home


@pytest.fixture(scope="session", autouse=True)
def static_files() -> Iterator[None]:
    """Look the static files up once: every Client starts the site anew, and thousands do."""
    found: dict[tuple, dict] = {}
    look_up = WhiteNoiseMiddleware.add_files_from_finders

    def add_what_was_found(self: WhiteNoiseMiddleware) -> None:
        key = (self.static_prefix, self.max_age, self.immutable_file_test)
        if key not in found:
            look_up(self)
            found[key] = dict(self.files)
        self.files.update(found[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add_what_was_found)
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real slides and annotations that are not part of this repository."""
    if not SHARED.is_dir():
        pytest.skip("../shared/data is absent: real slides and annotations are not tried")
    return SHARED


def _user(name: str, role: str) -> User:
    user = User.objects.create_user(name, password="a long enough pass phrase")
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


@pytest.fixture
def admin(db) -> User:
    return _user("alice", "admin")


@pytest.fixture
def pathologist(db) -> User:
    return _user("bob", "pathologist")


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
    """Make a ready slide row from pixels: a real pyramid on disk, all of it tissue.

    make_slide(name="one", rgb=array or None, mpp=0.243, tissue=mask or None, **row fields)
    """

    def make(name: str = "one", rgb: np.ndarray | None = None, **fields) -> Slide:
        rgb = np.full((700, 900, 3), 150, np.uint8) if rgb is None else rgb
        mpp = fields.pop("mpp", 0.243)
        tissue = fields.pop("tissue", None)
        return _store_slide(Path(settings.MEDIA_ROOT), name, rgb, mpp, tissue, fields)

    return make


@pytest.fixture
def annotate(db) -> Callable[..., Annotation]:
    """annotate(slide, polygons, **fields): the slide's next truth; no polygon means normal."""

    def annotate(slide: Slide, *polygons, **fields) -> Annotation:
        regions = [Region("tumour", polygon) for polygon in polygons]
        row = {
            "revision": slide.annotations.count() + 1,
            "source": "drawn" if regions else "declared_normal",
            "regions": to_geojson(regions),
            "checksum": region_checksum(regions),
            "tumour_area_px": tumour_area_px(regions),
        }
        return Annotation.objects.create(slide=slide, **row | fields)

    return annotate


def _store_slide(media: Path, name: str, rgb, mpp, tissue, fields: dict) -> Slide:
    from PIL import Image

    height, width = rgb.shape[:2]
    tissue = np.ones((-(-height // 8), -(-width // 8)), bool) if tissue is None else tissue
    (media / "slides").mkdir(parents=True, exist_ok=True)
    (media / "tissue").mkdir(parents=True, exist_ok=True)
    write_pyramid(media / f"slides/{name}.tif", rgb, mpp=mpp or 0.243)
    Image.fromarray(tissue.astype(np.uint8) * 255).save(media / f"tissue/{name}.png")
    row = {
        "name": name,
        "patient": name,
        "original_name": f"{name}.tif",
        "file": f"slides/{name}.tif",
        "sha256": name.encode().hex().ljust(64, "0")[:64],
        "width": width,
        "height": height,
        "mpp": mpp,
        "mpp_source": "openslide.mpp-x" if mpp else "",
        "tissue": f"tissue/{name}.png",
        "tissue_scale_x": width / tissue.shape[1],
        "tissue_scale_y": height / tissue.shape[0],
        "tissue_share": float(tissue.mean()),
        "status": Slide.Status.DONE,
        "stage": Slide.Stage.READY,
    }
    return Slide.objects.create(**row | fields)
