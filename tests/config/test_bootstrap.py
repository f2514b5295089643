"""What `make` does on a fresh machine, and what it leaves out on the second run."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from config import bootstrap

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def venv(tmp_path, monkeypatch) -> Path:
    """A .venv and locks of its own; nothing of it is real but its Python."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    monkeypatch.setattr(bootstrap, "PYTHON", tmp_path / "bin" / "python")
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / "installed.json")
    monkeypatch.setattr(bootstrap, "LOCKS", tmp_path)
    for name in bootstrap.SETS:
        (tmp_path / f"{name}.txt").write_text(f"{name}==1\n")
    return tmp_path


def stamp(venv: Path, *names: str) -> None:
    checksums = {name: bootstrap.checksum(venv / f"{name}.txt") for name in names}
    (venv / "installed.json").write_text(json.dumps(checksums))


def test_nothing_is_installed_before_the_first_run(venv):
    assert not any(bootstrap.is_installed(name) for name in bootstrap.SETS)


def test_the_developers_set_is_enough_for_the_demo_and_not_the_other_way(venv):
    stamp(venv, "dev")
    assert [bootstrap.is_installed(name) for name in ("web", "cpu", "dev", "gpu")] == [
        True, True, True, False,
    ]  # fmt: skip
    stamp(venv, "cpu")
    assert [bootstrap.is_installed(name) for name in ("web", "cpu", "dev")] == [True, True, False]


def test_a_changed_lock_is_installed_anew(venv):
    stamp(venv, "cpu")
    (venv / "cpu.txt").write_text("cpu==2\n")
    assert not bootstrap.is_installed("cpu")


def test_a_torn_stamp_or_a_lost_python_counts_as_not_installed(venv):
    stamp(venv, "cpu")
    (venv / "bin" / "python").unlink()
    assert not bootstrap.is_installed("cpu")
    (venv / "bin" / "python").symlink_to(sys.executable)
    (venv / "installed.json").write_text('{"cpu": "ab')
    assert not bootstrap.is_installed("cpu")


def test_uv_installs_where_it_is_and_the_pip_beside_the_locks_where_it_is_not(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert bootstrap.installer()[1].endswith("-py3-none-any.whl/pip")
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\n")
    uv.chmod(0o755)
    assert bootstrap.installer()[0] == str(uv)


def test_the_pip_beside_the_locks_runs_from_its_file_and_keeps_its_licence():
    [wheel] = bootstrap.LOCKS.glob("pip-*.whl")
    said = bootstrap.output_of([sys.executable, str(wheel / "pip"), "--version"])
    assert said.startswith(f"pip {wheel.name.split('-')[1]} ")
    with zipfile.ZipFile(wheel) as archive:
        assert any("LICENSE" in name for name in archive.namelist())


def test_a_python_that_fits_is_found_even_if_the_first_on_the_path_is_too_old(
    monkeypatch, tmp_path
):
    for name, version in (("python3", "3.9"), ("python3.12", "3.12")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {version}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    assert bootstrap.find_python() == str(tmp_path / "python3.12")
    (tmp_path / "python3.12").unlink()
    with pytest.raises(SystemExit, match=r"needs Python 3.11 to 3.13; found none on the path"):
        bootstrap.find_python()


def test_what_the_shell_says_of_other_pythons_is_not_passed_on(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("PYTHONHOME", "/elsewhere")
    passed_on = bootstrap.environment()
    assert {"PYTHONPATH", "PYTHONHOME"} & set(passed_on) == set()
    assert passed_on["PATH"].split(os.pathsep)[0] == str(ROOT / ".venv" / "bin")


def test_every_target_of_the_makefile_is_a_command(tmp_path):
    targets = {"demo", "install", "test", "lint", "lock", "screenshots", "bench-tiles"}
    for target in targets:
        shown = bootstrap.output_of(["make", "--directory", str(ROOT), "--dry-run", target])
        assert f"config/bootstrap.py {target.split('-')[0]}" in shown
    said = bootstrap.output_of([sys.executable, str(ROOT / "config/bootstrap.py"), "--help"])
    assert all(target.split("-")[0] in said for target in targets)


SKIPPING = """
import pytest

def test_skips(): pytest.skip("no such server")

@pytest.mark.gpu
def test_needs_a_card(): pytest.skip("no graphics card")

@pytest.fixture
def shared(): pytest.skip("no shared folder")

def test_needs_shared(shared): pass

@pytest.mark.xfail
def test_is_known_to_fail(): assert False
"""


@pytest.mark.parametrize(
    ("options", "outcome"),
    [([], "3 skipped, 1 xfailed"), (["--nothing-skips"], "1 failed, 2 skipped, 1 xfailed")],
)
def test_in_strict_mode_only_a_missing_card_or_shared_folder_may_skip(tmp_path, options, outcome):
    ended = in_mode(tmp_path, SKIPPING, options)
    assert outcome in ended.stdout
    assert ended.returncode == (1 if options else 0)


WITH_ROWS = """
import pytest

@pytest.fixture
def db(): pass

def test_without(): pass
def test_with(db): pass
def test_with_more(db): pass
"""


@pytest.mark.parametrize(
    ("options", "outcome"),
    [
        ([], "3 passed"),
        (["--with-rows"], "2 passed, 1 deselected"),
        (["--rows-elsewhere"], "2 passed, 1 deselected"),
        (["--rows-elsewhere", "-k", "more"], "1 passed, 2 deselected"),
    ],
)
def test_two_databases_share_the_tests_and_none_is_left_out(tmp_path, options, outcome):
    assert outcome in in_mode(tmp_path, WITH_ROWS, options).stdout


def in_mode(folder, tests, options):
    (folder / "test_it.py").write_text(tests)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  gpu\n")
    own = ["-p", "tests.modes", "-p", "no:django", "-p", "no:cacheprovider", *options]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *own, "-c", str(folder / "pytest.ini"), str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
