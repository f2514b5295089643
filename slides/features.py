"""Regions as they go over the wire: GeoJSON features with an id, merged, compared and counted."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

Feature = dict[str, Any]
Features = dict[str, Feature]

_UNNAMED = re.compile(r"r([1-9]\d{0,8})-\d+")


def identified(collection: Mapping[str, Any], revision: int) -> Features:
    """The features of a stored revision by id, in their order.

    Those stored without an id are called after revision and place: r2-0, r2-1, ...
    """
    features = (
        {"type": "Feature", "id": f"r{revision}-{index}"} | feature
        for index, feature in enumerate(collection.get("features", ()))
    )
    return {feature["id"]: feature for feature in features}


def revision_named_in(region: str) -> int | None:
    """The revision whose region has this id because it was stored without one; else None."""
    found = _UNNAMED.fullmatch(region)
    return int(found[1]) if found else None


def collected(features: Features) -> dict[str, Any]:
    """Features as the FeatureCollection that a revision stores."""
    return {"type": "FeatureCollection", "features": list(features.values())}


def merged(features: Features, changes: Iterable[tuple[str, Feature | None]]) -> Features:
    """Features after changes, the later one of a region winning; None deletes it.

    A changed region keeps its place, a new one comes last.
    """
    result = dict(features)
    for region, feature in changes:
        if feature is None:
            result.pop(region, None)
        else:
            result[region] = feature
    return result


def differences(before: Features, after: Features) -> dict[str, Feature | None]:
    """The changes that make after of before."""
    gone: dict[str, Feature | None] = {region: None for region in before if region not in after}
    return gone | {
        region: feature for region, feature in after.items() if before.get(region) != feature
    }


def counts(before: Features, after: Features) -> dict[str, int]:
    """How many regions there are, and how many were added, removed and changed.

    A region that only got another id, as by importing a file again, was neither added nor removed.
    """
    added, removed = _unmatched(
        [after[region] for region in after.keys() - before.keys()],
        [before[region] for region in before.keys() - after.keys()],
    )
    both = [region for region in after.keys() & before.keys() if before[region] != after[region]]
    return {
        "regions": len(after),
        "added": added,
        "removed": removed,
        "changed": sum(content_of(before[region]) != content_of(after[region]) for region in both),
    }


def _unmatched(these: list[Feature], those: list[Feature]) -> tuple[int, int]:
    """How many of each say what none of the others says."""
    if not (these and those):
        return len(these), len(those)
    own = Counter(content_of(feature) for feature in these)
    others = Counter(content_of(feature) for feature in those)
    return (own - others).total(), (others - own).total()


def content_of(feature: Feature) -> str:
    """What a region says, whatever it is called: shape, class and name."""
    properties = feature["properties"]
    said = [feature["geometry"], properties["classification"]["name"], properties.get("name", "")]
    return json.dumps(said, sort_keys=True)
