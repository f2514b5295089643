from django.conf import settings

from config.fingerprint import fingerprint


def test_the_address_changes_with_what_the_files_hold(tmp_path):
    script = tmp_path / "js" / "one.js"
    script.parent.mkdir()
    script.write_text("export const a = 1;")
    before = fingerprint(tmp_path)
    assert fingerprint(tmp_path) == before
    script.write_text("export const a = 22;")
    assert fingerprint(tmp_path) != before


def test_our_static_files_are_kept_for_ever_by_browsers(client):
    address = f"{settings.STATIC_URL}js/viewer/geometry.js"
    answer = client.get(address)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    foreign = client.get(f"{settings.STATIC_URL}admin/css/base.css")
    assert foreign.status_code == 200
    assert "immutable" not in foreign.headers["Cache-Control"]
