"""Is the process up, and could it do its work? Asked by proxies and orchestrators, no login."""

import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from celery import current_app
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError, transaction
from django.http import HttpRequest, JsonResponse
from django.utils.timezone import now
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import KombuError

from predictions.models import Prediction
from slides.models import Slide
from training.models import Dataset, TrainingRun

LEAST_FREE_BYTES = 1024**3
JOBS = (Slide, Dataset, TrainingRun, Prediction)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers. Touches nothing, so a slow database never restarts the site."""
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 where database, home folder and broker work; 503 with words where one does not."""
    checks = {
        "database": _outcome(_check_database),
        "home": _outcome(_check_home),
        "broker": _outcome(_check_broker),
    }
    is_ready = set(checks.values()) == {"ok"}
    body = {
        "status": "ready" if is_ready else "not ready",
        "checks": checks,
        "warnings": [*_disk_warnings(), *(_worker_warnings() if is_ready else [])],
    }
    return JsonResponse(body, status=200 if is_ready else 503)


def _outcome(check: Callable[[], None]) -> str:
    """Words without detail: the answer is public, the log has the rest."""
    try:
        check()
    except (DatabaseError, OSError, KombuError) as error:
        return f"failed ({type(error).__name__})"
    return "ok"


def _check_database() -> None:
    """Write a row, read it, and take it back."""
    with transaction.atomic():
        Session.objects.create(session_key="readyz", session_data="", expire_date=now())
        Session.objects.get(session_key="readyz")
        transaction.set_rollback(True)


def _check_home() -> None:
    Path(settings.HOME).mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=settings.HOME, prefix=".readyz-") as probe:
        probe.write(b"ready")
        probe.flush()
        os.fsync(probe.fileno())


def _check_broker() -> None:
    with current_app.connection_for_write(connect_timeout=3) as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=3)


def _disk_warnings() -> list[str]:
    home = Path(settings.HOME)
    free = shutil.disk_usage(home if home.exists() else home.anchor).free
    return ["Less than 1 GiB of disk is free."] if free < LEAST_FREE_BYTES else []


def _worker_warnings() -> list[str]:
    """Jobs that nobody takes while nobody works mean that no worker runs."""
    since = now() - timedelta(seconds=settings.LEASE_SECONDS)
    works = any(model.objects.filter(heartbeat_at__gte=since).exists() for model in JOBS)
    waiting = sum(model.objects.forgotten().count() for model in JOBS)
    if works or not waiting:
        return []
    return [f"{waiting} jobs wait and no worker takes them."]
