"""A production site starts only when it is safe; a local one makes its own key."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.refusals import local_secret_key, refuse_unsafe_production

SAFE = {
    "mode": "production",
    "debug": False,
    "secret_key": "k" * 50,
    "allowed_hosts": ["slides.hospital.example"],
}


def test_a_safe_production_site_starts():
    refuse_unsafe_production(**SAFE)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"debug": True}, "DEBUG is on"),
        ({"secret_key": ""}, "SECRET_KEY is missing"),
        ({"secret_key": "short"}, "SECRET_KEY is missing, short"),
        ({"secret_key": "django-insecure-" + "x" * 50}, "default"),
        ({"secret_key": "change-me-" + "x" * 50}, "default"),
        ({"allowed_hosts": []}, "ALLOWED_HOSTS"),
        ({"allowed_hosts": ["*"]}, "ALLOWED_HOSTS"),
        ({"mode": "prod"}, "give 'local' or 'production'"),
    ],
)
def test_an_unsafe_production_site_does_not_start(change, words):
    with pytest.raises(ImproperlyConfigured, match=words):
        refuse_unsafe_production(**SAFE | change)


def test_a_local_site_keeps_one_key_that_only_its_owner_reads(tmp_path):
    first, second = local_secret_key(tmp_path / "home"), local_secret_key(tmp_path / "home")
    assert first == second and len(first) >= 50
    assert (tmp_path / "home" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["secret_key"]
