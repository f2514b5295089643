"""Every page of the site with its address, found from the addresses that the site answers."""

from collections.abc import Callable
from typing import Any

from django.test import Client

from tests.test_roles import TABLE, place_of

ANSWERED = 200


def whole_pages(admin: Client, arguments: Callable[[str], dict[str, Any]]) -> dict[str, str]:
    """Addresses of the pages an admin may read, by name; fragments, pictures and JSON left out.

    A page that is new is among them by itself: tests/test_roles.py lets no address be left out of
    its table, nor one that the table calls readable fail.
    """
    readable = [name for name, answers in TABLE.items() if answers.get("get", (0,))[-1] == ANSWERED]
    places = {name: place_of(name, arguments(name)) for name in readable}
    return {name: place for name, place in places.items() if is_whole_page(admin, place)}


def is_whole_page(client: Client, place: str) -> bool:
    answer = client.get(place)
    return "text/html" in answer["Content-Type"] and b"<html" in answer.content
