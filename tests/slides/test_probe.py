"""The guarded look into a file: what is broken or hostile ends as a reason, not a dead worker."""

import os
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from slides import guarded, inspection, probe
from slides.formats import SlideError
from tests.slide_files import tissue_like, write_pyramid


@pytest.fixture(scope="module")
def slide(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("slides") / "slide.tif"
    return write_pyramid(path, tissue_like(1500, 1100), description="synthetic demo slide")


def refusal_of(path: Path) -> str:
    with pytest.raises(SlideError) as refusal:
        inspection.facts(path)
    return refusal.value.code


def test_a_slide_is_described_and_depicted_by_another_process(slide, tmp_path):
    facts = probe.check(slide)
    assert (facts["width"], facts["height"], facts["vendor"]) == (1500, 1100, "generic-tiff")
    assert facts["levels"][1] == {"width": 750, "height": 550, "downsample": 2}
    assert facts["is_synthetic"]
    pictures = probe.depict(slide, tmp_path)
    assert pictures["tissue_share"] == pytest.approx(np.pi * 0.16, abs=0.02)
    assert Image.open(tmp_path / probe.THUMBNAIL).size == (1024, 751)
    assert Image.open(tmp_path / probe.TISSUE).size == (1500, 1100)


def test_a_person_says_the_resolution(slide):
    assert inspection.facts(slide, mpp=0.5)["mpp_source"] == "given"


def test_a_truncated_slide_is_told_by_its_missing_tiles(slide, tmp_path):
    half = tmp_path / "half.tif"
    half.write_bytes(slide.read_bytes()[: slide.stat().st_size // 2])
    with pytest.raises(SlideError, match="incomplete|damaged|cannot be opened") as refusal:
        inspection.facts(half)
    assert refusal.value.code == "unreadable"


@pytest.mark.parametrize("share", [0.02, 0.2, 0.8, 0.99])
def test_a_slide_cut_anywhere_is_refused(slide, tmp_path, share):
    cut = tmp_path / "cut.tif"
    cut.write_bytes(slide.read_bytes()[: int(slide.stat().st_size * share)])
    assert refusal_of(cut) in {"unreadable", "not_a_slide", "flat_image"}


def test_a_tiff_whose_directory_never_arrived_is_unreadable(tmp_path):
    (path := tmp_path / "cut.svs").write_bytes(struct.pack("<2sHI", b"II", 42, 5000) + bytes(100))
    assert refusal_of(path) == "unreadable"


def test_damaged_pixels_are_unreadable(slide, tmp_path):
    data = bytearray(slide.read_bytes())
    data[2000 : len(data) - 4000] = os.urandom(len(data) - 6000)
    (path := tmp_path / "damaged.tif").write_bytes(data)
    assert refusal_of(path) in {"unreadable", "not_a_slide", "flat_image"}


def test_a_header_of_huge_dimensions_is_refused_in_its_process(tmp_path):
    path = write_pyramid(tmp_path / "huge.tif", tissue_like(600, 600), downsamples=(1,))
    path.write_bytes(with_tags(path.read_bytes(), {256: 4_000_000_000, 257: 4_000_000_000}))
    with pytest.raises(SlideError) as refusal:
        probe.check(path)
    assert refusal.value.code in {"too_large", "unreadable", "crashed", "not_a_slide"}


def with_tags(tiff: bytes, values: dict[int, int]) -> bytes:
    """A little-endian BigTIFF with tags of its first page overwritten."""
    data = bytearray(tiff)
    (page,) = struct.unpack_from("<Q", data, 8)
    (count,) = struct.unpack_from("<Q", data, page)
    for place in range(page + 8, page + 8 + 20 * count, 20):
        (tag,) = struct.unpack_from("<H", data, place)
        if tag in values:
            struct.pack_into("<HHQQ", data, place, tag, 4, 1, values[tag])
    return bytes(data)


def test_a_tile_of_64_gigapixels_does_not_take_the_memory(tmp_path):
    path = write_pyramid(tmp_path / "bomb.tif", tissue_like(600, 600), downsamples=(1,))
    sizes = {256: 250_000, 257: 250_000, 322: 249_984, 323: 249_984}
    path.write_bytes(with_tags(path.read_bytes(), sizes))
    with pytest.raises(SlideError) as refusal:
        probe.check(path)
    assert refusal.value.code in {"too_large", "unreadable", "crashed"}


def test_glass_alone_is_no_tissue(tmp_path):
    path = write_pyramid(tmp_path / "glass.tif", np.full((700, 700, 3), 243, np.uint8))
    with pytest.raises(SlideError, match="No stained tissue was found in glass.tif") as refusal:
        inspection.depict(path, tmp_path / "a.jpeg", tmp_path / "b.png")
    assert refusal.value.code == "no_tissue"
    assert not (tmp_path / "b.png").exists()


def test_less_than_a_patch_is_too_small(tmp_path):
    path = write_pyramid(tmp_path / "s.tif", tissue_like(600, 298), downsamples=(1,))
    assert refusal_of(path) == "too_small"


@pytest.mark.parametrize("name", ["-rf $(x);'\".tif", "Größe 标本\n.tif"])
def test_odd_names_are_only_names(tmp_path, slide, name):
    (path := tmp_path / name).symlink_to(slide)
    assert probe.check(path)["width"] == 1500


def test_a_name_that_is_not_utf_8_is_only_a_name(tmp_path, slide):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.tif"))
    path.symlink_to(slide)
    assert probe.check(path)["width"] == 1500


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(path := tmp_path / "pipe.svs")
    with pytest.raises(SlideError, match="device or pipe") as refusal:
        probe.check(path)
    assert refusal.value.code == "not_a_slide"


def test_a_crash_of_the_reader_is_a_reason(slide, monkeypatch):
    monkeypatch.setattr(
        guarded, "_environment", lambda: dict(os.environ) | {"PYTHONPATH": "/nowhere"}
    )
    monkeypatch.setattr(guarded, "ROOT", Path("/"))
    with pytest.raises(SlideError, match="made the slide reader crash") as refusal:
        probe.check(slide)
    assert refusal.value.code == "crashed"


def test_a_reader_that_takes_too_long_is_stopped(slide, monkeypatch):
    monkeypatch.setattr(probe, "GUARD", replace(probe.GUARD, wall_seconds=0))
    with pytest.raises(SlideError, match="took too long") as refusal:
        probe.check(slide)
    assert refusal.value.code == "timed_out"
