"""The API as told to the world: docs/openapi.yaml is what the code serves, word for word."""

from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command

COMMITTED = Path(__file__).resolve().parents[2] / "docs/openapi.yaml"


@pytest.fixture(scope="module")
def generated() -> str:
    """The schema of the code as it is; fails on every warning of the generator."""
    out = StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=out)
    return out.getvalue()


def test_the_committed_schema_is_the_code_s(generated):
    assert generated.rstrip() == COMMITTED.read_text().rstrip(), (
        "The API changed. If that is meant, run "
        "`manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml`."
    )


def test_choices_have_names_of_their_own(generated):
    schemas = yaml.safe_load(generated)["components"]["schemas"]
    enums = {name for name, schema in schemas.items() if "enum" in schema}
    assert {"JobStatus", "SlideStage", "SlideSubset", "AnnotationSource", "Exposure"} <= enums
    assert not [name for name in enums if name.endswith("Enum")]


def test_every_operation_says_how_it_refuses(generated):
    paths = yaml.safe_load(generated)["paths"]
    for operations in paths.values():
        for operation in operations.values():
            assert "default" in operation["responses"]


def test_the_schema_is_served_to_readers(as_pathologist):
    answer = as_pathologist.get("/api/schema/")
    assert answer.status_code == 200
    assert yaml.safe_load(answer.content)["info"]["title"] == "Sentinode API"
    json = as_pathologist.get("/api/schema/", headers={"accept": "application/json"})
    assert json.json()["openapi"].startswith("3.")
