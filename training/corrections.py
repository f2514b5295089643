"""What people corrected since a version's dataset was pinned, and who said so."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from shapely import unary_union
from shapely.geometry import shape

from slides.features import Feature, Features, content_of, differences
from slides.models import Annotation, Change, Slide
from slides.regions import label_of_class
from slides.revisions import features_of
from training.attribution import Saying
from training.models import Dataset, ModelVersion

NOT_TUMOUR = ("normal", "artefact")


@dataclass(frozen=True)
class Said:
    """One region that somebody added, changed or removed.

    label: what it is called now; empty where it was removed. origin: the reading it was taken
    from, as it says itself. reason: what its author wrote. is_rejection: a reading's finding
    that is called normal or an artefact.
    """

    region: str
    label: str
    author: str
    reason: str
    area_mm2: float | None
    origin: dict[str, Any] = field(default_factory=dict)

    @property
    def is_rejection(self) -> bool:
        return bool(self.origin) and self.label in NOT_TUMOUR


@dataclass(frozen=True)
class Corrected:
    """One slide with what was said of it since. before: 0 where it had no truth then."""

    slide: Slide
    before: int
    after: int
    regions: list[Said]
    authors: list[str]
    is_new: bool = False

    @property
    def area_mm2(self) -> float | None:
        areas = [said.area_mm2 for said in self.regions]
        return None if None in areas else sum(areas)

    @property
    def rejections(self) -> list[Said]:
        return [said for said in self.regions if said.is_rejection]


@dataclass(frozen=True)
class Corrections:
    """All of it, slide by slide."""

    slides: list[Corrected]

    @property
    def regions(self) -> list[Said]:
        return [said for corrected in self.slides for said in corrected.regions]

    @property
    def authors(self) -> list[str]:
        return sorted({author for corrected in self.slides for author in corrected.authors})

    @property
    def rejections(self) -> list[Said]:
        return [said for said in self.regions if said.is_rejection]

    @property
    def area_mm2(self) -> float | None:
        areas = [corrected.area_mm2 for corrected in self.slides]
        return None if None in areas else sum(areas)


def since(version: ModelVersion) -> Corrections:
    """What was corrected since the dataset that a version's weights were fitted to was pinned.

    On the slides of that dataset, and on development slides since drawn on whose regions were
    taken from this version's readings. Edits that are in no revision yet are nobody's truth.
    """
    run = version.source_run
    if run is None:
        return Corrections([])
    dataset = run.dataset
    known = _changed(dataset)
    new = [corrected for slide in _others(dataset) if (corrected := _of_reading(slide, version))]
    return Corrections(sorted(known + new, key=lambda one: one.slide.name))


def _changed(dataset: Dataset) -> list[Corrected]:
    found = []
    for slide in dataset.slides.order_by("pk"):
        before = dataset.revisions.get(str(slide.pk), 0)
        truth = slide.truth
        if truth is not None and truth.revision > before:
            found.append(_between(slide, before, truth))
    return found


def _others(dataset: Dataset) -> Iterable[Slide]:
    """Development slides that are not in a dataset and that somebody drew on."""
    drawn = Slide.objects.ready().with_subset(Slide.Subset.DEVELOPMENT)
    drawn = drawn.filter(annotations__source=Annotation.Source.DRAWN, mpp__isnull=False)
    return drawn.exclude(pk__in=dataset.slides.values("pk")).distinct().order_by("pk")


def _of_reading(slide: Slide, version: ModelVersion) -> Corrected | None:
    corrected = _between(slide, 0, slide.truth, is_new=True)
    names = {said.origin.get("version") for said in corrected.regions}
    return corrected if version.name in names else None


def _between(slide: Slide, before: int, truth: Annotation, *, is_new: bool = False) -> Corrected:
    """What a slide's latest truth says that an earlier revision did not, and who says it."""
    earlier = slide.annotations.filter(revision=before).first()
    was, now = features_of(earlier), features_of(truth)
    known = {content_of(feature) for feature in was.values()}
    changes = {
        region: feature
        for region, feature in differences(was, now).items()
        # A region that only got another id, as by importing a file again, says nothing new.
        if feature is None or content_of(feature) not in known
    }
    still = {content_of(feature) for feature in now.values()}
    gone = [region for region, feature in changes.items() if feature is None]
    for region in gone:
        if content_of(was[region]) in still:
            del changes[region]
    authors = authors_of_regions(truth, since_revision=before)
    regions = [
        _said(region, feature, was.get(region), slide, authors.get(region, ""))
        for region, feature in changes.items()
        if (feature or was[region])["geometry"]["type"] != "Point"
    ]
    revised = slide.annotations.filter(revision__gt=before).select_related("author")
    people = {said.author for said in regions} | {_name(row.author) for row in revised}
    return Corrected(slide, before, truth.revision, regions, sorted(people - {""}), is_new=is_new)


def _said(
    region: str, feature: Feature | None, was: Feature | None, slide: Slide, author: str
) -> Said:
    told = feature or was or {}
    properties = told["properties"]
    label = label_of_class(properties["classification"]["name"]) if feature else ""
    return Said(
        region=region,
        label=label or "",
        author=author,
        reason=properties.get("name", ""),
        area_mm2=_area_mm2(feature, was, slide.mpp),
        origin=properties.get("origin", {}) if feature else {},
    )


def _area_mm2(feature: Feature | None, was: Feature | None, mpp: float | None) -> float | None:
    """The area whose meaning changed: all of it where the class did, else what was redrawn."""
    if mpp is None:
        return None
    shapes = [shape(one["geometry"]) for one in (feature, was) if one]
    if len(shapes) == 1:
        return float(shapes[0].area * mpp**2 / 1e6)
    is_same_class = feature["properties"]["classification"] == was["properties"]["classification"]
    changed = shapes[0] ^ shapes[1] if is_same_class else unary_union(shapes)
    return float(changed.area * mpp**2 / 1e6)


# Who said so ---------------------------------------------------------------


def _name(author: User | None) -> str:
    """As manifests and commands name a person; empty once the account is gone."""
    return author.get_username() if author else ""


def sayings_of(truth: Annotation, since_revision: int | None) -> list[Saying]:
    """Every region of a truth with who says so, and what was removed from it.

    since_revision: what was said after it is a correction; None where nothing was learnt before.
    """
    slide, now = truth.slide, _areas(features_of(truth))
    authors = authors_of_regions(truth)
    if since_revision is None:
        return [Saying(shape(area), authors.get(region, "")) for region, area in now.items()]
    told = _between(slide, since_revision, truth)
    earlier = slide.annotations.filter(revision=since_revision).first()
    was = _areas(features_of(earlier))
    corrected = {said.region: said.author for said in told.regions}
    found = [
        Saying(shape(area), authors.get(region, ""))
        for region, area in now.items()
        if region not in corrected
    ]
    for region, author in corrected.items():
        shapes = [shape(areas[region]) for areas in (was, now) if region in areas]
        found.append(Saying(unary_union(shapes), author, is_correction=True))
    return found


def _areas(features: Features) -> dict[str, Any]:
    """The geometries of regions by id, points left out: they have no area and are no truth."""
    return {
        region: feature["geometry"]
        for region, feature in features.items()
        if feature["geometry"]["type"] != "Point"
    }


def author_of_rest(truth: Annotation) -> str:
    """Who first said that all tumour is marked: what nobody drew on is normal by that.

    Whoever adds a region later says nothing of the rest of the slide. Empty where the truth is
    not exhaustive, or the author unknown.
    """
    earlier = truth.slide.annotations.filter(revision__lte=truth.revision)
    author = ""
    for row in earlier.defer("regions").select_related("author").order_by("-revision"):
        if not row.is_exhaustive:
            break
        author = _name(row.author)
    return author


def authors_of_regions(truth: Annotation, *, since_revision: int = 0) -> dict[str, str]:
    """By region id, who last said what it is: of its last change, else of the revision.

    A revision may hold strokes of several people; each region names its own. Only regions that
    were said after since_revision are told apart.
    """
    revisions = truth.slide.annotations.filter(
        revision__gt=since_revision, revision__lte=truth.revision
    ).select_related("author")
    authors: dict[str, str] = {}
    earlier: Any = truth.slide.annotations.filter(revision=since_revision).first()
    for row in revisions.order_by("revision"):
        for region in differences(features_of(earlier), features_of(row)):
            authors[region] = _name(row.author)
        earlier = row
    changes = Change.objects.filter(slide=truth.slide, sequence__lte=truth.edits_until)
    if since_revision:
        first = truth.slide.annotations.filter(revision=since_revision)
        changes = changes.filter(sequence__gt=first.values_list("edits_until", flat=True)[0])
    own = changes.filter(edit__replacement=None, edit__author__isnull=False)
    last = own.order_by("sequence", "pk").values_list("region", "edit__author__username")
    return authors | dict(last)
