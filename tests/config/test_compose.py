"""The containers' file: true to the specification, pinned, watched, and told nothing unknown."""

import json
import re
from pathlib import Path

import check_jsonschema
import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
DOCKERFILE = (ROOT / "config/docker/Dockerfile").read_text()
SETTINGS = (ROOT / "config/settings.py").read_text()
ONE_SHOT = {"migrate"}
# Read by Celery, Keras and the images themselves.
NOT_OURS = {"REMAP_SIGTERM"}
EXACT = re.compile(r"[a-z0-9./-]+:\d+\.\d+(\.\d+)?(-[a-z0-9.]+)*(@sha256:[0-9a-f]{64})?")

services = pytest.mark.parametrize("name", SERVICES)


def test_the_file_is_true_to_the_compose_specification():
    schemas = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor"
    schema = json.loads((schemas / "compose-spec.json").read_text())
    jsonschema.validate(COMPOSE, schema)


@services
def test_every_image_is_pinned_to_an_exact_version(name):
    assert EXACT.fullmatch(SERVICES[name]["image"])


def test_the_base_image_is_pinned_to_an_exact_version():
    [base] = re.findall(r"^ARG PYTHON_IMAGE=(\S+)$", DOCKERFILE, re.M)
    assert EXACT.fullmatch(base)
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)) == {"${PYTHON_IMAGE}"}


@services
def test_every_lasting_service_has_a_health_check(name):
    assert ("healthcheck" in SERVICES[name]) == (name not in ONE_SHOT)


@services
def test_no_service_is_root_or_may_become_it_or_writes_its_image(name):
    service = SERVICES[name]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"]


@services
def test_sites_are_told_only_what_the_settings_read(name):
    if not SERVICES[name]["image"].startswith("sentinode-"):
        return
    told = set(SERVICES[name]["environment"]) - NOT_OURS
    assert {variable for variable in told if f'"{variable}"' not in SETTINGS} == set()


def test_secrets_come_from_the_environment_and_are_asked_for():
    for secret in ("SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "ALLOWED_HOSTS"):
        uses = re.findall(rf"(?<!\$)\$\{{{secret}([^}}]*)\}}", TEXT)
        assert uses
        assert all(use.startswith(":?") for use in uses)


def test_every_variable_the_file_reads_is_explained_at_its_top_or_in_the_readme():
    explained = TEXT.partition("\nname:")[0] + (ROOT / "README.md").read_text()
    read = set(re.findall(r"(?<!\$)\$\{(\w+)", TEXT))
    assert {variable for variable in read if variable not in explained} == set()


def test_the_web_image_has_no_tensorflow_and_the_workers_have():
    sets = {
        name: service["build"]["args"]["SET"]
        for name, service in SERVICES.items()
        if "build" in service
    }
    assert sets == {
        "web": "web",
        "migrate": "web",
        "clock": "web",
        "worker": "cpu",
        "trainer": "gpu",
    }
    locks = {
        name: (ROOT / f"config/requirements/{name}.txt").read_text()
        for name in ("web", "cpu", "gpu")
    }
    assert ["\ntensorflow" in locks[name] for name in ("web", "cpu", "gpu")] == [False, True, True]


def test_redis_keeps_a_running_task_longer_than_the_longest_task_takes():
    said = SERVICES["worker"]["environment"]["CELERY_VISIBILITY_TIMEOUT"]
    assert int(re.search(r":-(\d+)", said).group(1)) >= 24 * 3600


def test_only_the_trainer_asks_for_a_graphics_card_and_only_the_proxy_is_reached_from_outside():
    assert [name for name, service in SERVICES.items() if "deploy" in service] == ["trainer"]
    assert SERVICES["trainer"]["profiles"] == ["gpu"]
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


def test_exactly_one_clock_sends_the_sweeps():
    clocks = [
        name
        for name, service in SERVICES.items()
        if {"beat", "--beat", "-B"} & set(service.get("command", []))
    ]
    assert clocks == ["clock"]


def test_uploads_pass_the_proxy_unbuffered():
    conf = (ROOT / "config/docker/proxy.conf").read_text()
    uploads = re.search(r"location /uploads/ \{(.*?)\}", conf, re.S).group(1)
    assert "proxy_request_buffering off;" in uploads
    assert "client_max_body_size 0;" in uploads


def test_everything_the_image_copies_is_in_the_build_context():
    allowed = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.M))
    copied = " ".join(re.findall(r"^COPY (?!--)(.*) \S+$", DOCKERFILE, re.M)).split()
    assert {path.split("/")[0] for path in copied} <= allowed
    assert all((ROOT / path).exists() for path in copied)
