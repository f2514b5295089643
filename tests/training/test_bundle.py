"""Bundles: what is written is read again, and nothing else is."""

import hashlib
import json
import stat
import zipfile
from pathlib import Path

import pytest

from training import bundle
from training.bundle import BundleError

WEIGHTS = b"PK\x03\x04 not really a network"
MANIFEST = {
    "format": bundle.FORMAT,
    "name": "v1",
    "architecture": "baseline",
    "pooling": "avg",
    "labelling": "any",
    "mpp": 0.5,
    "patch_px": 64,
    "centre_px": 32,
    "threshold": 0.4,
    "threshold_source": "recall 0.90",
    "tumour_bar": 0.0,
    "is_synthetic": False,
    "weights_sha256": hashlib.sha256(WEIGHTS).hexdigest(),
}


def facts(**changed) -> dict:
    others = {name.removesuffix(".json"): {} for name in bundle.JSON_PARTS}
    return others | {"manifest": MANIFEST | changed}


def written(folder: Path, **changed) -> tuple[Path, str]:
    weights = folder / "weights.keras"
    weights.write_bytes(WEIGHTS)
    path = folder / "one.zip"
    return path, bundle.write(path, facts(**changed), "# v1\n", weights)


def read(path: Path, sha256: str | None = None) -> bundle.Bundle:
    folder = path.parent / "out"
    folder.mkdir(exist_ok=True)
    return bundle.read(path, sha256=sha256 or bundle.file_sha256(path), folder=folder)


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewritten(path: Path, parts: dict[str, bytes], *, checksums: bool = True) -> Path:
    """The bundle with other parts; with checksums, its list of them made to fit."""
    parts = dict(parts)
    if checksums and bundle.CHECKSUMS in parts:
        own = {name: content for name, content in parts.items() if name != bundle.CHECKSUMS}
        told = {name: hashlib.sha256(content).hexdigest() for name, content in own.items()}
        parts[bundle.CHECKSUMS] = json.dumps(told).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def refusal(path: Path, sha256: str | None = None) -> BundleError:
    with pytest.raises(BundleError) as refused:
        read(path, sha256)
    return refused.value


def test_what_was_written_is_read(tmp_path):
    path, sha256 = written(tmp_path)
    came = read(path, sha256.upper())
    assert came.manifest == MANIFEST
    assert came.weights.read_bytes() == WEIGHTS
    assert came.sha256 == sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert set(parts_of(path)) == {*bundle.PARTS, bundle.CHECKSUMS}


def test_the_same_version_gives_the_same_bytes(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert written(tmp_path / "a")[1] == written(tmp_path / "b")[1]


def test_another_file_than_was_told_is_not_opened(tmp_path):
    path, _ = written(tmp_path)
    assert refusal(path, "0" * 64).code == "bundle_changed"
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("text", ["", "abc", "g" * 64, "0" * 63])
def test_a_checksum_that_is_none_is_told(tmp_path, text):
    with pytest.raises(BundleError, match="64 characters"):
        bundle.normal_sha256(text)


@pytest.mark.parametrize("part", [*bundle.PARTS])
def test_a_changed_part_is_told_by_name(tmp_path, part):
    path, _ = written(tmp_path)
    parts = parts_of(path)
    parts[part] += b" "
    error = refusal(rewritten(path, parts, checksums=False))
    assert error.code == "part_changed"
    assert part in str(error)


@pytest.mark.parametrize("part", [*bundle.PARTS, bundle.CHECKSUMS])
def test_a_missing_part_is_told_by_name(tmp_path, part):
    path, _ = written(tmp_path)
    parts = parts_of(path)
    del parts[part]
    error = refusal(rewritten(path, parts, checksums=False))
    assert (error.code, part in str(error)) == ("part_missing", True)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("weights.h5", "unsafe_format"),
        ("model.pkl", "unsafe_format"),
        ("model.pt", "unsafe_format"),
        ("run.py", "unsafe_format"),
        ("../../etc/passwd", "bad_bundle"),
        ("/tmp/x", "bad_bundle"),
        ("readme.txt", "bad_bundle"),
        ("manifest.json/", "bad_bundle"),
    ],
)
def test_a_part_that_no_bundle_has_is_refused_before_anything_is_read(tmp_path, name, code):
    path, _ = written(tmp_path)
    assert refusal(rewritten(path, {name: b"x"} | _few(parts_of(path)))).code == code


def _few(parts: dict[str, bytes]) -> dict[str, bytes]:
    """One less, so that the count of parts stays as it should be."""
    return {name: content for name, content in parts.items() if name != "card.md"}


def test_too_many_parts_are_refused(tmp_path):
    path, _ = written(tmp_path)
    assert "9" in str(refusal(rewritten(path, parts_of(path) | {"more.json": b"{}"})))


def test_a_part_that_is_there_twice_is_refused(tmp_path):
    path, _ = written(tmp_path)
    parts = _few(parts_of(path))
    rewritten(path, parts)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("manifest.json", b"{}")
    assert "twice" in str(refusal(path))


def test_a_link_is_refused(tmp_path):
    path, _ = written(tmp_path)
    parts = parts_of(path)
    del parts["card.md"]
    rewritten(path, parts, checksums=False)
    link = zipfile.ZipInfo("card.md")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "link" in str(refusal(path))


def test_a_part_larger_than_any_of_ours_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "MOST_BYTES", 500)
    path, _ = written(tmp_path)
    parts = parts_of(path) | {"card.md": b"x" * 501}
    assert refusal(rewritten(path, parts)).code == "too_large"


def test_what_is_no_zip_is_damaged(tmp_path):
    path = tmp_path / "one.zip"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + b"0" * 100)
    assert refusal(path).code == "damaged"


def test_a_zip_that_was_cut_off_is_damaged(tmp_path):
    path, _ = written(tmp_path)
    path.write_bytes(path.read_bytes()[:-40])
    assert refusal(path).code == "damaged"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", "sentinode-bundle-9"),
        ("name", ""),
        ("name", 7),
        ("mpp", -1),
        ("mpp", True),
        ("threshold", 1.5),
        ("patch_px", 64.0),
        ("patch_px", 100000),
        ("is_synthetic", "no"),
        ("weights_sha256", "0" * 64),
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(tmp_path, field, value):
    path, sha256 = written(tmp_path, **{field: value})
    assert str(refusal(path, sha256))


def test_json_that_is_none_is_refused(tmp_path):
    path, _ = written(tmp_path)
    for content in (b"[]", b"{", b'{"a": NaN}', b"[" * 100_000):
        assert "card.json" in str(refusal(rewritten(path, parts_of(path) | {"card.json": content})))
