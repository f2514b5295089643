"""Landmarks and leaks, on tissue that the demo's painter makes and on real slides."""

import io

import numpy as np
import pytest
from PIL import Image

from slides.demo.hospital import hospital
from slides.demo.painting import paint
from slides.pyramid import Pyramid
from slides.tissue import tissue_mask
from tests.slide_files import write_pyramid
from tests.training.freezing import tissue
from training.landmarks import hashes_of, landmarks_of, turned, turned_places
from training.leaks import MOST_COMPARISONS, Glass, find_leaks, landmarks_each

MPP = 0.243


def landmarks(path):
    with Pyramid.open(path) as pyramid:
        rgb, _, _ = pyramid.read_overview(max_px=2048)
        return landmarks_of(pyramid, tissue_mask(rgb), most=1000)


@pytest.fixture(scope="module")
def nodes():
    """The pixels of three painted slides, about 1 mm a side."""
    return [paint(order).rgb for order in hospital(slides=4, seed=5, side=4096)[:3]]


@pytest.fixture(scope="module")
def scanned(nodes, tmp_path_factory):
    """Glasses of three patients on two sides."""
    folder = tmp_path_factory.mktemp("scanned")
    sides = ("training", "validation", "training")
    return [
        glass(number, side, write_pyramid(folder / f"{number}.tif", rgb, mpp=MPP))
        for number, (rgb, side) in enumerate(zip(nodes, sides, strict=True))
    ]


def glass(number, side, path=None, **fields):
    row = {"name": f"slide_{number}", "patient": f"patient {number}", "sha256": f"{number}"}
    found = landmarks(path) if path else None
    return Glass(id=number, side=side, landmarks=found, **row | fields)


def recompressed(rgb):
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=40)
    return np.asarray(Image.open(file))


def restained(rgb):
    light = (rgb / 255) ** 1.3 * [1.0, 0.96, 0.93]
    return (255 * light).astype(np.uint8)


COPIES = {
    "recompressed": recompressed,
    "cropped and shifted off every grid": lambda rgb: rgb[411:, 607:],
    "stained stronger": restained,
    "upside down": lambda rgb: rgb[::-1, ::-1],
    "mirrored": lambda rgb: rgb[:, ::-1],
    "a little askew": lambda rgb: np.asarray(
        Image.fromarray(rgb).rotate(2, resample=Image.Resampling.BILINEAR, fillcolor="white")
    ),
    "all at once": lambda rgb: recompressed(restained(rgb[300:, 200:][::-1])),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_under_another_patient_is_found(nodes, scanned, tmp_path, name):
    copied = np.ascontiguousarray(COPIES[name](nodes[0]))
    copy = glass(9, "validation", write_pyramid(tmp_path / "copy.tif", copied, mpp=MPP))
    [leak] = find_leaks([*scanned, copy])
    assert (leak.kind, leak.first.id, leak.second.id) == ("same_tissue", 0, 9)


def test_a_scan_at_another_resolution_is_found(nodes, scanned, tmp_path):
    coarse = np.asarray(Image.fromarray(nodes[2]).reduce(2))
    copy = glass(9, "validation", write_pyramid(tmp_path / "copy.tif", coarse, mpp=2 * MPP))
    [leak] = find_leaks([*scanned, copy])
    assert {leak.first.id, leak.second.id} == {2, 9}


def test_the_place_that_both_show_is_told(nodes, scanned, tmp_path):
    cut = np.ascontiguousarray(nodes[0][400:, 600:])
    copy = glass(9, "validation", write_pyramid(tmp_path / "copy.tif", cut, mpp=MPP))
    [leak] = find_leaks([scanned[0], copy])
    first, second = np.array(leak.places_um)
    np.testing.assert_allclose(first - second, np.array([600, 400]) * MPP, atol=9)


def test_different_nodes_do_not_leak_wherever_they_are_split(scanned):
    for sides in ("abc", "aab", "abb"):
        dealt = [Glass(**vars(g) | {"side": side}) for g, side in zip(scanned, sides, strict=True)]
        assert find_leaks(dealt) == []


def test_a_copy_on_the_same_side_is_no_leak(nodes, scanned, tmp_path):
    copy = glass(9, "training", write_pyramid(tmp_path / "copy.tif", nodes[0], mpp=MPP))
    assert find_leaks([*scanned, copy]) == []


@pytest.mark.parametrize("spread", [0, 3, 12])
def test_uniform_tissue_has_no_landmarks(tmp_path, spread):
    rng = np.random.default_rng(0)
    noise = rng.normal(0, spread, (2000, 2000, 1))
    rgb = np.clip(np.array([225, 190, 215]) + noise, 0, 255).astype(np.uint8)
    assert len(landmarks(write_pyramid(tmp_path / "plain.tif", rgb, mpp=0.5))) == 0


def test_a_slide_smaller_than_a_square_or_of_unknown_scale_has_none(tmp_path):
    small = write_pyramid(tmp_path / "small.tif", tissue(1, height=300, width=300), mpp=0.5)
    unknown = write_pyramid(tmp_path / "unknown.tif", tissue(1), mpp=None)
    assert len(landmarks(small)) == len(landmarks(unknown)) == 0


@pytest.mark.shared
def test_real_tissue_is_found_again_and_glass_pen_and_fat_are_not(shared, tmp_path):
    real = shared / "slides" / "CMU-1-Small-Region.svs"
    with Pyramid.open(real) as pyramid:
        rgb = pyramid.read_level(0, 0, 0, pyramid.width, pyramid.height)
        mpp = pyramid.require_mpp()
    copied = recompressed(restained(rgb[333:, 222:]))
    copy = write_pyramid(tmp_path / "copy.tif", copied, mpp=mpp)
    [leak] = find_leaks([glass(1, "a", real), glass(2, "b", copy)])
    assert leak.matches >= 10
    for number, tile in enumerate(sorted((shared / "tiles").glob("*no-tissue*.png"))):
        rgb = np.asarray(Image.open(tile).convert("RGB"))
        path = write_pyramid(tmp_path / f"{number}.tif", np.tile(rgb, (3, 3, 1)), mpp=1.0)
        assert find_leaks([glass(1, "a", real), glass(2, "b", path)]) == [], tile.name


@pytest.mark.shared
def test_slides_of_other_organs_do_not_leak_into_each_other(shared, scanned):
    real = glass(9, "validation", shared / "slides" / "CMU-1-Small-Region.svs")
    assert find_leaks([*scanned, real]) == []


# Names and files -----------------------------------------------------------


def test_one_patient_in_two_spellings_on_two_sides_is_a_leak():
    glasses = [
        glass(1, "training", patient="P-007"),
        glass(2, "validation", patient="p 7"),
        glass(3, "training", patient="p7"),
        glass(4, "validation", patient="p8"),
    ]
    leaks = find_leaks(glasses)
    assert [(leak.kind, leak.first.id, leak.second.id) for leak in leaks] == [
        ("same_patient", 1, 2),
        ("same_patient", 2, 3),
    ]


def test_one_file_on_two_sides_is_a_leak_told_once():
    pair = [glass(1, "a", sha256="f", patient="x"), glass(2, "b", sha256="f", patient="X ")]
    [leak] = find_leaks(pair)
    assert leak.kind == "same_file"
    assert leak.as_json() == {
        "kind": "same_file",
        "slides": [
            {"id": 1, "name": "slide_1", "patient": "x", "split": "a"},
            {"id": 2, "name": "slide_2", "patient": "X ", "split": "b"},
        ],
        "matches": 0,
        "places_um": [],
    }


def test_files_of_unknown_checksum_are_not_the_same():
    assert find_leaks([glass(1, "a", sha256=""), glass(2, "b", sha256="")]) == []


# Price ---------------------------------------------------------------------


@pytest.mark.parametrize("parts", [(320, 80), (280, 60, 60), (80,) * 5, (40,) * 10])
def test_the_price_of_four_hundred_slides_is_bounded(parts):
    glasses = [glass(n, f"side {s}") for s, size in enumerate(parts) for n in range(size)]
    each = landmarks_each(glasses)
    pairs = (sum(parts) ** 2 - sum(part**2 for part in parts)) // 2
    assert each >= 60
    assert pairs * each**2 <= MOST_COMPARISONS


# Hashes --------------------------------------------------------------------


def test_stain_and_light_do_not_change_a_hash():
    square = tissue(3, height=48, width=48)[..., 0].astype(float)
    hashes = hashes_of(np.stack([square, 3 * square + 40]))
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize("turn", range(8))
def test_a_hash_turns_as_its_square_does(turn):
    squares = np.random.default_rng(turn).normal(size=(5, 48, 48))
    flipped = squares[:, :, ::-1] if turn & 1 else squares
    flipped = flipped[:, ::-1] if turn & 2 else flipped
    flipped = flipped.transpose(0, 2, 1) if turn & 4 else flipped
    assert turned(hashes_of(squares), turn).tolist() == hashes_of(flipped).tolist()


def test_places_turn_with_their_squares():
    places = np.array([[3.0, 5.0]], np.float32)
    assert turned_places(places, 1).tolist() == [[-3, 5]]
    assert turned_places(places, 2).tolist() == [[3, -5]]
    assert turned_places(places, 4).tolist() == [[5, 3]]
