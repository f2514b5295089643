"""Studies, their seats and reviews, as rows, without anything that makes them."""

from typing import Any

from django.contrib.auth.models import Group, User
from django.utils.timezone import now

from predictions.review.models import Review, Study, StudySlide, Verdict, WorkItem
from slides.models import Slide

BOX = {"type": "Polygon", "coordinates": [[[0, 0], [32, 0], [32, 32], [0, 32], [0, 0]]]}


def a_user(name: str, role: str = "pathologist") -> User:
    user = User.objects.create_user(name, password="a long enough pass phrase")
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


def a_study(slides: list[Slide], readers: list[User], **fields: Any) -> Study:
    row = {"name": "a study", "state": "open", "readings": len(readers)} | fields
    study = Study.objects.create(**row)
    study.readers.set(readers)
    for slide in slides:
        StudySlide.objects.create(study=study, slide=slide)
    return study


def an_item(slide: Slide, reader: User | None = None, **fields: Any) -> WorkItem:
    row = {"patient": slide.patient, "name": slide.name, "arrived_at": slide.created_at} | fields
    return WorkItem.objects.create(slide=slide, assigned_to=reader, **row)


def a_review(item: WorkItem, reader: User, **fields: Any) -> Review:
    """A review of an item; `signed=True` signs it as the row wants it."""
    row: dict[str, Any] = {"slide": item.slide, "prediction": item.prediction}
    if fields.pop("signed", False):
        row |= {"state": "signed", "signed_at": now(), "frozen_sha256": "0" * 64}
    return Review.objects.create(item=item, reader=reader, **row | fields)


def a_verdict(review: Review, **fields: Any) -> Verdict:
    sequence = review.verdicts.count() + 1
    row = {"finding": f"a{sequence}", "kind": "added", "region": BOX, "by": review.reader}
    return Verdict.objects.create(review=review, sequence=sequence, **row | fields)
