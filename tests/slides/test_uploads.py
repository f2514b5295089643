"""Uploads in parts by the tus 1.0 protocol: resumable, owned, never half-registered."""

import base64
import errno
import fcntl
import hashlib
import os
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.http import UnreadablePostError
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from slides import services, tasks, uploads
from slides.models import Slide, Upload

pytestmark = pytest.mark.django_db
TUS = {"Tus-Resumable": "1.0.0"}
CREATE = "/uploads/"


@pytest.fixture(autouse=True)
def nudged(monkeypatch) -> list[int]:
    """The slides whose intake was asked for."""
    asked: list[int] = []
    monkeypatch.setattr(tasks.ingest_slide, "delay_on_commit", asked.append)
    monkeypatch.setattr(tasks.ingest_slide, "delay", asked.append)
    return asked


def metadata(**said: str) -> str:
    pairs = ((key, base64.b64encode(value.encode()).decode()) for key, value in said.items())
    return ",".join(f"{key} {value}" for key, value in pairs)


def begin(client: Client, size: int = 10, **said: str):
    said = {"filename": "tumor_001.svs"} | said
    headers = TUS | {"Upload-Length": str(size), "Upload-Metadata": metadata(**said)}
    return client.post(CREATE, headers=headers)


def send(client: Client, url: str, part: bytes, *, offset: int = 0, **headers: str):
    return client.patch(
        url,
        part,
        content_type="application/offset+octet-stream",
        headers=TUS | {"Upload-Offset": str(offset)} | headers,
    )


def begun(client: Client, size: int = 10, **said: str) -> str:
    return begin(client, size, **said)["Location"]


def row(url: str) -> Upload:
    return Upload.objects.get(pk=url.rstrip("/").rsplit("/", 1)[-1])


def test_the_server_says_what_it_can(as_admin):
    answer = as_admin.options(CREATE)
    assert answer.status_code == 204
    assert answer["Tus-Version"] == "1.0.0"
    assert answer["Tus-Extension"] == "creation,termination,expiration,checksum"
    assert answer["Tus-Checksum-Algorithm"] == "sha1,sha256"


def test_a_file_in_two_parts_becomes_a_queued_slide(as_admin, admin, nudged, home):
    answer = begin(as_admin, 10, patient="P1", mpp="0.25")
    assert (answer.status_code, answer["Upload-Offset"]) == (201, "0")
    first = send(as_admin, answer["Location"], b"01234")
    assert (first.status_code, first["Upload-Offset"], "Slide-Id" in first) == (204, "5", False)
    assert as_admin.head(answer["Location"], headers=TUS)["Upload-Offset"] == "5"
    second = send(as_admin, answer["Location"], b"56789", offset=5)
    slide = Slide.objects.get(pk=second["Slide-Id"])
    assert nudged == [slide.pk]
    assert slide.path.read_bytes() == b"0123456789"
    assert (slide.status, slide.stage, slide.bytes) == ("queued", "received", 10)
    assert (slide.name, slide.patient, slide.mpp, slide.mpp_source) == (
        "tumor_001",
        "P1",
        0.25,
        "given",
    )
    assert slide.uploaded_by == admin
    assert list((home / "uploads").iterdir()) == []


def test_asking_again_after_the_end_registers_nothing_twice(as_admin, nudged):
    url = begun(as_admin, 3)
    slide_id = send(as_admin, url, b"abc")["Slide-Id"]
    assert as_admin.head(url, headers=TUS)["Slide-Id"] == slide_id
    assert uploads.finish(row(url)) == (Slide.objects.get(), False)
    assert nudged == [int(slide_id)]


def test_an_upload_whose_last_answer_was_lost_is_registered_when_asked(as_admin, nudged):
    url = begun(as_admin, 3)
    row(url).part_path.write_bytes(b"abc")
    Upload.objects.update(offset=3)
    assert as_admin.head(url, headers=TUS)["Slide-Id"] == str(nudged[0])


def test_or_by_the_sweep(as_admin, nudged):
    url = begun(as_admin, 3)
    row(url).part_path.write_bytes(b"abc")
    Upload.objects.update(offset=3)
    tasks.sweep()
    assert nudged == [Slide.objects.get().pk]


def test_an_empty_file_ends_as_a_slide_to_refuse(as_admin, nudged):
    assert begin(as_admin, 0)["Slide-Id"] == str(nudged[0])


def test_a_part_at_the_wrong_place_is_a_conflict(as_admin):
    answer = send(as_admin, begun(as_admin), b"56789", offset=5)
    assert (answer.status_code, answer.content) == (409, b"The upload stands at 0 bytes.")


def test_more_than_announced_is_refused(as_admin, home):
    url = begun(as_admin, 3)
    answer = send(as_admin, url, b"abcdef")
    assert (answer.status_code, row(url).offset) == (413, 0)


def test_a_stream_longer_than_it_said_is_stopped_at_the_announced_size(as_admin):
    upload = row(begun(as_admin, 3))

    class Endless:
        def read(self, size: int) -> bytes:
            return b"x" * size

    with pytest.raises(uploads.Reason, match="announced with 3 bytes"):
        uploads.receive(upload, Endless(), offset=0)
    assert upload.offset == 0


def test_what_arrived_before_the_connection_broke_is_kept(as_admin):
    upload = row(begun(as_admin, 10))

    class Breaking:
        parts = [b"0123"]

        def read(self, size: int) -> bytes:
            if not self.parts:
                raise UnreadablePostError("gone")
            return self.parts.pop()

    with pytest.raises(UnreadablePostError):
        uploads.receive(upload, Breaking(), offset=0)
    upload.refresh_from_db()
    assert (upload.offset, upload.part_path.read_bytes()) == (4, b"0123")


def test_bytes_a_crash_left_uncounted_are_written_anew(as_admin):
    url = begun(as_admin, 10)
    row(url).part_path.write_bytes(b"012345torn")
    Upload.objects.update(offset=4)
    slide_id = send(as_admin, url, b"456789", offset=4)["Slide-Id"]
    assert Slide.objects.get(pk=slide_id).path.read_bytes() == b"0123456789"


def test_bytes_are_counted_while_they_arrive(as_admin, monkeypatch):
    monkeypatch.setattr(uploads, "BLOCK_BYTES", 2)
    monkeypatch.setattr(uploads, "SAFE_BYTES", 4)
    counted = []
    count = uploads._count
    monkeypatch.setattr(
        uploads, "_count", lambda row, file, n: (counted.append(n), count(row, file, n))
    )
    send(as_admin, begun(as_admin, 10), b"0123456789")
    assert counted == [4, 8, 10]


def test_two_requests_do_not_write_one_file(as_admin):
    url = begun(as_admin)
    with row(url).part_path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert send(as_admin, url, b"01234").status_code == 423
    assert send(as_admin, url, b"01234").status_code == 204


def test_a_damaged_part_is_dropped(as_admin):
    url = begun(as_admin, 10)
    right = "sha256 " + base64.b64encode(hashlib.sha256(b"01234").digest()).decode()
    damaged = send(as_admin, url, b"01x34", **{"Upload-Checksum": right})
    assert (damaged.status_code, row(url).offset) == (460, 0)
    assert send(as_admin, url, b"01234", **{"Upload-Checksum": right}).status_code == 204
    assert send(as_admin, url, b"5", offset=5, **{"Upload-Checksum": "md5 x"}).status_code == 400


def test_a_full_disk_is_told_at_the_start(as_admin, monkeypatch):
    monkeypatch.setattr("slides.storage.RESERVE_BYTES", 10**18)
    answer = begin(as_admin)
    assert answer.status_code == 507
    assert b"The disk is full" in answer.content
    assert not Upload.objects.exists()


def test_a_disk_that_fills_up_keeps_what_fitted(as_admin, monkeypatch):
    url = begun(as_admin, 6)
    monkeypatch.setattr(uploads, "BLOCK_BYTES", 3)
    write = uploads._write

    def fill_up(file, block: bytes) -> int:
        if block == b"345":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, block)

    monkeypatch.setattr(uploads, "_write", fill_up)
    assert send(as_admin, url, b"012345").status_code == 507
    assert row(url).offset == 3


def test_an_upload_given_up_leaves_nothing(as_admin, home):
    url = begun(as_admin)
    send(as_admin, url, b"01234")
    assert as_admin.delete(url, headers=TUS).status_code == 204
    assert (list((home / "uploads").iterdir()), Upload.objects.count()) == ([], 0)
    assert as_admin.head(url, headers=TUS).status_code == 404


def test_a_slide_outlives_the_end_of_its_upload(as_admin):
    url = begun(as_admin, 3)
    send(as_admin, url, b"abc")
    as_admin.delete(url, headers=TUS)
    assert Slide.objects.get().path.exists()


def test_an_upload_not_finished_in_time_is_gone(as_admin, home):
    url = begun(as_admin)
    Upload.objects.update(expires_at=now() - timedelta(seconds=1))
    assert send(as_admin, url, b"01234").status_code == 410
    tasks.sweep()
    assert (list((home / "uploads").iterdir()), Upload.objects.count()) == ([], 0)


def test_the_answer_says_until_when(as_admin):
    assert begin(as_admin)["Upload-Expires"].endswith("GMT")


@pytest.mark.parametrize("verb", ["head", "patch", "delete"])
def test_an_upload_belongs_to_its_owner(as_admin, verb, django_user_model):
    url = begun(as_admin)
    other = Client()
    other.force_login(django_user_model.objects.create_superuser("mallory"))
    options = {"content_type": "application/offset+octet-stream"} if verb == "patch" else {}
    answer = getattr(other, verb)(url, headers=TUS | {"Upload-Offset": "0"}, **options)
    assert answer.status_code == 404
    assert row(url).offset == 0


def test_only_admins_add_slides(as_pathologist, client):
    assert begin(as_pathologist).status_code == 403
    assert begin(client).status_code == 401
    assert client.head(f"/uploads/{uuid4()}/", headers=TUS).status_code == 401


def test_a_request_from_another_site_is_refused(admin):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin)
    assert begin(strict).status_code == 403
    strict.cookies["csrftoken"] = "a" * 32
    headers = TUS | {"Upload-Length": "3", "Upload-Metadata": metadata(filename="a.svs")}
    answer = strict.post(CREATE, headers=headers | {"X-CSRFToken": "a" * 32})
    assert answer.status_code == 201
    sent = send(strict, answer["Location"], b"abc", **{"X-CSRFToken": "a" * 32})
    assert sent.status_code == 204


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Length": "3"}, 412),
        (TUS, 400),
        (TUS | {"Upload-Length": "-1"}, 400),
        (TUS | {"Upload-Length": "ten"}, 400),
        (TUS | {"Upload-Length": "3"}, 400),
        (TUS | {"Upload-Length": "3", "Upload-Metadata": "filename %%"}, 400),
        (TUS | {"Upload-Length": str(2**50), "Upload-Metadata": metadata(filename="a")}, 413),
        (TUS | {"Upload-Length": "3", "Upload-Metadata": metadata(filename="a", mpp="352")}, 400),
    ],
    ids=["version", "length", "negative", "words", "name", "metadata", "too large", "mpp"],
)
def test_a_wrong_beginning_is_refused_in_plain_words(as_admin, headers, status):
    answer = as_admin.post(CREATE, headers=headers)
    assert (answer.status_code, answer["Content-Type"]) == (status, "text/plain; charset=utf-8")
    assert 20 < len(answer.content) < 200
    assert not Upload.objects.exists()


def test_a_part_must_say_what_it_is(as_admin):
    url = begun(as_admin)
    headers = TUS | {"Upload-Offset": "0"}
    answer = as_admin.patch(url, b"01234", content_type="text/plain", headers=headers)
    assert answer.status_code == 415


def test_a_hostile_name_stays_out_of_paths(as_admin, home):
    url = begun(as_admin, 3, filename="../../../etc/cron.d/x.svs")
    slide = Slide.objects.get(pk=send(as_admin, url, b"abc")["Slide-Id"])
    assert slide.original_name == "x.svs"
    assert Path(slide.path).resolve().is_relative_to(home / "media")


def test_the_address_is_the_one_the_page_uses(as_admin):
    assert reverse("upload-create") == CREATE
    assert begun(as_admin).startswith("http://testserver/uploads/")


def test_an_upload_whose_slide_was_removed_is_gone(as_admin, django_capture_on_commit_callbacks):
    url = begun(as_admin, 10)
    slide = Slide.objects.get(pk=send(as_admin, url, b"0123456789")["Slide-Id"])
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_slide(slide)
    assert as_admin.head(url, headers=TUS).status_code == 410
    assert send(as_admin, url, b"0123456789").status_code == 410
    assert as_admin.delete(url, headers=TUS).status_code == 204


def test_a_patient_is_told_in_one_plain_line(as_admin):
    url = begun(as_admin, 10, patient=" P\0\r\n1 ")
    assert row(url).metadata["patient"] == "P1"


def test_parts_without_a_row_are_cleared_away(as_admin, admin):
    kept, left = row(begun(as_admin, 10)).part_path, row(begun(as_admin, 10))
    Upload.objects.filter(pk=left.pk).delete()
    assert uploads.discard_ownerless(older_than_seconds=3600) == 0
    assert uploads.discard_ownerless(older_than_seconds=-1) == 1
    assert (kept.exists(), left.part_path.exists()) == (True, False)


def test_a_part_without_a_length_is_refused_rather_than_dropped(as_admin):
    url = begun(as_admin, 10)
    for length in ({}, {"CONTENT_LENGTH": ""}):
        chunked = {"CONTENT_TYPE": "application/offset+octet-stream"} | length
        headers = TUS | {"Upload-Offset": "0", "Transfer-Encoding": "chunked"}
        answer = as_admin.generic("PATCH", url, headers=headers, **chunked)
        assert (answer.status_code, row(url).offset) == (411, 0)
