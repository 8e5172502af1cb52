"""Finds the places in a module that write database rows, by the shape of the call.

- `.save()` of a model takes no positional argument; a storage's `.save(name, content)` takes two.
- `.delete()` of a row or queryset takes none; a storage's or cache's takes the name.
- `.update(field=value)` of a queryset takes keywords alone; a dictionary's or a hash's takes a value.
- `.create`, `.bulk_create` and their like are the ORM's in this code base, as are add, set, remove and clear on the
  names of many-to-many relations.
- SQL that changes rows is found in the text itself, docstrings aside.
"""

import ast
import re
from collections.abc import Iterable, Iterator

ALWAYS = {"create", "get_or_create", "update_or_create", "bulk_create", "bulk_update", "save_base", "_raw_delete"}
ALWAYS |= {f"a{name}" for name in ALWAYS}
BARE = {"save", "asave", "delete", "adelete"}  # without positional arguments
KEYWORDS = {"update", "aupdate"}  # with keyword arguments alone
MANY = {"add", "set", "remove", "clear", "aadd", "aset", "aremove", "aclear"}
NO_ROWS = {"globals", "vars"}  # dictionaries by their name
SQL = re.compile(
    r"\b(INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM|TRUNCATE|REPLACE\s+INTO|MERGE\s+INTO)\b"
)


def writes(tree: ast.Module, relations: Iterable[str] = ()) -> list[str]:
    """One line for each write: "12: ticket.save()". `relations` are the names of many-to-many fields."""
    names = set(relations)
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and is_write(node, names)]
    told = [(node.lineno, ast.unparse(node)) for node in [*found, *sql(tree)]]
    return [f"{line}: {text[:100]}" for line, text in sorted(told)]


def is_write(call: ast.Call, relations: set[str]) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    method, receiver = call.func.attr, call.func.value
    given = [argument for argument in call.args if not isinstance(argument, ast.Starred)]
    if method in ALWAYS:
        return True
    if method in BARE:
        return not given
    if method in KEYWORDS:
        return not given and bool(call.keywords) and last_name(receiver) not in NO_ROWS
    return method in MANY and isinstance(receiver, ast.Attribute) and receiver.attr in relations


def last_name(node: ast.expr) -> str:
    """The name nearest to the call: "globals" of `env.globals`, "vars" of `vars(module)`."""
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def sql(tree: ast.Module) -> Iterator[ast.Constant]:
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docstrings and SQL.search(str(node.value)):
            yield node


def foreign_models(tree: ast.Module, app: str) -> set[str]:
    """Names that a module imports from another app's models: what its tasks and reactions may not write."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and re.fullmatch(r"supportflow\.\w+\.models", node.module or "")
        if node.module != f"supportflow.{app}.models"
        for alias in node.names
    }
