"""Make the hospital's files: several slides at once, each only if it is not there yet."""

import csv
import io
import json
import os
import signal
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import active_children, get_context
from pathlib import Path
from time import monotonic

from slides.demo.hospital import MPP, SlideOrder
from slides.demo.painting import Painted, paint
from slides.demo.writing import whole_file, write_mask, write_outlines, write_slide

PAINTER = 2  # count up when the same order gives other pixels: slides are then made anew
COLUMNS = (
    *("file", "mask", "outlines", "patient", "subset", "label", "histotype", "lesions"),
    *("stain", "ink", "width", "height", "mpp", "seed", "is_synthetic"),
)
NOTICE = "SYNTHETIC slide, painted by a program from a seed; no patient was involved"

README = """# A synthetic hospital

Every slide here was painted by a program (`manage.py make_demo_slides`) from seed {seed}. No
pixel comes from a patient. Do not use it to judge how well a model reads real tissue.

The layout is CAMELYON16's:

    training/normal/normal_001.tif                  development slides without tumour
    training/tumor/tumor_001.tif                    development slides with tumour
    training/lesion_annotations/tumor_001.xml       outlines (ASAP XML; _0 tumour, _2 holes)
    training/masks/tumor_001_mask.tif               masks (0, tumour 1), same size as the slide
    testing/images/test_001.tif                     test slides
    testing/lesion_annotations/, testing/masks/     of the test slides with tumour
    testing/reference.csv                           name, Tumor or Normal, histotype, largest lesion
    slides.csv                                      every slide: patient, subset, stain, lesions
    facts/tumor_001.json                            the same for one slide, with its seed

Unlike CAMELYON16, reference.csv may say ITC, and masks lie in folders of their own.
Slides: tiled JPEG BigTIFF pyramids, {mpp} um per px at level 0. Sizes of lesions are longest
diameters in um; positions are centres in level-0 px.
"""


@dataclass(frozen=True)
class Made:
    """One slide's facts, and whether it was made just now (else it lay there already)."""

    facts: dict
    is_new: bool


def places(folder: Path, order: SlideOrder) -> dict[str, Path]:
    """Where one slide's files lie: slide, facts, and for a tumour slide mask and outlines."""
    if order.subset == "test":
        part, slide = folder / "testing", folder / "testing" / "images" / f"{order.name}.tif"
    else:
        part = folder / "training"
        slide = part / ("tumor" if order.lesions else "normal") / f"{order.name}.tif"
    files = {"slide": slide, "facts": folder / "facts" / f"{order.name}.json"}
    if order.lesions:
        files["mask"] = part / "masks" / f"{order.name}_mask.tif"
        files["outlines"] = part / "lesion_annotations" / f"{order.name}.xml"
    return files


def make_hospital(
    folder: Path,
    orders: Iterable[SlideOrder],
    *,
    jobs: int = 1,
    report: Callable[[int, int, str, float], None] = lambda *_: None,
) -> list[Made]:
    """Make what is missing of the orders below folder; then its lists.

    report(done, total, name, seconds left) is called after every slide that was made.
    A finished slide of the same seed, size and painter is left as it is.
    """
    orders = list(orders)
    made = {order.name: kept for order in orders if (kept := _kept(folder, order))}
    missing = [order for order in orders if order.name not in made]
    started = monotonic()
    for one in _made(folder, missing, jobs):
        made[one.facts["name"]] = one
        done = sum(each.is_new for each in made.values())
        left = (monotonic() - started) / done * (len(missing) - done)
        report(len(made), len(orders), one.facts["name"], left)
    in_order = [made[order.name] for order in orders]
    _write_lists(folder, orders, [one.facts for one in in_order])
    return in_order


def make_slide(folder: Path, order: SlideOrder) -> Made:
    """Paint one slide and write its files; the slide itself comes last, so it vouches for all."""
    painted = paint(order)
    files = places(folder, order)
    facts = _facts(folder, order, painted)
    if "mask" in files:
        with whole_file(files["mask"]) as draft:
            write_mask(draft, painted.lesions, width=order.width, height=order.height)
        with whole_file(files["outlines"]) as draft:
            write_outlines(draft, painted.lesions)
    with whole_file(files["facts"]) as draft:
        draft.write_text(json.dumps(facts, indent=1) + "\n")
    with whole_file(files["slide"]) as draft:
        write_slide(draft, painted.rgb, f"{NOTICE}. Seed {order.seed}, slide {order.name}.")
    return Made(facts, is_new=True)


def _made(folder: Path, orders: list[SlideOrder], jobs: int) -> Iterable[Made]:
    if jobs <= 1 or len(orders) <= 1:
        yield from (make_slide(folder, order) for order in orders)
        return
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_be_a_worker)
    try:
        for future in as_completed([pool.submit(make_slide, folder, order) for order in orders]):
            yield future.result()
    except BaseException:
        for process in active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _be_a_worker() -> None:
    """One thread each; Ctrl-C is the parent's to handle, a stop asked of us ends cleanly."""
    os.environ["VIPS_CONCURRENCY"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)


def _leave(*_: object) -> None:
    raise SystemExit(1)


def _order_key(order: SlideOrder) -> dict:
    return {"painter": PAINTER, **asdict(order), "lesions": list(order.lesions)}


def _kept(folder: Path, order: SlideOrder) -> Made | None:
    """The slide that lies there already, if it was made from this very order."""
    files = places(folder, order)
    if not all(path.exists() for path in files.values()):
        return None
    facts = json.loads(files["facts"].read_text())
    return Made(facts, is_new=False) if facts["order"] == _order_key(order) else None


def _facts(folder: Path, order: SlideOrder, painted: Painted) -> dict:
    files = {kind: str(path.relative_to(folder)) for kind, path in places(folder, order).items()}
    lesions = [
        {
            "class": lesion.size_class,
            "diameter_um": lesion.diameter_um,
            "x_l0": round(lesion.polygon.centroid.x),
            "y_l0": round(lesion.polygon.centroid.y),
            "area_mm2": round(lesion.polygon.area * MPP**2 / 1e6, 4),
        }
        for lesion in painted.lesions
    ]
    return {
        "name": order.name,
        "is_synthetic": True,
        "notice": NOTICE,
        "files": files,
        "mpp": MPP,
        "lesions": lesions,
        "stain": asdict(painted.stain),
        "cells": painted.cells,
        "artefacts": {"folds": painted.folds, "blurs": painted.blurs, "ink": painted.ink},
        "order": _order_key(order),
    }


def _write_lists(folder: Path, orders: list[SlideOrder], facts: list[dict]) -> None:
    rows = [_row(order, fact) for order, fact in zip(orders, facts, strict=True)]
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    reference = [
        f"{Path(row['file']).stem},{row['label']},{row['histotype']},{_largest(fact)}\n"
        for row, fact in zip(rows, facts, strict=True)
        if row["subset"] == "test"
    ]
    readme = README.format(seed=orders[0].seed, mpp=MPP)
    _write_text(folder / "README.md", readme)
    _write_text(folder / "testing" / "reference.csv", "".join(reference))
    _write_text(folder / "slides.csv", table.getvalue())


def _write_text(path: Path, text: str) -> None:
    with whole_file(path) as draft:
        draft.write_text(text)


def _row(order: SlideOrder, fact: dict) -> dict:
    lesions = [
        f"{each['class']} {each['diameter_um']:.0f} um at {each['x_l0']} {each['y_l0']}"
        for each in fact["lesions"]
    ]
    return {
        "file": fact["files"]["slide"],
        "mask": fact["files"].get("mask", ""),
        "outlines": fact["files"].get("outlines", ""),
        "patient": order.patient,
        "subset": order.subset,
        "label": "Tumor" if lesions else "Normal",
        "histotype": order.histotype,
        "lesions": "; ".join(lesions),
        "stain": fact["stain"]["laboratory"],
        "ink": fact["artefacts"]["ink"],
        "width": order.width,
        "height": order.height,
        "mpp": MPP,
        "seed": order.seed,
        "is_synthetic": "yes",
    }


def _largest(fact: dict) -> str:
    sizes = {lesion["class"] for lesion in fact["lesions"]}
    words = (("macro", "Macro"), ("micro", "Micro"), ("itc", "ITC"))
    return next((word for size, word in words if size in sizes), "None")
