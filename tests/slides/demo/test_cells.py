"""Where cells lie, and how they are stamped."""

from dataclasses import replace

import numpy as np
import pytest
from shapely import points as shapely_points

from slides.demo.cells import Cells, Crowd, lay_cells, paint_cells, scatter, tumour_crowds
from slides.demo.hospital import MPP, hospital
from slides.demo.sprites import KINDS, Stamp, bank, stamp, tumour_kinds
from slides.demo.tissue_plan import PLAN_PX, Zone, plan_tissue


@pytest.fixture(scope="module")
def plan():
    return plan_tissue(hospital(side=1800)[0])


def test_a_crowd_stays_in_its_zones(plan):
    points = scatter(np.random.default_rng(1), plan, Crowd("lymphocyte", (Zone.SINUS,), 9, 0.9))

    places = (points / PLAN_PX).astype(int)
    assert len(points) > 50
    assert set(plan.zone[places[:, 1], places[:, 0]]) == {Zone.SINUS}


def test_tumour_nuclei_lie_within_the_outlines(plan):
    tumour = tumour_kinds(np.random.default_rng(1), "IDC")[0]
    crowds = tumour_crowds(np.random.default_rng(1), tumour)
    nests = next(crowd for crowd in crowds if crowd.kind == "tumour")
    found = shapely_points(scatter(np.random.default_rng(1), plan, nests))

    reach = [lesion.polygon.buffer(-5 / MPP).contains(found).sum() for lesion in plan.lesions]

    assert sum(reach) == len(found) > 20


def test_a_plan_covers_its_outlines_to_a_hundredth(plan):
    tumour = np.isin(plan.zone, (Zone.NEST, Zone.STROMA, Zone.NECROSIS, Zone.RIM))
    area_px = sum(lesion.polygon.area for lesion in plan.lesions)

    assert tumour.sum() * PLAN_PX**2 == pytest.approx(area_px, rel=0.01)


def test_tumour_nuclei_are_larger_and_paler_than_lymphocytes():
    lymphocyte = KINDS[0]

    for histotype in ("IDC", "ILC"):
        tumour = tumour_kinds(np.random.default_rng(1), histotype)[0]
        assert tumour.radius_um > 1.5 * lymphocyte.radius_um
        assert tumour.body < 0.7 * lymphocyte.body


def test_a_bank_has_as_many_stamps_as_its_kind_has_variants():
    stamps = bank(np.random.default_rng(1), replace(KINDS[0], variants=5))

    assert len(stamps) == 5
    assert stamps[0].ink.shape == (2, 2 * stamps[0].half + 1, 2 * stamps[0].half + 1)


def test_a_nucleus_covers_its_middle_and_leaves_its_corner():
    one = stamp(np.random.default_rng(1), KINDS[0], 0.0)

    assert one.keep[0, one.half, one.half] == 0
    assert one.keep[0, 0, 0] == 256
    assert one.ink[0, 0, 0] == 0


def test_a_stamp_replaces_what_it_covers():
    keep = np.full((2, 3, 3), 256, np.uint16)
    keep[:, 1, 1] = 0
    ink = np.zeros((2, 3, 3), np.uint8)
    ink[0, 1, 1] = 90
    planes = np.full((2, 5, 5), 10, np.uint8)

    paint_cells(planes, [Stamp(keep, ink, 1)], Cells(*np.array([[0], [2], [3]])))

    assert planes[0, 3, 2] == 90
    assert planes[1, 3, 2] == 0
    assert (planes[0] == 10).sum() == 24


def test_no_cell_reaches_over_the_edge_of_the_slide(plan):
    stamps, cells = lay_cells(plan)

    half = np.array([stamps[number].half for number in cells.stamp])
    assert (cells.x_l0 - half).min() >= 0
    assert (cells.y_l0 + half).max() < plan.order.height
