"""Maps of other programs by command, page and API: sent as a zip, taken in by a worker."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from predictions import outside, tasks
from predictions.models import MapImport
from predictions.outside import ImportTerms
from tests.predictions import outside_rows
from tests.predictions.outside_rows import HEAD, csv_map, taken
from training.models import ModelVersion

pytestmark = pytest.mark.django_db

folder = outside_rows.folder


def zipped(folder: Path, name: str = "maps.zip") -> io.BytesIO:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in folder.iterdir():
            archive.write(path, f"results/{path.name}")
        archive.writestr("__MACOSX/results/._a.csv", "")
    packed.seek(0)
    packed.name = name
    return packed


def test_the_command_imports_a_folder(small_slide, folder, capsys):
    small_slide("a")
    csv_map(folder / "a.csv", {(0, 0): 0.25})
    call_command("import_predictions", str(folder), name="theirs", format="json")
    told = json.loads(capsys.readouterr().out)
    assert (told["name"], told["slides"]) == ("theirs", ["a"])
    csv_map(folder / "a.csv", {(0, 0): 25})
    with pytest.raises(CommandError, match="a.csv: row 2: the probability is 25"):
        call_command("import_predictions", str(folder), name="others")


def sent(folder: Path, **terms) -> MapImport:
    """A zip of the folder on its way, and carried out as a worker would."""
    packed = Path(folder).parent / "sent.zip"
    packed.write_bytes(zipped(folder).read())
    named = ImportTerms(**{"name": "theirs"} | terms)
    row = outside.request_import(packed, named, filename="sent.zip", by=None)
    assert tasks.run_map_import(row)
    return row


def test_a_worker_takes_a_zip_in_or_tells_each_bad_row(small_slide, folder, as_admin):
    small_slide("a")
    csv_map(folder / "a.csv", {(0, 0): 25, (1, 0): 26})
    wrong = sent(folder)
    assert (wrong.status, wrong.reason, wrong.version) == ("failed", "bad_input", None)
    assert wrong.error.splitlines() == [
        "a.csv: row 2: the probability is 25.0; expected 0 to 1",
        "a.csv: row 3: the probability is 26.0; expected 0 to 1",
    ]
    assert not wrong.path.exists() and not list(wrong.path.parent.glob("maps-*"))
    page = as_admin.get(wrong.get_absolute_url()).content.decode()
    assert "Nothing was taken in." in page and page.count("<li>a.csv: row") == 2
    csv_map(folder / "a.csv", {(0, 0): 0.25})
    right = sent(folder)
    assert (right.status, right.version) == ("done", ModelVersion.objects.get())
    assert not right.path.exists()
    assert sent(folder).version == right.version  # the same maps once more
    assert ModelVersion.objects.count() == 1
    assert (
        f'href="{right.version.get_absolute_url()}"'
        in as_admin.get(right.get_absolute_url()).content.decode()
    )


def test_a_worker_that_died_after_writing_leaves_one_version(small_slide, folder):
    small_slide("a")
    csv_map(folder / "a.csv", {(0, 0): 0.25})
    version = taken(folder)
    assert sent(folder).version == version


def test_the_page_and_the_api_send_a_zip_on_its_way(small_slide, folder, admin, as_admin):
    small_slide("a")
    csv_map(folder / "a.csv", {(0, 0): 0.25})
    address, given = "/training/versions/outside/", {"name": "theirs", "threshold": "0.5"}
    answer = as_admin.post(address, given | {"file": zipped(folder), "is_unseen": "on"})
    row = MapImport.objects.get()
    assert (answer.url, row.status, row.created_by) == (row.get_absolute_url(), "queued", admin)
    assert "Cancel" in as_admin.get(row.get_absolute_url()).content.decode()
    assert tasks.run_map_import(row)
    told = row.version.provenance["read_elsewhere"]["terms"]
    assert told["vouched_by"] == "alice"
    first = as_admin.post("/api/outside/", {"name": "b", "file": zipped(folder)})
    assert (first.status_code, first.json()["status"]) == (201, "queued")
    assert as_admin.get(f"/api/outside/{first.json()['id']}/").json()["terms"]["name"] == "b"
    assert as_admin.get("/api/outside/?status=done").json()["count"] == 1


def test_what_is_no_zip_is_refused_at_once(as_admin):
    def broken():
        file = io.BytesIO(b"PK no zip")
        file.name = "b.zip"
        return {"name": "b", "threshold": "0.5", "file": file}

    told = as_admin.post("/api/outside/", broken())
    assert told.status_code == 400
    assert "is no zip that can be read" in told.json()["detail"]
    page = as_admin.post("/training/versions/outside/", broken()).content.decode()
    assert "b.zip is no zip that can be read; pack it again" in page
    assert not MapImport.objects.exists()


def test_a_zip_with_a_name_twice_is_refused(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one/a.csv", HEAD)
        archive.writestr("two/a.csv", HEAD)
    row = outside.request_import(path, ImportTerms("a"), filename="a.zip", by=None)
    assert tasks.run_map_import(row)
    assert row.error == "a.zip: holds a name twice (a.csv); keep one file each"
