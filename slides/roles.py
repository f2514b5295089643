"""Who may do what. A pathologist reads and annotates; an admin also runs the place."""

from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from rest_framework.permissions import SAFE_METHODS, BasePermission

from slides import withheld

ADMIN = "admin"
PATHOLOGIST = "pathologist"


def is_admin(user: Any) -> bool:
    """True for members of the group "admin" and for superusers."""
    return ADMIN in _roles(user)


def is_reader(user: Any) -> bool:
    """True for everybody with a role: pathologists and admins."""
    return bool(_roles(user))


def _roles(user: Any) -> set[str]:
    """The user's roles, asked of the database once per request."""
    if not user.is_authenticated or not user.is_active:
        return set()
    if not hasattr(user, "_sentinode_roles"):
        names = set(user.groups.values_list("name", flat=True)) & {ADMIN, PATHOLOGIST}
        user._sentinode_roles = names | ({ADMIN} if user.is_superuser else set())
    return user._sentinode_roles


def _closed_to(request: Any) -> str:
    """Why this address is closed to a user who has the role for it; empty where it is open."""
    match = request.resolver_match
    return withheld.refusal(request.user, match.url_name, match.kwargs) if match else ""


def _required(test: Any, message: str) -> Any:
    def decorate(view: Any) -> Any:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not test(request.user):
                raise PermissionDenied(message)
            if words := _closed_to(request):
                raise PermissionDenied(words)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


admin_required = _required(is_admin, "Only an admin may do this. Ask one of yours.")
reader_required = _required(
    is_reader, "Your account has no role yet. Ask an admin to give you one."
)


class _RolePermission(BasePermission):
    """Let in who has the role, unless the address is closed to them for now."""

    message = "Your account has no role that allows this. Ask an admin."

    def has_role(self, request: Any) -> bool:
        raise NotImplementedError

    def has_permission(self, request: Any, view: Any) -> bool:
        if not self.has_role(request):
            return False
        if words := _closed_to(request):
            self.message = words
        return not words


class ReaderPermission(_RolePermission):
    """Read for every role; write for admins."""

    def has_role(self, request: Any) -> bool:
        return is_reader(request.user) if request.method in SAFE_METHODS else is_admin(request.user)


class AnnotatorPermission(_RolePermission):
    """Read and write for every role."""

    def has_role(self, request: Any) -> bool:
        return is_reader(request.user)


class AdminPermission(_RolePermission):
    message = "Only an admin may do this."

    def has_role(self, request: Any) -> bool:
        return is_admin(request.user)
