"""Edits as a browser sends them."""

from uuid import uuid4

from django.test import Client
from shapely import box

from slides.regions import Region, to_geojson

DEVICE = "6a1f3a56-2f0f-4a31-9a39-000000000001"


def area(left: float, *, side: float = 100, label: str = "tumour") -> dict:
    """A square as a feature, its upper left corner at (left, left)."""
    square = box(left, left, left + side, left + side)
    return to_geojson([Region(label, square)])["features"][0]


def edit_of(features: dict, *, was: int = 0, key: str | None = None) -> dict:
    """The body of an edit: features by id, None to delete."""
    wishes = [
        {"id": region, "feature": feature, "was": was} for region, feature in features.items()
    ]
    return {"key": key or str(uuid4()), "device": DEVICE, "changes": wishes}


def post(client: Client, slide, edit: dict):
    place = f"/api/slides/{slide.pk}/drawing/edits/"
    return client.post(place, edit, "application/json")
