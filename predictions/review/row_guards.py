"""What was signed stays as it is, by the database itself: no query changes it, whoever sends it.

A signed review may only be superseded, or be told which revision its corrections became. A verdict
is never changed. Migrations are free of this: the triggers go before they run and come back after,
for changing a table may drop them.
"""

from typing import Any

from django.db import connections

REVIEW, VERDICT = "review_review", "review_verdict"
FREE = {"state", "annotation_id"}
SIGNED = "('signed', 'superseded')"
WORDS = {
    REVIEW: "a signed review is never changed, only superseded",
    VERDICT: "a verdict is never changed, only followed by another",
}


def raise_guards(sender: Any, using: str, **_: Any) -> None:
    """Put the triggers on, in place of those that were there."""
    with connections[using].cursor() as cursor:
        tables = connections[using].introspection.table_names(cursor)
        for table, condition in _conditions(using, cursor, tables).items():
            for statement in _statements(connections[using].vendor, table, condition):
                cursor.execute(statement)


def lower_guards(sender: Any, using: str, **_: Any) -> None:
    """Take the triggers off."""
    with connections[using].cursor() as cursor:
        tables = connections[using].introspection.table_names(cursor)
        for table in (REVIEW, VERDICT):
            if table in tables:
                cursor.execute(_dropped(connections[using].vendor, table))


def _conditions(using: str, cursor: Any, tables: list[str]) -> dict[str, str]:
    """By table, when a change of a row is refused."""
    found = {}
    if REVIEW in tables:
        described = connections[using].introspection.get_table_description(cursor, REVIEW)
        found[REVIEW] = _signed_and_other(
            connections[using].vendor, [column.name for column in described]
        )
    if VERDICT in tables:
        found[VERDICT] = "1 = 1"
    return found


def _signed_and_other(vendor: str, columns: list[str]) -> str:
    differs = "IS NOT" if vendor == "sqlite" else "IS DISTINCT FROM"
    changed = [f'NEW."{name}" {differs} OLD."{name}"' for name in columns if name not in FREE]
    moved = "NEW.state <> OLD.state AND NOT (OLD.state = 'signed' AND NEW.state = 'superseded')"
    return f"OLD.state IN {SIGNED} AND ({' OR '.join([*changed, f'({moved})'])})"


def _statements(vendor: str, table: str, condition: str) -> list[str]:
    name, words = f"{table}_stays", WORDS[table]
    if vendor == "sqlite":
        return [
            _dropped(vendor, table),
            f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{words}'); END",
        ]
    return [
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger AS $$ BEGIN "
        f"RAISE EXCEPTION '{words}' USING ERRCODE = 'check_violation'; END $$ LANGUAGE plpgsql",
        _dropped(vendor, table),
        f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({condition}) "
        f"EXECUTE FUNCTION {name}()",
    ]


def _dropped(vendor: str, table: str) -> str:
    place = "" if vendor == "sqlite" else f" ON {table}"
    return f"DROP TRIGGER IF EXISTS {table}_stays{place}"
