"""The house stays as ARCHITECTURE.md and pyproject.toml draw it."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from config import bootstrap

ROOT = Path(__file__).resolve().parents[1]
APPS = ("slides", "training", "predictions", "config")
# The first only asks which version and backend it is.
KNOW_KERAS = {
    "training/origin.py",
    "training/carried.py",
    "training/onnx_file.py",
    "training/experiment_cells.py",
    "training/network.py",
    "training/weights.py",
    "training/fitting.py",
    "training/watching.py",
    "training/feeding.py",
    "predictions/inference.py",
}
LONGEST_FUNCTION = 40
LONGEST_MODULE = 400
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@cache
def sources() -> dict[str, str]:
    """Path below the repository -> text, of every module that we wrote."""
    paths = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    ours = [path for path in paths if "migrations" not in path.parts]
    return {str(path.relative_to(ROOT)): path.read_text() for path in ours}


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )


# Layers -----------------------------------------------------------------------


def test_the_import_contracts_hold():
    contracts = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert contracts.returncode == 0, contracts.stdout[-3000:]


def test_the_web_process_loads_neither_keras_nor_what_draws(tmp_path):
    code = (
        "import django; django.setup(); import config.urls, config.wsgi, config.celery, sys;"
        "print({'keras', 'tensorflow', 'sklearn', 'skimage', 'matplotlib', 'reportlab'}"
        " & set(sys.modules))"
    )
    loaded = run("-c", code, DJANGO_SETTINGS_MODULE="config.settings", SENTINODE_HOME=str(tmp_path))
    assert loaded.stdout.strip() == "set()", loaded.stderr[-2000:]


def test_a_worker_that_has_loaded_its_tasks_has_not_loaded_keras(tmp_path):
    code = (
        "from config.celery import app; app.loader.import_default_modules(); import sys;"
        "print(len([t for t in app.tasks if not t.startswith('celery.')]) > 3,"
        " {'keras', 'tensorflow'} & set(sys.modules))"
    )
    loaded = run("-c", code, DJANGO_SETTINGS_MODULE="config.settings", SENTINODE_HOME=str(tmp_path))
    assert loaded.stdout.strip() == "True set()", loaded.stderr[-2000:]


def test_only_a_few_modules_name_keras():
    naming = {
        path
        for path, text in sources().items()
        if re.search(r"^\s*(import|from) (keras|tensorflow)\b", text, re.M)
    }
    assert naming <= KNOW_KERAS


def test_every_task_name_in_the_settings_is_a_task():
    from django.conf import settings

    from config.celery import app

    app.loader.import_default_modules()
    named = {row["task"] for row in settings.CELERY_BEAT_SCHEDULE.values()}
    named |= set(settings.CELERY_TASK_ROUTES)
    assert named <= set(app.tasks)


# Size -------------------------------------------------------------------------


def test_modules_and_functions_stay_small():
    too_long = [
        f"{path}: {len(text.splitlines())} lines"
        for path, text in sources().items()
        if len(text.splitlines()) > LONGEST_MODULE
    ]
    for path, text in sources().items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
                length = node.end_lineno - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    too_long.append(f"{path}: {node.name} has {length} lines")
    assert too_long == []


def swallows_everything(node: ast.AST) -> bool:
    """An `except` that catches all there is and does not raise it again."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    is_blind = node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"}
    return is_blind and not isinstance(node.body[-1], ast.Raise)


def test_everything_is_caught_in_one_place_only():
    swallowing = [
        path
        for path, text in sources().items()
        for node in ast.walk(ast.parse(text))
        if swallows_everything(node)
    ]
    assert swallowing == ["slides/jobs.py"]


# Settings ---------------------------------------------------------------------


def test_every_environment_variable_is_in_the_readme():
    readme = (ROOT / "README.md").read_text()
    read = set(re.findall(r'env(?:\.\w+)?\(\s*"(\w+)"', sources()["config/settings.py"]))
    assert len(read) > 10
    assert {name for name in read if f"`{name}`" not in readme} == set()


SAFE = {
    "SENTINODE_MODE": "production",
    "SECRET_KEY": "k" * 50,
    "ALLOWED_HOSTS": "slides.hospital.example",
}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, ""),
        ({"SECRET_KEY": ""}, "SECRET_KEY is missing"),
        (
            {"SECRET_KEY": "django-insecure-" + "k" * 50},
            "SECRET_KEY is missing, short or a default",
        ),
        ({"DEBUG": "on"}, "DEBUG is on in production mode"),
        ({"ALLOWED_HOSTS": ""}, "name the hosts"),
        ({"ALLOWED_HOSTS": "*"}, "name the hosts"),
        ({"SENTINODE_MODE": "prodution"}, "give 'local' or 'production'"),
    ],
)
def test_an_unsafe_production_site_does_not_start(tmp_path, changed, words):
    variables = SAFE | {"SENTINODE_HOME": str(tmp_path)} | changed
    started = run("-c", "import config.settings", **variables)
    assert started.returncode == (1 if words else 0), started.stderr
    assert words in started.stderr


def test_django_finds_nothing_to_warn_of_in_a_production_site(tmp_path):
    variables = {"SENTINODE_HOME": str(tmp_path), "SECURE_HSTS_SECONDS": "3600"}
    key = {"SECRET_KEY": "".join(chr(33 + n) for n in range(1, 90) if chr(33 + n) not in "\"'\\$")}
    checked = run("manage.py", "check", "--deploy", **variables, **SAFE | key)
    # W008: the proxy, not Django, sends http to https. W005, W021: sub-domains are not ours alone.
    warned = set(re.findall(r"security\.W\d+", checked.stderr)) - {
        "security.W005", "security.W008", "security.W021",
    }  # fmt: skip
    assert (checked.returncode, warned) == (0, set()), checked.stderr


# Packages ---------------------------------------------------------------------


def pins(lock: str) -> set[str]:
    text = (ROOT / "config" / "requirements" / f"{lock}.txt").read_text()
    return set(re.findall(r"^([a-z0-9_.-]+==[^\s;]+)", text, re.M))


def bare(requirement: str) -> str:
    return re.sub(r"\[.*?\]", "", requirement)


def test_every_package_we_name_is_pinned_and_in_its_locks():
    base = {bare(name) for name in PYPROJECT["project"]["dependencies"]}
    extras = PYPROJECT["project"]["optional-dependencies"]
    cpu, gpu = ({bare(name) for name in extras[extra]} for extra in ("cpu", "gpu"))
    dev = {bare(name) for name in PYPROJECT["dependency-groups"]["dev"]}
    assert all("==" in name for name in base | cpu | gpu | dev)
    assert base <= pins("web")
    assert base | cpu <= pins("cpu")
    assert base | gpu <= pins("gpu")
    assert base | cpu | dev <= pins("dev")


def test_each_set_is_a_part_of_those_that_stand_in_for_it():
    for name, wider in bootstrap.SETS.items():
        assert all(pins(name) <= pins(other) for other in wider)


def test_tensorflow_comes_once_in_each_set():
    wheels = {"tensorflow", "tensorflow-cpu"}
    found = {name: {pin.split("==")[0] for pin in pins(name)} & wheels for name in bootstrap.SETS}
    assert found == {
        "web": set(),
        "cpu": {"tensorflow-cpu"},
        "dev": {"tensorflow-cpu"},
        "gpu": {"tensorflow"},
    }


def test_every_locked_package_carries_a_hash_and_no_address():
    for name in bootstrap.SETS:
        text = bootstrap.lock_of(name).read_text()
        assert text.count("==") >= len(pins(name)) > 50
        blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.M)[1:]
        assert all("--hash=sha256:" in block for block in blocks)
        assert "://" not in text
