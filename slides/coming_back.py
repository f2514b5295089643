"""Where a page goes back to once a form was dealt with."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def page_to_return_to(request: HttpRequest) -> str:
    """The page of this site that the form asks for, else the one it was sent from; empty: none."""
    pages = request.POST.get("next", ""), request.headers.get("Referer", "")
    ours = {request.get_host()}
    return next((page for page in pages if url_has_allowed_host_and_scheme(page, ours)), "")
