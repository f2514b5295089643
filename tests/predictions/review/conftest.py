"""A slide that was read, with three findings, and readers who review it."""

from collections.abc import Callable

import numpy as np
import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from predictions.models import Prediction
from predictions.review import reviewing, worklist
from predictions.review.models import Review, WorkItem
from slides.models import Slide
from tests.predictions.rows import PATCH_PX
from training.models import Stage

ROWS, COLUMNS = 20, 40  # of the grid; a cell is 32 px, which are 16 um


def three_lesions() -> np.ndarray:
    """c1: 3 x 3 cells (itc). c2: 2 x 20 cells, 321 um (micro). c3: one cell (itc)."""
    cells = np.full((ROWS, COLUMNS), 0.1, np.float32)
    cells[2:5, 2:5] = 0.95
    cells[12:14, 8:28] = 0.8
    cells[2, 32] = 0.6
    return cells


@pytest.fixture
def desk_slide(make_slide) -> Callable[..., Slide]:
    """desk_slide("name", **fields): 1280 x 640 px of 0.5 um, all of it tissue."""

    def make(name: str = "slide", **fields) -> Slide:
        rgb = np.full((ROWS * PATCH_PX, COLUMNS * PATCH_PX, 3), 150, np.uint8)
        return make_slide(name, rgb, **{"mpp": 0.5} | fields)

    return make


@pytest.fixture
def reading(desk_slide, make_version, predicted) -> Prediction:
    """What the live version read in a development slide."""
    return predicted(desk_slide(), make_version("live", stage=Stage.LIVE), three_lesions())


@pytest.fixture
def work(reading) -> WorkItem:
    return worklist.open_work(reading)


@pytest.fixture
def review(work, pathologist) -> Review:
    """The pathologist's open review; nothing was said in it yet."""
    return reviewing.begin(item=work, reader=pathologist)


@pytest.fixture
def colleague(db) -> User:
    """Another pathologist."""
    user = User.objects.create_user("dora", password="a long enough pass phrase")
    user.groups.add(Group.objects.get_or_create(name="pathologist")[0])
    return user


@pytest.fixture
def as_colleague(colleague) -> Client:
    client = Client()
    client.force_login(colleague)
    return client
