"""What every page shows of the desk: how many notices and alarms wait for whoever looks."""

from typing import Any

from django import template

from predictions.review import desk, waiting
from slides.models import Slide

register = template.Library()


@register.simple_tag
def waiting_for(user: Any) -> waiting.Waiting:
    return waiting.waiting_for(user)


@register.simple_tag
def work_on(slide: Slide, user: Any) -> desk.Work:
    return desk.work_on(slide, user)
