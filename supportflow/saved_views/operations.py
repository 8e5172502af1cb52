"""Views are saved, changed and deleted here. The lists check what they hold."""

from typing import Any

from django.utils.translation import gettext as _

from supportflow.accounts.models import User
from supportflow.core import text
from supportflow.core.actors import Actor
from supportflow.core.door import change, lock, operation, record
from supportflow.core.errors import Forbidden, Invalid, NotFound
from supportflow.core.history import undoable
from supportflow.saved_views.models import View

MOST = 100  # that one person sees: the navigation of every page holds them
LAYOUTS = ("list", "split", "board")
FIELDS = frozenset({"name", "params", "sort", "columns", "layout"})


@operation
def create_view(name: str, *, shared: bool = False, by: Actor, **values: Any) -> View:
    """`values`: params {filter: [values]}, sort, columns, layout."""
    by.must("view.share" if shared else "view.create")
    if not isinstance(by, User):
        raise Forbidden("view.create")
    if View.objects.visible_to(by).count() >= MOST:
        raise Invalid({"name": _("At most %(most)s views fit. Delete one first.") % {"most": MOST}})
    view = View(name=_name(name), owner=None if shared else by, **values)
    view.save(force_insert=True)
    record("view.created", view, by=by, meta={"name": view.name, "shared": shared})
    return view


@operation
def update_view(view: View, *, version: int | None = None, by: Actor, **values: Any) -> View:
    _must_own(view, by)
    view = lock(view, version=version)
    if unknown := set(values) - FIELDS:
        raise TypeError(f"update_view has no field {sorted(unknown)}")
    if "name" in values:
        values["name"] = _name(values["name"])
    if changes := change(view, **values):
        record("view.updated", view, by=by, **changes)
    return view


@operation
def delete_view(view: View, *, version: int | None = None, by: Actor) -> None:
    _must_own(view, by)
    view = lock(view, version=version)
    told = {"name": view.name, "params": view.params, "sort": view.sort, "columns": view.columns}
    record("view.deleted", view, by=by, meta=told)
    view.delete()


def _must_own(view: View, by: Actor) -> None:
    """Shared ones are the supervisors'; another's own does not exist."""
    if not view.is_visible_to(by):
        raise NotFound
    by.must(_permission(view))


def _permission(view: Any) -> str:
    return "view.share" if view.is_shared else "view.create"


def _name(name: str) -> str:
    return text.line("name", name, most=60)


undoable("view.updated", View, _permission)
