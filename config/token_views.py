"""The page of one's own tokens, for people who would rather not send a password by script."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from knox.models import AuthToken

from config.tokens import create_token, tokens_of
from slides.jobs import Reason
from slides.roles import reader_required


@never_cache
@require_http_methods(["GET", "POST"])
@reader_required
def token_list(request: HttpRequest) -> HttpResponse:
    """GET lists; POST makes one and shows its secret in this one answer."""
    secret = _new_secret(request) if request.method == "POST" else ""
    context: dict[str, Any] = {"tokens": tokens_of(request.user), "secret": secret}
    return render(request, "registration/tokens.html", context)


def _new_secret(request: HttpRequest) -> str:
    try:
        return create_token(request.user)[1]
    except Reason as reason:
        messages.error(request, str(reason))
        return ""


@require_POST
@reader_required
def token_revoke(request: HttpRequest, key: str) -> HttpResponse:
    get_object_or_404(AuthToken, token_key=key, user=request.user).delete()
    messages.success(request, _("The token is revoked. Scripts that use it are refused from now."))
    return redirect("token-list")
