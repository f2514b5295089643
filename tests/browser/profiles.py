"""Browser profiles that are wiped and used again.

A reading page asks for some 180 files. A profile that has them opens it in half the time, as a
reader's does; whatever else a page leaves behind is taken away before the next test has it.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.contrib.staticfiles.handlers import StaticFilesHandler

LEFT_BEHIND = "cookies,local_storage,indexeddb,service_workers,cache_storage,file_systems"
VIEW = {"width": 1366, "height": 768}


class Profiles:
    """take() gives a profile that nobody uses; what is given back knows nobody any more."""

    def __init__(self, launched: Callable[[], Any]) -> None:
        self.launched = launched
        self.free: dict[str, list[Any]] = defaultdict(list)
        self.taken: dict[Any, str] = {}

    def take(self, url: str, **options: Any) -> Any:
        options = {"viewport": VIEW, "base_url": url} | options
        browser, kind = self.launched(), repr(sorted(options.items()))
        while self.free[kind]:
            context = self.free[kind].pop()
            if context.browser is browser and browser.is_connected():
                break
        else:
            context = browser.new_context(**options)
        self.taken[context] = kind
        return context

    def give_back(self, context: Any, url: str) -> None:
        """Close its pages unheard, and wipe it: a page that goes sends a last word."""
        kind = self.taken.pop(context)
        context.set_offline(True)
        blank = context.new_page()
        for page in context.pages:
            if page is not blank:
                page.close()
        wiped = {"origin": url, "storageTypes": LEFT_BEHIND}
        context.new_cdp_session(blank).send("Storage.clearDataForOrigin", wiped)
        context.clear_cookies()
        context.clear_permissions()
        blank.close()
        context.set_offline(False)
        self.free[kind].append(context)


def kept_by_browsers(handler: type[StaticFilesHandler]) -> Callable:
    """Static files as the site serves them: to be kept."""
    serve = handler.serve

    def serve_to_keep(self: StaticFilesHandler, request: Any) -> Any:
        response = serve(self, request)
        response["Cache-Control"] = "max-age=3600"
        return response

    return serve_to_keep
