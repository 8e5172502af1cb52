"""The PostgreSQL server, past PgBouncer: what all hosts see of a restore or an upgrade.

Two signs: an advisory lock as long as one is under way, and a comment on the schema of the copy that tells what a
killed one left half-done; it goes with the schema. With SQLite there is one host, and files in its data folder do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections

from supportflow.keeping import CannotKeep
from supportflow.moving.ends import End

ASIDE = "supportflow_aside"
UNDER_WAY = "A restore or an upgrade is under way on this data. Wait for its end."
LOCK = (1_398_104_140, 1)  # "SUFL"
PATIENT = ("idle_in_transaction_session_timeout = 0", "tcp_keepalives_idle = 20", "tcp_keepalives_interval = 5")


def configured(**changed: Any) -> dict[str, Any]:
    """What Django knows of the database in use, past PgBouncer where there is a way."""
    alias = "direct" if "direct" in connections.settings else "default"
    return dict(connections[alias].settings_dict) | changed


@contextmanager
def opened(search_path: str | None = None) -> Iterator[End]:
    own = configured()
    options = {**own["OPTIONS"], "application_name": "supportflow-keeping"}
    if search_path:
        options["options"] = f"{options.get('options', '')} -c search_path={search_path}".strip()
    end = End(own | {"OPTIONS": options})
    try:
        yield end
    finally:
        end.raw.close()


@contextmanager
def held() -> Iterator[None]:
    """One process at a time changes this database, on whatever host; the server frees it however we end."""
    if connection.vendor != "postgresql":
        yield
        return
    with opened() as end:
        end.run("BEGIN")  # a lock of the session would outlive us in PgBouncer's pool
        for setting in PATIENT:
            end.run(f"SET LOCAL {setting}")
        [[is_ours]] = end.run("SELECT pg_try_advisory_xact_lock(%s, %s)", LOCK)
        if not is_ours:
            raise CannotKeep(UNDER_WAY)
        yield


def shows_anything() -> bool:
    """Whether a restore or an upgrade is under way, or half-done."""
    if connection.vendor != "postgresql":
        return False
    with opened() as end:
        [[is_shown]] = end.run(
            "SELECT obj_description(to_regnamespace(%s)::oid, 'pg_namespace') IS NOT NULL OR EXISTS (SELECT 1 "
            "FROM pg_locks JOIN pg_database ON pg_database.oid = database WHERE locktype = 'advisory' "
            "AND datname = current_database() AND (classid, objid) = (%s, %s))",
            (ASIDE, *LOCK),
        )
    return bool(is_shown)


def mark(told: str | None) -> None:
    """`told` -- what is half-done; None: nothing"""
    if connection.vendor != "postgresql":
        return
    with opened() as end:
        if end.run("SELECT 1 FROM pg_namespace WHERE nspname = %s", (ASIDE,)):
            # The statement itself takes no values from outside.
            [[comment]] = end.run("SELECT format('COMMENT ON SCHEMA %%I IS %%L', %s::text, %s::text)", (ASIDE, told))
            end.run(comment)


def marked() -> str | None:
    if connection.vendor != "postgresql":
        return None
    with opened() as end:
        [[told]] = end.run("SELECT obj_description(to_regnamespace(%s)::oid, 'pg_namespace')", (ASIDE,))
    return str(told) if told else None
