"""The browser libraries in static/vendor are what the manifest says, and nothing else."""

import hashlib
import json

from config.vendor import FOLDER, LIBRARIES, without_source_map

MANIFEST = json.loads((FOLDER / "manifest.json").read_text())


def test_every_vendored_file_has_the_checksum_of_the_manifest():
    listed = {
        f"{entry['folder']}/{name}": checksum
        for entry in MANIFEST
        for name, checksum in entry["sha256"].items()
    }
    found = {
        str(path.relative_to(FOLDER)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in FOLDER.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert found == listed


def test_the_manifest_names_the_versions_that_the_script_brings():
    assert [entry["npm"] for entry in MANIFEST] == [
        f"{library.package}@{library.version}" for library in LIBRARIES
    ]


def test_every_library_carries_its_licence():
    assert all("LICENCE" in entry["sha256"] for entry in MANIFEST)


def test_no_vendored_file_names_a_source_map_that_is_not_there():
    texts = [path for path in FOLDER.rglob("*") if path.suffix in {".js", ".css"}]
    assert len(texts) == 21
    assert not [path for path in texts if b"sourceMappingURL" in path.read_bytes()]


def test_only_the_closing_source_map_comment_is_stripped():
    assert without_source_map(b"a()\n//# sourceMappingURL=a.js.map\n") == b"a()\n"
    assert without_source_map(b"b{}\n/*# sourceMappingURL=b.css.map */") == b"b{}\n"
    assert without_source_map(b"c()") == b"c()"
