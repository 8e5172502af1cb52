"""The name of a file tells what it may do (architecture in docs/): these hold it to its name."""

import ast

import pytest

from tests.architecture.source import imports, modules, room

WEB = {"django.http", "django.shortcuts", "django.template", "ninja", "django_htmx"}
NETWORK = {
    "smtplib",
    "imaplib",
    "imap_tools",
    "urllib.request",
    "urllib3",
    "http.client",
    "requests",
    "socket",
    "aiosmtpd",
}
# What must not be imported in which room.
CLOSED = {
    "models": WEB | NETWORK,
    "queries": WEB | NETWORK,
    "operations": WEB | NETWORK,
    "reactions": WEB | NETWORK,
    "forms": NETWORK | {"ninja"},
    "views": NETWORK | {"ninja"},
    "api": NETWORK | {"django.shortcuts.render", "django.template"},
}
SIGNALS = {"django.db.models.signals", "django.dispatch", "django.core.signals"}


def forbidden(tree: ast.Module, names: set[str]) -> list[str]:
    return [name for name in imports(tree) if any(name == closed or name.startswith(f"{closed}.") for closed in names)]


def defines_save(tree: ast.Module) -> list[str]:
    return [
        f"{parent.name}.{node.name}"
        for parent in ast.walk(tree)
        if isinstance(parent, ast.ClassDef)
        for node in parent.body
        if isinstance(node, ast.FunctionDef) and node.name in {"save", "delete"}
    ]


def operations_without_by(tree: ast.Module) -> list[str]:
    return [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(mark, ast.Name) and mark.id == "operation" for mark in node.decorator_list)
        and not takes_by(node.args)
    ]


def takes_by(arguments: ast.arguments) -> bool:
    """`by` is keyword-only and has no default: nobody acts by accident."""
    defaults = dict(zip([argument.arg for argument in arguments.kwonlyargs], arguments.kw_defaults, strict=True))
    return "by" in defaults and defaults["by"] is None


def test_every_file_keeps_to_its_room() -> None:
    found = {
        path: names for path, tree in modules().items() if (names := forbidden(tree, CLOSED.get(room(path), set())))
    }
    assert not found


def test_there_are_no_signals() -> None:
    found = {path: names for path, tree in modules().items() if (names := forbidden(tree, SIGNALS))}
    assert not found


def test_no_model_has_its_own_save() -> None:
    found = {
        path: names for path, tree in modules().items() if room(path) == "models" and (names := defines_save(tree))
    }
    assert not found


def test_every_operation_is_told_who_acts() -> None:
    found = {path: names for path, tree in modules().items() if (names := operations_without_by(tree))}
    assert not found


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("desk/operations.py", "import smtplib"),
        ("desk/operations/replies.py", "from django.template import loader"),
        ("desk/models.py", "from django import http\nfrom django.http import HttpRequest"),
        ("desk/views.py", "def f():\n    import urllib.request"),
    ],
)
def test_a_file_outside_its_room_is_found(path: str, source: str) -> None:
    assert forbidden(ast.parse(source), CLOSED[room(path)])


def test_an_own_save_is_found() -> None:
    assert defines_save(ast.parse("class Ticket(Model):\n    def save(self): ...")) == ["Ticket.save"]


@pytest.mark.parametrize("arguments", ["ticket", "ticket, by", "ticket, *, by=None", "*, actor"])
def test_an_operation_that_may_forget_who_acts_is_found(arguments: str) -> None:
    assert operations_without_by(ast.parse(f"@operation\ndef close({arguments}): ..."))


def test_an_operation_with_by_is_left_alone() -> None:
    assert not operations_without_by(ast.parse("@operation\ndef close(ticket, *, by): ..."))
