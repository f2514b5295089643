"""Make a token for scripts that call the API. It is printed this once."""

import json
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.tokens import TokenSerializer, create_token


class Command(BaseCommand):
    help = "Make a token for scripts that call the API. It is printed this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, username: str, format: str, **options: Any) -> None:
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user {username!r}.")
        try:
            token, secret = create_token(user)
        except ValueError as error:
            raise CommandError(str(error)) from error
        facts = TokenSerializer(token).data | {"token": secret}
        self.stdout.write(json.dumps(facts) if format == "json" else secret)
