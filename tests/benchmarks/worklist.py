"""How fast a worklist of many slides opens on PostgreSQL, and with how many queries.

    python -m tests.benchmarks.worklist [--rows 200000] [--rounds 15] [--save]

A scratch database is made on the server of TEST_DATABASE_URL (or this machine's) and dropped again.
Whole answers are timed, from the request to the last byte of the page, by a client that is logged
in: each order, filters, search, a page far down, and what comes after a slide. Peers in the same
run, on the same rows: the bare SELECT of the same 31 rows by psycopg2, and the stock way to page,
Django's Paginator, which counts all rows and skips to the page. The last line is JSON.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from urllib.parse import urlsplit, urlunsplit

from config.bootstrap import LOCAL_POSTGRESQL
from tests.benchmarks.machine import machine

SAVED = Path(__file__).resolve().parents[2] / "docs" / "benchmarks" / "worklist.json"
GOAL_MS = 300
AT_ONCE = 2000
PER_PAGE = 30
PEER = """
    SELECT w.*, s.name, s.thumbnail, s.is_synthetic, p.threshold, v.name
    FROM review_workitem w JOIN slides_slide s ON s.id = w.slide_id
    LEFT JOIN predictions_prediction p ON p.id = w.prediction_id
    LEFT JOIN training_modelversion v ON v.id = p.version_id
    WHERE w.study_id IS NULL AND w.state <> 'signed'
    ORDER BY w.study_id, w.is_urgent DESC, w.score DESC, w.id LIMIT 31
"""


@contextmanager
def scratch_database() -> Iterator[str]:
    """The address of an empty database, which is dropped at the end."""
    import psycopg2

    server = os.environ.get("TEST_DATABASE_URL", LOCAL_POSTGRESQL)
    name = f"sentinode_worklist_{os.getpid()}"
    connection = psycopg2.connect(server)
    connection.autocommit = True
    connection.cursor().execute(f"CREATE DATABASE {name}")
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        connection.cursor().execute(f"DROP DATABASE {name} WITH (FORCE)")
        connection.close()


# Rows --------------------------------------------------------------------------


def make_rows(n: int) -> None:
    """n slides of n / 5 patients on the list; a quarter were read twice, a fifth is signed."""
    from django.contrib.auth.models import Group, User
    from django.db import connection

    from training.models import ModelVersion

    for name, role in (("admin", "admin"), ("bob", "pathologist"), ("carol", "pathologist")):
        user = User.objects.create_user(name)
        user.groups.add(Group.objects.get_or_create(name=role)[0])
    fields = {"architecture": "baseline", "mpp": 0.5, "patch_px": 256, "threshold": 0.5}
    versions = [
        ModelVersion.objects.create(name=name, stage=stage, threshold_source="", **fields)
        for name, stage in (("live", "live"), ("next", "candidate"))
    ]
    readers = list(User.objects.order_by("pk"))
    dice = Random(0)
    for first in range(0, n, AT_ONCE):
        _make_block(range(first, min(n, first + AT_ONCE)), versions, readers, dice)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _make_block(numbers: range, versions: list, readers: list, dice: Random) -> None:
    from predictions.models import Prediction
    from slides.models import Slide

    slides = Slide.objects.bulk_create(
        Slide(name=f"slide_{k:06}", patient=f"patient_{k // 5:06}", status="done", bytes=1)
        for k in numbers
    )
    readings = Prediction.objects.bulk_create(
        Prediction(
            slide=slide,
            version=version,
            key=f"{slide.pk}-{version.pk}",
            status="done",
            slide_score=dice.random() ** 3,
            map_sha256="a" * 64,
        )
        for slide in slides
        for version in versions[: 2 if slide.pk % 4 == 0 else 1]
    )
    live = {one.slide_id: one for one in readings if one.version_id == versions[0].pk}
    _make_work(slides, live, readers, dice)


def _make_work(slides: list, live: dict, readers: list, dice: Random) -> None:
    from django.utils.timezone import now

    from predictions.review.models import Review, WorkItem

    moment = now()
    items = WorkItem.objects.bulk_create(
        WorkItem(
            slide=slide,
            prediction=live[slide.pk],
            map_sha256="a" * 64,
            patient=slide.patient,
            name=slide.name,
            state="signed" if slide.pk % 5 == 0 else "waiting",
            assigned_to=readers[slide.pk % 3] if slide.pk % 7 == 0 or slide.pk % 5 == 0 else None,
            is_urgent=slide.pk % 1000 == 1,
            score=live[slide.pk].slide_score,
            uncertainty=dice.random(),
            disagreement=dice.random() * (slide.pk % 4 == 0),
            value=dice.random(),
            finding_count=dice.randrange(4),
            size_class=dice.choice(["", "itc", "micro", "macro"]),
            arrived_at=moment - timedelta(seconds=dice.randrange(10**7)),
        )
        for slide in slides
    )
    Review.objects.bulk_create(
        Review(
            item=item,
            slide_id=item.slide_id,
            reader_id=item.assigned_to_id,
            state="signed",
            signed_at=moment,
            frozen_sha256="b" * 64,
            active_seconds=60,
        )
        for item in items
        if item.state == "signed"
    )


# Measuring ------------------------------------------------------------------------


def timed(work: Callable[[], object], rounds: int) -> dict:
    """Milliseconds: the median, and the least and the most."""
    work()
    told = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        told.append(1000 * (time.perf_counter() - began))
    middle, least, most = statistics.median(told), min(told), max(told)
    return {"ms": round(middle, 1), "spread_ms": [round(least, 1), round(most, 1)]}


def opened(place: str, rounds: int, user: str = "bob") -> dict:
    """One address as a person asks for it, and how many queries it takes."""
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client()
    client.force_login(User.objects.get(username=user))

    def ask() -> None:
        answer = client.get(place)
        assert answer.status_code == 200, (place, answer.status_code)

    ask()
    with CaptureQueriesContext(connection) as queries:
        ask()
    count = len(queries.captured_queries)
    assert count, "no query was noted"
    return timed(ask, rounds) | {"queries": count}


def places() -> dict[str, str]:
    """Addresses of the list, and of what comes after a slide in its middle."""
    from predictions.review.models import WorkItem
    from predictions.review.work_filters import ORDERS

    open_items = WorkItem.objects.unsigned()
    middle = open_items.order_by("-score")[open_items.count() // 2].pk
    told = {f"by {order}": f"/review/?order={order}&whose=all" for order in ORDERS}
    return told | {
        "as it opens": "/review/",
        "in the middle": f"/review/?whose=all&after={middle}",
        "back from the middle": f"/review/?whose=all&before={middle}",
        "mine": "/review/?whose=mine",
        "signed": "/review/?whose=all&state=signed",
        "all states": "/review/?whose=all&state=all",
        "one patient": "/review/?whose=all&state=all&patient=patient_000321",
        "search": "/review/?whose=all&q=slide_0123",
        "search without a hit": "/review/?whose=all&q=nowhere",
        "largest finding macro": "/review/?whose=all&size=macro",
        "second look": "/review/?whose=all&second=yes",
        "api": "/api/work/?whose=all",
        "api neighbours": f"/api/work/{middle}/neighbours/?whose=all",
    }


def peers(rounds: int, depth: int) -> dict:
    from django.core.paginator import Paginator
    from django.db import connection

    from predictions.review.models import WorkItem

    def bare() -> None:
        with connection.cursor() as cursor:
            cursor.execute(PEER)
            assert len(cursor.fetchall()) == PER_PAGE + 1

    rows = WorkItem.objects.routine().unsigned().select_related("slide", "prediction__version")
    rows = rows.order_by("study_id", "-is_urgent", "-score", "pk")

    def stock(number: int) -> Callable[[], None]:
        def page() -> None:
            assert len(list(Paginator(rows, PER_PAGE).page(number)))

        return page

    return {
        "bare SELECT of the first page (psycopg2)": timed(bare, rounds),
        "Django's Paginator, first page, rows alone": timed(stock(1), rounds),
        "Django's Paginator, in the middle, rows alone": timed(stock(depth // PER_PAGE), rounds),
    }


def measure(options: argparse.Namespace) -> dict:
    from django.core.management import call_command
    from django.db import connection

    began = time.perf_counter()
    call_command("migrate", verbosity=0)
    make_rows(options.rows)
    made = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        server = cursor.fetchone()[0]
    pages = {name: opened(place, options.rounds) for name, place in places().items()}
    worst = max(one["ms"] for name, one in pages.items() if not name.startswith("api"))
    sweep = swept(min(options.rounds, 3))
    connection.close()
    return {
        "rows": options.rows,
        "rows_made_in_seconds": round(made),
        "postgresql": server,
        "pages": pages,
        "sweep with nothing to do": sweep,
        "peers": options.peers(),
        "slowest_page_ms": worst,
        "goal_ms": GOAL_MS,
        "is_within_goal": worst <= GOAL_MS,
    }


def swept(rounds: int) -> dict:
    from predictions.review import worklist

    return timed(lambda: worklist.unopened(), rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--save", action="store_true", help=f"write {SAVED.name}")
    options = parser.parse_args()
    options.peers = lambda: peers(options.rounds, int(options.rows * 0.4))
    with tempfile.TemporaryDirectory() as home, scratch_database() as address:
        os.environ |= {"SENTINODE_HOME": home, "DATABASE_URL": address, "LOG_LEVEL": "ERROR"}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django

        django.setup()
        from django.conf import settings

        settings.ALLOWED_HOSTS = ["testserver"]
        result = {"benchmark": "worklist", "machine": machine("django", "psycopg2-binary")}
        result["results"] = measure(options)
    if options.save:
        SAVED.parent.mkdir(parents=True, exist_ok=True)
        SAVED.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
