"""Ways to run the tests, and the order of their files; loaded by `-p tests.modes`.

--nothing-skips: a test that skips has failed, unless it needs a graphics card or ../shared.

Where two databases are at hand, tests with rows run on PostgreSQL, which keeps them in a hospital,
and all others on SQLite:
--with-rows: tests that touch the database. Not what cannot differ there: pictures, files and words
made of rows that were found by their key. Of tests in the browser only those where two write at one
time, of those that train and read only whole ways through the site: what else a page writes, it
writes by services that are tried there without it.
--rows-elsewhere: all the others, and of those with rows what stands for the rest on SQLite: every
address, a prediction whose worker is killed, and the first test of each file.

Processes that share the files (`--dist loadfile --no-loadscope-reorder`) take the next in this
order: first those in the browser, so that each process starts one, then the longest, so that all
end together.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

MAY_SKIP = {"gpu", "shared"}
WHOLE_WAYS = {"test_killed_worker", "test_killed_run", "test_promotion", "test_registry"}
# Two editors, two tabs, two readers and who decides between them.
AT_ONCE = {"test_keeping", "test_review_desk", "test_review_meanwhile", "test_review_studies"}
ON_BOTH = {"test_roles", "test_killed_worker"}
# Pixels, documents and words. What test_blinding searches, test_visibility asks the database.
ALIKE = {
    *("test_blinding", "test_colours", "test_display", "test_german", "test_label_mask"),
    *("test_map_views", "test_official_files", "test_previews", "test_release_pages"),
    *("test_report_document", "test_report_figures", "test_tile_views"),
}
SECONDS = {"broker": 8, "browser": 4, "keras": 2}  # of a test, about; of others a fifth
DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "django_db_setup"}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("sentinode")
    group.addoption("--nothing-skips", action="store_true", help="skipping is failing")
    group.addoption("--with-rows", action="store_true", help="only tests with a database")
    group.addoption("--rows-elsewhere", action="store_true", help="few tests with a database")


def may_skip(item: pytest.Item) -> bool:
    """A mark or a fixture says that the test needs what not every machine can have."""
    needs = {mark.name for mark in item.iter_markers()} | set(getattr(item, "fixturenames", ()))
    return bool(needs & MAY_SKIP)


def has_rows(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    if item.get_closest_marker("looking") is not None or item.path.stem in ALIKE:
        return False
    if item.get_closest_marker("keras") is not None and item.path.stem not in WHOLE_WAYS:
        return False
    if item.get_closest_marker("browser") is not None:
        return item.path.stem in WHOLE_WAYS | AT_ONCE
    return item.get_closest_marker("django_db") is not None or bool(fixtures & DATABASE_FIXTURES)


def seconds(item: pytest.Item) -> float:
    marks = {mark.name for mark in item.iter_markers()}
    return max((SECONDS[name] for name in marks & set(SECONDS)), default=0.2)


def longest_first(items: list[pytest.Item]) -> list[pytest.Item]:
    """Files by what their tests take; within a file nothing moves."""
    whole: dict[Path, float] = defaultdict(float)
    for item in items:
        whole[item.path] += seconds(item)
    browser = {path for path in whole if "tests/browser/" in path.as_posix()}
    rank = {path: (path not in browser, -taken, path) for path, taken in whole.items()}
    return sorted(items, key=lambda item: rank[item.path])


def repeated(items: list[pytest.Item]) -> set[pytest.Item]:
    """The tests with rows that run on both databases."""
    first_of_file = {item.path: item for item in reversed(items) if has_rows(item)}
    return {*first_of_file.values(), *(item for item in items if item.path.stem in ON_BOTH)}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items[:] = longest_first(items)
    if config.getoption("--with-rows"):
        kept = [item for item in items if has_rows(item)]
    elif config.getoption("--rows-elsewhere"):
        also = repeated(items)
        kept = [item for item in items if item in also or not has_rows(item)]
    else:
        return
    stays = set(kept)
    config.hook.pytest_deselected(items=[item for item in items if item not in stays])
    items[:] = kept


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if item.config.getoption("--nothing-skips") and not may_skip(item):
        _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    report = yield
    if collector.config.getoption("--nothing-skips"):
        _fail_if_skipped(report)
    return report


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"Nothing may skip here, and this did: {reason}"
