"""Where cells lie, and stamping them on the planes of dye."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import cKDTree

from slides.demo.fields import Rng
from slides.demo.hospital import MPP
from slides.demo.sprites import KINDS, TURNS, Kind, Stamp, bank, tumour_kinds
from slides.demo.tissue_plan import PLAN_PX, TissuePlan, Zone

Group = tuple[Kind, np.ndarray]  # cells of a kind and their centres (n, 2), x and y in l0 px


@dataclass(frozen=True)
class Crowd:
    """Cells of one kind in some zones: a hexagonal lattice, shaken, with places left empty."""

    kind: str
    zones: tuple[Zone, ...]
    spacing_um: float
    kept: float
    is_large: bool = False  # smaller cells make room for it


CROWDS = (
    Crowd("macrophage", (Zone.CENTRE,), 62, 0.75, is_large=True),
    Crowd("centroblast", (Zone.CENTRE,), 11.6, 0.66, is_large=True),
    Crowd("centrocyte", (Zone.CENTRE,), 8.6, 0.55),
    Crowd("lymphocyte", (Zone.CENTRE,), 12.0, 0.22),
    Crowd("mantle", (Zone.MANTLE,), 6.7, 0.95),
    Crowd("centroblast", (Zone.CORTEX, Zone.PARACORTEX), 34, 0.55, is_large=True),
    Crowd("lymphocyte", (Zone.CORTEX,), 7.3, 0.92),
    Crowd("histiocyte", (Zone.PARACORTEX,), 30, 0.6, is_large=True),
    Crowd("endothelium", (Zone.PARACORTEX, Zone.TRABECULA), 24, 0.35, is_large=True),
    Crowd("lymphocyte", (Zone.PARACORTEX,), 7.9, 0.82),
    Crowd("plasma", (Zone.CORD,), 10.8, 0.5, is_large=True),
    Crowd("histiocyte", (Zone.CORD,), 34, 0.5, is_large=True),
    Crowd("lymphocyte", (Zone.CORD,), 8.2, 0.7),
    Crowd("histiocyte", (Zone.SINUS,), 15.5, 0.62, is_large=True),
    Crowd("lymphocyte", (Zone.SINUS,), 13.0, 0.35),
    Crowd("fibroblast", (Zone.CAPSULE, Zone.TRABECULA), 17, 0.5),
    Crowd("red", (Zone.BLOOD,), 6.3, 0.85),
    Crowd("fibroblast", (Zone.STROMA,), 16, 0.5),
    Crowd("plasma", (Zone.STROMA,), 22, 0.3),
)


@dataclass(frozen=True)
class Cells:
    """stamp: index into the stamps of all kinds. x_l0, y_l0: centres, sorted by y_l0."""

    stamp: np.ndarray
    x_l0: np.ndarray
    y_l0: np.ndarray


def tumour_crowds(rng: Rng, tumour: Kind) -> tuple[Crowd, ...]:
    """Tumour cells as close as their size allows, with lymphocytes between, more or fewer."""
    width_um = 2 * tumour.radius_um + tumour.cytoplasm_um
    lymphocytes = rng.uniform(0.05, 0.4)
    nest = (Zone.NEST,)
    return (
        Crowd("mitosis", nest, 75, 0.5, is_large=True),
        Crowd("dark tumour", nest, 2.6 * width_um, 0.5, is_large=True),
        Crowd("tumour", nest, width_um * rng.uniform(0.84, 0.95), 0.94, is_large=True),
        Crowd("tumour", (Zone.STROMA,), 46, 0.3, is_large=True),
        Crowd("lymphocyte", (Zone.NEST, Zone.RIM), 14, lymphocytes),
        Crowd("lymphocyte", (Zone.STROMA,), 9.5, rng.uniform(0.15, 0.65)),
        Crowd("debris", (Zone.NECROSIS,), 7.5, 0.6),
    )


def lay_cells(plan: TissuePlan) -> tuple[list[Stamp], Cells]:
    """The stamps of this slide's cells, and where each cell is put."""
    tumour = tumour_kinds(plan.order.random("tumour"), plan.order.histotype)
    kinds = {kind.name: kind for kind in (*KINDS, *tumour)}
    crowds = CROWDS + tumour_crowds(plan.order.random("nests"), tumour[0])
    large: list[Group] = []
    small: list[Group] = []
    for number, crowd in enumerate(crowds):
        rng = plan.order.random(f"crowd {number}")
        points = scatter(rng, plan, crowd)
        (large if crowd.is_large else small).append((kinds[crowd.kind], points))
        if crowd.kind == "macrophage":
            small.append((kinds["debris"], _around(rng, points)))
    groups = _with_enough_variants(_apart(large) + _cleared(small, large))
    stamps, first = _stamps(plan, [kind for kind, _ in groups])
    return stamps, _numbered(plan, groups, first, stamps)


def scatter(rng: Rng, plan: TissuePlan, crowd: Crowd) -> np.ndarray:
    """(n, 2) centres (x, y) in level-0 px of one crowd."""
    step = crowd.spacing_um / MPP
    rows = int(plan.order.height / (step * 0.866)) + 1
    columns = int(plan.order.width / step) + 1
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    points = np.stack([(x + y % 2 / 2) * step, y * step * 0.866], axis=-1).reshape(-1, 2)
    points += rng.normal(0, 0.17 * step, size=points.shape)
    kept = rng.uniform(size=len(points)) < crowd.kept
    points = points[kept & (points > 0).all(axis=1)]
    points = points[(points < [plan.order.width, plan.order.height]).all(axis=1)]
    return points[np.isin(_at(plan.zone, points), crowd.zones)]


def paint_cells(planes: np.ndarray, stamps: list[Stamp], cells: Cells) -> None:
    """Stamp every cell on planes, uint8 (2, rows, columns), in place, from top to bottom."""
    places = zip(cells.stamp.tolist(), cells.x_l0.tolist(), cells.y_l0.tolist(), strict=True)
    for number, x, y in places:
        one = stamps[number]
        under = planes[:, y - one.half : y + one.half + 1, x - one.half : x + one.half + 1]
        under[:] = (under * one.keep) >> 8
        under += one.ink


def _at(field: np.ndarray, points: np.ndarray) -> np.ndarray:
    places = (points / PLAN_PX).astype(int)
    return field[places[:, 1], places[:, 0]]


def _around(rng: Rng, points: np.ndarray) -> np.ndarray:
    """Crumbs of dead cells inside each macrophage of a germinal centre."""
    crumbs = np.repeat(points, 4, axis=0)
    return crumbs + rng.normal(0, 4.2 / MPP, size=crumbs.shape)


def _apart(groups: Sequence[Group]) -> list[Group]:
    """The groups without cells that fall on a cell of an earlier group."""
    done: list[Group] = []
    for kind, points in groups:
        done += _cleared([(kind, points)], done)
    return done


def _cleared(groups: Sequence[Group], others: Sequence[Group]) -> list[Group]:
    """The groups without cells that fall on a cell of the others."""
    kept = list(groups)
    for other, places in others:
        if not len(places):
            continue
        tree = cKDTree(places)
        freed = []
        for kind, points in kept:
            if kind.name == "debris" and other.name == "macrophage":
                freed.append((kind, points))
                continue
            reach = (kind.radius_um + other.radius_um + 0.5 * other.cytoplasm_um) * 0.9 / MPP
            gap, _ = tree.query(points, distance_upper_bound=reach)
            freed.append((kind, points[np.isinf(gap)]))
        kept = freed
    return kept


def _with_enough_variants(groups: Sequence[Group]) -> list[Group]:
    """The groups that have cells, their kinds with no more variants than cells to show them."""
    counts: Counter[str] = Counter()
    for kind, points in groups:
        counts[kind.name] += len(points)
    wanted = {name: -(-count // TURNS) * TURNS for name, count in counts.items()}
    return [
        (replace(kind, variants=min(kind.variants, wanted[kind.name])), points)
        for kind, points in groups
        if len(points)
    ]


def _stamps(plan: TissuePlan, kinds: list[Kind]) -> tuple[list[Stamp], dict[str, int]]:
    stamps: list[Stamp] = []
    first = {}
    for kind in {kind.name: kind for kind in kinds}.values():
        first[kind.name] = len(stamps)
        stamps += bank(plan.order.random(f"sprites {kind.name}"), kind)
    return stamps, first


def _numbered(
    plan: TissuePlan, groups: Sequence[Group], first: dict[str, int], stamps: list[Stamp]
) -> Cells:
    """All groups as one, each cell with its stamp, those that would leave the slide left out."""
    rng = plan.order.random("turns")
    slope_y, slope_x = np.gradient(plan.fibre_um)
    numbers, places = [np.zeros(0, int)], [np.zeros((0, 2))]
    for kind, points in groups:
        number = rng.integers(kind.variants, size=len(points))
        if kind.is_oriented:
            along = np.arctan2(_at(slope_y, points), _at(slope_x, points))
            turn = np.round((along + np.pi / 2) / np.pi * TURNS).astype(int) % TURNS
            number = number - number % TURNS + turn
        numbers.append(number + first[kind.name])
        places.append(points)
    number, place = np.concatenate(numbers), np.concatenate(places).astype(int)
    half = np.array([one.half for one in stamps])[number][:, None]
    fits = ((place >= half) & (place + half < [plan.order.width, plan.order.height])).all(axis=1)
    number, place = number[fits], place[fits]
    down = np.argsort(place[:, 1], kind="stable")
    return Cells(number[down], place[down, 0], place[down, 1])
