"""One door for every change: a write anywhere but in operations is a change without permission, rule and trail."""

import ast
import re
from fnmatch import fnmatch

import pytest
from django.apps import apps

from tests.architecture.source import modules, room
from tests.architecture.writes import foreign_models, writes

# Who else may write, and what: the whole allow-list.
ALLOWED = {
    "jobs/*": "its own table of jobs",
    "core/door.py": "the door itself",
    "core/purging.py": "the permit of a declared purge",
    "core/reactions.py": "receipts, in the reaction's transaction",
    "loadgen/*": "an invented past, as the operations would have written it",
    "moving/*": "whole tables, row by row as they are, into an empty database",
    "keeping/smoke.py": "a session of minutes, for its own requests",
    "core/idempotency.py": "kept answers, in the change's transaction",
}
OWN_ROWS = {"reactions", "tasks"}  # these write what their app owes, and no other app's rows


def relations() -> set[str]:
    """The names, from both sides, of every many-to-many relation between our models."""
    fields = [field for model in apps.get_models() for field in model._meta.get_fields() if field.many_to_many]
    return {getattr(field, "get_accessor_name", lambda field=field: field.name)() or field.name for field in fields}


def is_allowed(path: str) -> bool:
    return room(path) == "operations" or any(fnmatch(path, pattern) for pattern in ALLOWED)


def test_only_operations_write() -> None:
    names = relations()
    found = {
        path: lines
        for path, tree in modules().items()
        if not is_allowed(path) and room(path) not in OWN_ROWS and (lines := writes(tree, names))
    }
    assert not found, f"Make these an operation of their app: {found}"


def test_reactions_and_tasks_write_rows_of_their_own_app_alone() -> None:
    found = {
        path: lines
        for path, tree in modules().items()
        if room(path) in OWN_ROWS and not is_allowed(path)
        if (lines := of_others(writes(tree, relations()), foreign_models(tree, path.split("/")[0])))
    }
    assert not found, f"Call the other app's operation instead: {found}"


def of_others(lines: list[str], models: set[str]) -> list[str]:
    return [line for line in lines if re.match(rf"\d+: ({'|'.join(models) or '(?!)'})\b", line)]


def test_the_allow_list_names_nothing_that_is_gone() -> None:
    unused = [
        pattern
        for pattern in ALLOWED
        if not any(fnmatch(path, pattern) and writes(tree) for path, tree in modules().items())
    ]
    assert not unused


@pytest.mark.parametrize(
    "source",
    [
        "ticket.save()",
        "ticket.save(update_fields=['status'])",
        "super().save(*args, **kwargs)",
        "form.save(commit=False)",
        "Ticket.objects.create(subject='x')",
        "ticket.comments.create(body='x')",
        "Tag.objects.get_or_create(name='vip')",
        "Tag.objects.bulk_create(tags)",
        "await Tag.objects.acreate(name='vip')",
        "Ticket.objects.filter(pk=1).update(status='OPEN')",
        "self.filter(pk=1).update(**values)",
        "queue.update(status='OPEN')",
        "ticket.delete()",
        "Ticket.objects.all().delete()",
        "ticket.tags.add(tag)",
        "ticket.tags.set([])",
        "cursor.execute('DELETE FROM desk_ticket')",
        "cursor.execute('UPDATE desk_ticket SET status = %s', ['OPEN'])",
        "cursor.execute(f'INSERT INTO {table} VALUES (1)')",
        "STATEMENT = '''\n  INSERT OR IGNORE INTO tags_tag VALUES (1)'''",
    ],
)
def test_a_write_is_found(source: str) -> None:
    assert writes(ast.parse(source), ["tags"])


@pytest.mark.parametrize(
    "source",
    [
        "found.update(values)",
        "hashlib.sha256().update(data)",
        "env.globals.update(now=now)",
        "vars(ui).update(now=now)",
        "seen.add(1)",
        "batch.actions.add('x')",
        "token = _batch.set(batch)",
        "storage.save(name, content)",
        "storage.delete(name)",
        "cache.set('key', 1)",
        "cache.delete('key')",
        "'''Runs DELETE FROM nothing.'''",
        "def tidy():\n    '''UPDATE x SET y happens elsewhere.'''",
        "label = 'Delete from list'",
        "Ticket.objects.filter(pk=1).select_for_update()",
        "delete_ticket(ticket, by=actor)",
    ],
)
def test_what_only_looks_like_a_write_is_left_alone(source: str) -> None:
    assert not writes(ast.parse(source), ["tags"])


def test_a_task_that_writes_rows_of_another_app_is_found() -> None:
    tree = ast.parse("from supportflow.desk.models import Comment\nComment.objects.filter(pk=1).update(state='SENT')")
    assert of_others(writes(tree), foreign_models(tree, "mail"))
    assert not of_others(writes(tree), foreign_models(tree, "desk"))
