"""What must be true before the site starts, and the key a single machine makes for itself."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def refuse_unsafe_production(
    *, mode: str, debug: bool, secret_key: str, allowed_hosts: list[str]
) -> None:
    """Raise ImproperlyConfigured if a production site would start unsafe."""
    if mode not in {"local", "production"}:
        raise ImproperlyConfigured(f"SENTINODE_MODE is {mode!r}; give 'local' or 'production'.")
    if mode == "local":
        return
    if debug:
        raise ImproperlyConfigured("DEBUG is on in production mode; unset DEBUG.")
    if len(secret_key) < 32 or secret_key.startswith(("change", "django-insecure", "secret")):
        raise ImproperlyConfigured(
            "SECRET_KEY is missing, short or a default; give 50 random characters, for example "
            "from `python3 -c 'import secrets; print(secrets.token_urlsafe(50))'`."
        )
    if not allowed_hosts or "*" in allowed_hosts:
        raise ImproperlyConfigured(
            f"ALLOWED_HOSTS is {','.join(allowed_hosts)!r}; name the hosts that serve the site, "
            "for example slides.hospital.example."
        )


def local_secret_key(home: Path) -> str:
    """The key of a site on one machine: made once, kept readable to its owner only."""
    path = home / "secret_key"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        draft = home / f".secret_key.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        # A link fails where the name is taken, so the first process wins and all read one key.
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text()
