"""Every address of the site, and which of them are whole pages, as the site itself tells."""

from collections.abc import Callable, Iterator
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.role_table import TABLE

ANSWERED = 200


def patterns(found: list[Any] | None = None) -> Iterator[URLPattern]:
    """Every address of the site but the Django admin's."""
    for pattern in get_resolver().url_patterns if found is None else found:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from patterns(pattern.url_patterns)
        else:
            yield pattern


def place_of(name: str, given: dict[str, Any]) -> str:
    pattern = next(pattern for pattern in patterns() if pattern.name == name)
    wanted = pattern.pattern.regex.groupindex
    return reverse(name, kwargs={key: value for key, value in given.items() if key in wanted})


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
