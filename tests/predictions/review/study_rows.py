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
        row |= {"state": "signed", "signed_at": now(), "frozen_sha256": f"{item.pk:064x}"}
    return Review.objects.create(item=item, reader=reader, **row | fields)


def a_verdict(review: Review, **fields: Any) -> Verdict:
    sequence = review.verdicts.count() + 1
    row = {"finding": f"a{sequence}", "kind": "added", "region": BOX, "by": review.reader}
    return Verdict.objects.create(review=review, sequence=sequence, **row | fields)


# A study that was read ------------------------------------------------------------------


def a_reading(study: Study, slide: Slide, reader: User, said: tuple[str, str], **fields) -> Review:
    """A signed reading. said: without the model ("" where that was not asked), and with it."""
    seat = fields.pop("seat", 1)
    member = {"study": study, "seat": seat, "state": "signed", "prediction": fields.pop("of", None)}
    item = an_item(slide, reader, **member)
    alone = {"unaided": said[0], "unaided_at": now(), "unaided_seconds": 60.0} if said[0] else {}
    told = {"conclusion": said[1], "active_seconds": 80.0, "is_adequate": True}
    return a_review(item, reader, signed=True, **alone | told | fields)


def a_read_study(slides: list[Slide], readers: list[User], **fields: Any) -> Study:
    """Two readers over slides of eight patients or fewer, unaided first; ann errs, then learns."""
    study = a_study(slides, readers, is_unaided_first=True, name="Nodes of spring", **fields)
    for place, slide in enumerate(slides):
        truth = slide.truth
        holds = "micro" if truth and truth.tumour_area_px else "negative"
        StudySlide.objects.filter(study=study, slide=slide).update(truth=truth)
        alone = "negative" if place % 3 == 0 else holds
        a_reading(study, slide, readers[0], (alone, holds), unaided_seconds=90.0 + place)
        other = "itc" if place == 1 else holds
        a_reading(study, slide, readers[1], (holds, other), seat=2, unaided_seconds=40.0)
    return study
