"""How many questions each page asks the database, and whether any of them reads a whole table that grows.

Bounded counts ("1,000+") are left out: they stop when they have seen enough, in whatever order.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.test.utils import override_settings

from supportflow.accounts.models import User
from supportflow.desk.models import Ticket

BACKEND = "supportflow.accounts.backend.Backend"
# Few rows, however much there is to do.
SMALL = {"accounts_team", "accounts_team_members", "accounts_user", "desk_mailbox", "fields_field"}
SMALL |= {"search_progress", "tags_tag"}
MANY = 50_000  # tickets: so many that no plan is right to read them all
LARGE = 1_000  # rows; a planner that knows of fewer is right to read them all
COUNTS = ("SELECT COUNT(*) FROM (", "SELECT (SELECT COUNT(*) FROM (")
# Queries; by how the name begins. A search that finds little asks each of its four kinds three times; for the
# words of a subject the index is asked how they go on, what it has, and whether it is whole.
AT_MOST = {"list": 8, "list, words of the subject": 11, "list, text": 9, "ticket": 12, "search": 24}
ELSE_AT_MOST = 12

_ALIAS = re.compile(r'"(\w+)" (?:AS )?"?([TUVW]\d+)"?\b')
_SCAN = re.compile(r"SCAN (\w+)(?! USING)\b")


@dataclass(frozen=True)
class Asked:
    """Of one page: how many queries, and the tables that one of them reads whole."""

    queries: int
    scans: tuple[str, ...]


def examine(
    user: User, pages: Mapping[str, str], calls: Mapping[str, str], token: str, *, large: int = LARGE
) -> dict[str, Asked]:
    """Each page and call in this process, twice: what is looked up once for all is no page's doing."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user, backend=BACKEND)
    program = Client(SERVER_NAME="127.0.0.1", headers={"Authorization": f"Bearer {token}"})
    found = {name: _asked(client, path, large) for name, path in pages.items()}
    with override_settings(API_RATE=1_000_000):  # on PostgreSQL the calls of the measuring count too
        return found | {name: _asked(program, path, large) for name, path in calls.items()}


def broken(asked: Mapping[str, Asked]) -> list[str]:
    """A line for each page that asks too much."""
    return [line for name, one in asked.items() for line in _faults(name, one)]


def _faults(name: str, one: Asked) -> Iterator[str]:
    begins = [begin for begin in AT_MOST if name.startswith(begin)]
    most = AT_MOST[max(begins, key=len)] if begins else ELSE_AT_MOST
    if one.queries > most:
        yield f"{name}: {one.queries} queries, at most {most} may be"
    if one.scans:
        yield f"{name}: reads all of {', '.join(one.scans)}"


def _asked(client: Client, path: str, large: int) -> Asked:
    statements: list[tuple[str, Any]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    client.get(path)
    with connection.execute_wrapper(note):
        answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    reads = [one for one in statements if one[0].startswith("SELECT") and not one[0].startswith(COUNTS)]
    scans = {table for sql, params in reads for table in scanned(sql, params)}
    return Asked(len(statements), tuple(sorted(table for table in scans if _has(table, large))))


def _has(table: str, rows: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM (SELECT 1 FROM {table} LIMIT {rows}) AS counted")  # noqa: S608  names of ours
        return int(cursor.fetchone()[0]) >= rows


def scanned(sql: str, params: Any) -> set[str]:
    """The tables that this statement reads whole, without those that stay small."""
    found = _scanned_by_sqlite if connection.vendor == "sqlite" else _scanned_by_postgres
    return set(found(sql, params)) - SMALL


def _scanned_by_sqlite(sql: str, params: Any) -> Iterator[str]:
    """Reading in the order of the rows until there are enough is no scan; nor is it one along an index."""
    names: dict[str, str] = {alias: table for table, alias in _ALIAS.findall(sql)}
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        steps = [(parent, detail) for _id, parent, _unused, detail in cursor.fetchall()]
    sorted_later = {parent for parent, detail in steps if detail.startswith("USE TEMP B-TREE FOR ORDER BY")}
    for parent, detail in steps:
        scan = _SCAN.match(detail)
        if scan is not None and scan[1] != "CONSTANT" and (" LIMIT " not in sql or parent in sorted_later):
            yield names.get(scan[1], scan[1])


def _scanned_by_postgres(sql: str, params: Any) -> Iterator[str]:
    """As it is with many rows; with few, where it would rightly read all, sequential scans are made dear."""
    with transaction.atomic(), connection.cursor() as cursor:
        if not _has(Ticket._meta.db_table, MANY):
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0]
    yield from _sequential((plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"])


def _sequential(node: dict[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for part in node.get("Plans", ()):
        yield from _sequential(part)
