"""Logging in to the pages. Guessing is slowed down, as it is over the API."""

from http import HTTPStatus
from typing import Any

from django.contrib.auth.views import LoginView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from rest_framework.throttling import ScopedRateThrottle

from predictions.review.work_filters import has_work
from slides import audit
from slides.roles import is_admin


class Login(LoginView):
    """The log-in page. An address may try as often as `DEFAULT_THROTTLE_RATES` says."""

    redirect_authenticated_user = True
    throttle_scope = "login"

    def get_default_redirect_url(self) -> str:
        """A pathologist with work to do lands on it."""
        user = self.request.user
        if not is_admin(user) and has_work(user):
            return reverse("worklist")
        return super().get_default_redirect_url()

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        audit.record(user, "log in", user)
        return super().form_valid(form)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        throttle = ScopedRateThrottle()
        if throttle.allow_request(request, self):
            return super().post(request, *args, **kwargs)
        seconds = int(throttle.wait() or 0) + 1
        # Without data, so that nothing is checked: an answer would tell what a guess was worth.
        context = self.get_context_data(form=self.form_class(request), seconds=seconds)
        response = self.render_to_response(context, status=HTTPStatus.TOO_MANY_REQUESTS)
        response["Retry-After"] = str(seconds)
        return response


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
def admin_login(request: HttpRequest) -> HttpResponse:
    """The Django admin has no log-in of its own, which could be guessed at without limit."""
    if request.user.is_active and request.user.is_staff:
        return redirect("admin:index")
    if request.user.is_authenticated:
        raise PermissionDenied("The site's administration is for staff accounts only.")
    return redirect_to_login(request.GET.get("next", "/admin/"))
