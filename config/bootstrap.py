"""One command for each thing a newcomer does: `python3 config/bootstrap.py demo`, or `make demo`.

Needs Python alone. Finds a Python that fits, makes .venv, installs the locked packages by hash
(with uv where it is on the path, else with the pip beside the locks), and hands over.
"""

# Read by whatever `python3` is, so that an old one can say what is wrong.
from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "config" / "requirements"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
VERSIONS = ("3.11", "3.12", "3.13")
# Each set with those that contain it: who has all of dev needs nothing more for the demo.
SETS = {"web": ("web", "cpu", "dev"), "cpu": ("cpu", "dev"), "dev": ("dev",), "gpu": ("gpu",)}
# Dev is resolved first, and the others hold to its versions.
EXTRAS = {
    "dev": ["--extra", "cpu", "--group", "dev"],
    "web": [],
    "cpu": ["--extra", "cpu"],
    "gpu": ["--extra", "gpu"],
}
LOCAL_POSTGRESQL = "postgresql://postgres@127.0.0.1:5432/postgres"
# What the caller's shell holds must not change which site a test writes to.
SITE_VARIABLES = ("DATABASE_URL", "CELERY_BROKER_URL", "CACHE_URL", "DJANGO_SETTINGS_MODULE")


# Python and packages ----------------------------------------------------------


def find_python() -> str:
    """The Python that runs this, if it fits; else one on the path."""
    if "{}.{}".format(*sys.version_info) in VERSIONS and sys.prefix == sys.base_prefix:
        return sys.executable
    names = [*(f"python{version}" for version in VERSIONS), "python3"]
    for path in filter(None, map(shutil.which, names)):
        if version_of(path) in VERSIONS:
            return path
    raise SystemExit(
        f"Sentinode needs Python {VERSIONS[0]} to {VERSIONS[-1]}; found none on the path, and this "
        f"is {sys.version.split()[0]}. On Debian 12: apt-get install python3"
    )


def version_of(python: str) -> str:
    """Such as "3.11"; nothing if it does not run."""
    return output_of([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])


def output_of(command: list[str]) -> str:
    """What a command prints; nothing if it fails or is not there."""
    try:
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return ended.stdout.strip() if ended.returncode == 0 else ""


def lock_of(name: str) -> Path:
    return LOCKS / f"{name}.txt"


def checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def installed() -> dict[str, str]:
    """Checksum of the lock of each set that is in .venv; nothing if .venv does not work."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return stamp if PYTHON.exists() else {}


def is_installed(name: str) -> bool:
    stamp = installed()
    return any(stamp.get(wider) == checksum(lock_of(wider)) for wider in SETS[name])


@contextmanager
def alone() -> Iterator[None]:
    """One installation at a time; a second waits."""
    descriptor = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def install(name: str) -> None:
    """Make .venv hold the set of packages; at once if it does already."""
    with alone():
        if is_installed(name):
            return
        python = find_python()
        print(f"Installing the locked packages of {name}.txt into .venv ...", flush=True)
        if version_of(str(PYTHON)) not in VERSIONS:
            run([python, "-m", "venv", "--clear", "--without-pip", str(VENV)])
        run([*installer(), "--require-hashes", "-r", str(lock_of(name))])
        stamp = {**installed(), name: checksum(lock_of(name))}
        STAMP.write_text(json.dumps(stamp, indent=2) + "\n")


def installer() -> list[str]:
    """uv where it is on the path, else the pip beside the locks: Debian's Python has none."""
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--no-deps", "--python", str(PYTHON)]
    [wheel] = LOCKS.glob("pip-*.whl")
    return [str(PYTHON), str(wheel / "pip"), "install", "--no-deps"]


def lock() -> None:
    """Resolve pyproject.toml anew, for every Python we support."""
    install("dev")
    uv = shutil.which("uv") or str(VENV / "bin" / "uv")
    for name, extras in EXTRAS.items():
        held = [] if name == "dev" else ["--constraints", str(lock_of("dev").relative_to(ROOT))]
        run(
            [uv, "pip", "compile", "--quiet", "--universal", "--python-version", VERSIONS[0]]
            + ["--generate-hashes", "--no-header", *extras, *held, "pyproject.toml"]
            + ["--output-file", str(lock_of(name))]
        )
        print(f"{lock_of(name).relative_to(ROOT)} written", flush=True)


# Words --------------------------------------------------------------------------


def words() -> None:
    """Collect what pages and scripts say into config/locale, and compile the translations.

    Needs GNU gettext. The compiled files are committed, so that running a site needs none.
    """
    install("dev")
    if shutil.which("msgfmt") is None:
        raise SystemExit("GNU gettext is absent. On Debian: apt-get install gettext")
    collect = [str(PYTHON), "manage.py", "makemessages", "--all", "--no-location", "--no-wrap"]
    run([*collect, "--ignore", "tests/*", "--ignore", "var/*"])
    run([*collect, "--domain", "djangojs", "--ignore", "static/vendor/*", "--ignore", "tests/*"])
    run([str(PYTHON), "manage.py", "compilemessages", "--ignore", ".venv"])


# Running ------------------------------------------------------------------------


def environment(**more: str) -> dict[str, str]:
    """The caller's environment with .venv first, and without what would confuse it."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONHOME", "PYTHONPATH")}
    path = os.pathsep.join(filter(None, [str(VENV / "bin"), os.environ.get("PATH", os.defpath)]))
    return {**kept, "VIRTUAL_ENV": str(VENV), "PATH": path, **more}


def run(command: list[str]) -> None:
    """Run a command that must succeed."""
    ended = subprocess.run(command, cwd=ROOT, env=environment(), check=False)
    if ended.returncode:
        raise SystemExit(f"`{' '.join(command)}` failed with code {ended.returncode}.")


def hand_over(*arguments: str) -> None:
    """Become the program: signals and exit code are its own."""
    os.chdir(ROOT)
    os.execve(PYTHON, [str(PYTHON), *arguments], environment())


# Tests --------------------------------------------------------------------------


LINT_STEPS = (
    ["ruff", "check", "."],
    ["ruff", "format", "--check", "."],
    ["lint-imports"],
    ["mypy"],
    ["python", "manage.py", "makemigrations", "--check", "--dry-run"],
)


def lint() -> bool:
    """All checks, also after one that failed; True if all passed."""
    failed = [" ".join(step) for step in LINT_STEPS if not attempt(step)]
    print("".join(f"\nFailed: {step}" for step in failed) or "\nAll checks passed.", flush=True)
    return not failed


def attempt(command: list[str], variables: dict[str, str] | None = None) -> bool:
    """Run a step of the tests in a site of its own; True if it passed."""
    print(f"\n$ {' '.join(command)}", flush=True)
    with tempfile.TemporaryDirectory(prefix="sentinode-test-") as home:
        environ = environment(SENTINODE_HOME=home)
        for name in SITE_VARIABLES:
            environ.pop(name, None)
        program = [str(VENV / "bin" / command[0]), *command[1:]]
        return (
            subprocess.run(program, cwd=ROOT, env={**environ, **(variables or {})}).returncode == 0
        )


def find_postgresql() -> str:
    """A PostgreSQL server that lets us make databases: the one told of, else this machine's."""
    for name in ("TEST_DATABASE_URL", "DATABASE_URL"):
        if os.environ.get(name, "").startswith("postgres"):
            return os.environ[name]
    code = "import psycopg2, sys; psycopg2.connect(sys.argv[1], connect_timeout=2); print('there')"
    return LOCAL_POSTGRESQL if output_of([str(PYTHON), "-c", code, LOCAL_POSTGRESQL]) else ""


def pytest_command(*, is_strict: bool, more: list[str]) -> list[str]:
    options = ["--nothing-skips"] if is_strict else []
    return ["python", "-m", "pytest", "-p", "tests.modes", *options, *more]


def test(*, is_strict: bool, more: list[str]) -> bool:
    """All checks, then each test once: with rows on PostgreSQL if there is one, else on SQLite."""
    install("dev")
    # One process more than cores: tests in the browser and of workers wait more than they work.
    parallel = ["-n", str(min(os.cpu_count() or 1, 4) + 1), "--dist", "loadfile"]
    parallel += ["--no-loadscope-reorder"]  # the order is that of tests/modes.py
    command = pytest_command(is_strict=is_strict, more=more or parallel)
    passed = [lint()]
    if url := find_postgresql():
        passed.append(attempt([*command, "--rows-elsewhere"]))
        passed.append(attempt([*command, "--with-rows"], {"DATABASE_URL": url}))
    else:
        passed.append(attempt(command) and not is_strict)
        print("\nNo PostgreSQL at hand: the tests ran on SQLite alone. Set TEST_DATABASE_URL.")
    return all(passed)


def is_strict_by_environment() -> bool:
    return os.environ.get("SENTINODE_TEST_STRICT", "") not in ("", "0")


# Commands -----------------------------------------------------------------------


def parsed() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("install", help="install a set of packages").add_argument(
        "set", nargs="?", default="cpu", choices=list(EXTRAS)
    )
    commands.add_parser("demo", help="a synthetic hospital and a running site", add_help=False)
    commands.add_parser("test", help="all checks and tests").add_argument(
        "--strict", action="store_true", help="only a missing graphics card or ../shared may skip"
    )
    commands.add_parser("lint", help="style, types, layers and migrations")
    commands.add_parser("lock", help="resolve the packages anew")
    commands.add_parser("words", help="collect what pages say, compile its translations")
    commands.add_parser("screenshots", help="take the README's pictures anew", add_help=False)
    commands.add_parser("bench", help="run a benchmark", add_help=False).add_argument("name")
    return parser.parse_known_args()


def main() -> None:
    options, more = parsed()
    if options.command == "install":
        install(options.set)
    elif options.command == "demo":
        install("cpu")
        hand_over("-m", "config.demo", *more)
    elif options.command == "test":
        is_strict = options.strict or is_strict_by_environment()
        sys.exit(0 if test(is_strict=is_strict, more=more) else 1)
    elif options.command == "lint":
        install("dev")
        sys.exit(0 if lint() else 1)
    elif options.command in ("lock", "words"):
        {"lock": lock, "words": words}[options.command]()
    else:
        install("dev")
        name = getattr(options, "name", "").replace("-", "_")
        hand_over("-m", f"tests.benchmarks.{name}" if name else "tests.screenshots", *more)


if __name__ == "__main__":
    main()
