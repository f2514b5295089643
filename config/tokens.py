"""Tokens for scripts: made with a password, shown once, stored hashed, ended by time or hand."""

from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from knox.models import AuthToken
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle

from slides.jobs import Reason

TOKENS_PER_USER = 20


class TokenSerializer(serializers.ModelSerializer):
    """A token as it may be shown at any time: never the secret."""

    id = serializers.CharField(source="token_key", help_text="How the token begins")

    class Meta:
        model = AuthToken
        fields = ["id", "created", "expiry"]


class NewTokenSerializer(TokenSerializer):
    token = serializers.CharField(help_text="Shown this once")

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]


class CredentialsSerializer(serializers.Serializer):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(
        max_length=1000, trim_whitespace=False, style={"input_type": "password"}
    )


def create_token(user: User) -> tuple[AuthToken, str]:
    """A new token and its secret, which is not stored and cannot be shown again.

    Raises Reason (code "too_many_tokens") where the user holds as many as allowed.
    """
    if AuthToken.objects.filter(user=user).count() >= TOKENS_PER_USER:
        raise Reason(
            f"{user} holds {TOKENS_PER_USER} tokens already; revoke one first.", "too_many_tokens"
        )
    return AuthToken.objects.create(user)


def tokens_of(user: User) -> QuerySet[AuthToken]:
    """A person's tokens, newest first."""
    return AuthToken.objects.filter(user_id=user.pk).order_by("-created")


class TokenViewSet(mixins.ListModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet):
    """Your own tokens. Send one as `Authorization: Token ...`."""

    serializer_class = TokenSerializer
    permission_classes = [IsAuthenticated]
    queryset = AuthToken.objects.none()
    lookup_field = "token_key"
    lookup_url_kwarg = "id"
    lookup_value_regex = "[0-9a-f]{15}"
    throttle_scope = "login"
    filter_backends: list[Any] = []

    def get_queryset(self) -> Any:
        return tokens_of(self.request.user)

    def get_throttles(self) -> list[Any]:
        return [ScopedRateThrottle()] if self.action == "create" else []

    @extend_schema(request=CredentialsSerializer, responses={201: NewTokenSerializer}, auth=[{}])
    def create(self, request: Request) -> Response:
        """Give user name and password, get a token. The secret is shown this once."""
        credentials = CredentialsSerializer(data=request.data)
        credentials.is_valid(raise_exception=True)
        user = authenticate(request, **credentials.validated_data)
        if user is None:
            raise AuthenticationFailed("User name and password do not match an active account.")
        token, secret = create_token(user)
        token.token = secret
        return Response(NewTokenSerializer(token).data, status=status.HTTP_201_CREATED)

    def get_authenticators(self) -> list[Any]:
        """None for a log-in: a stale cookie or token must not stand in its way."""
        is_login = not self.detail and self.request is not None and self.request.method == "POST"
        return [] if is_login else super().get_authenticators()

    def get_authenticate_header(self, request: Request) -> str:
        """Named also where nobody is asked, so that a wrong password answers 401."""
        return "Token"

    def get_permissions(self) -> list[Any]:
        return [] if self.action == "create" else super().get_permissions()
