"""What the trail says about a row since it was read: conflicts, and taking a change back."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Field, Model
from django.utils.translation import gettext as _

from supportflow.core import clock
from supportflow.core.actors import Actor
from supportflow.core.door import Changes, change, lock, operation, record
from supportflow.core.encoding import TrailEncoder
from supportflow.core.errors import NotFound, Refused, Stale
from supportflow.core.models import Activity, Versioned

UNDO_WITHIN = timedelta(minutes=5)

Restore = Callable[[Model, Activity], Changes]
Permission = str | Callable[[Any], str]  # one for all rows, or the one that a row takes
_undoable: dict[str, tuple[type[Model], Permission, Restore]] = {}


def changed_since(row: Versioned, version: int) -> Changes:
    """{field: [value at `version`, value now]} of what changed after `version`."""
    changes: Changes = {}
    trail = Activity.objects.filter(
        subject_type=row._meta.model_name, subject_id=row.pk, subject_version__gt=version
    ).order_by("subject_version")
    for activity in trail:
        for name, (old, new) in activity.changes.items():
            changes[name] = [changes[name][0] if name in changes else old, new]
    return {name: [old, new] for name, (old, new) in changes.items() if old != new}


def merge(row: Versioned, seen: int | None, mine: Mapping[str, Any]) -> dict[str, Any]:
    """`mine` (field → value, as the trail names them) without what the editor left as version `seen` showed it.

    Raises Stale with the fields that somebody changed since and the editor changed too, to something else.
    """
    left, conflicts = dict(mine), {}
    if seen is None or seen == row.version:
        return left
    for name, (then, now) in changed_since(row, seen).items():
        if name not in left or (value := _told(left[name])) == now:
            continue
        if value == then:
            del left[name]
        else:
            conflicts[name] = [then, now]
    if conflicts:
        raise Stale(row.version, conflicts)
    return left


def _told(value: Any) -> Any:
    """As it stands in the trail."""
    return json.loads(json.dumps(value.pk if isinstance(value, Model) else value, cls=TrailEncoder))


def restore_fields(row: Model, changes: Changes) -> Changes:
    old = {}
    for name, (value, _new) in changes.items():
        column = row._meta.get_field(name)
        assert isinstance(column, Field), name
        old[column.attname] = column.to_python(value)
    return change(row, **old)


def _restore(row: Model, activity: Activity) -> Changes:
    return restore_fields(row, activity.changes)


def undoable(action: str, model: type[Model], permission: Permission, restore: Restore = _restore) -> None:
    """Declare that `action` on `model` may be taken back by whoever has `permission`."""
    _undoable[action] = (model, permission, restore)


@operation
def undo(activity: Activity, *, by: Actor) -> Activity:
    """Put the exact old values back, if nothing changed since and its time is not over."""
    row = _still_as_it_left(activity, by)
    return _take_back(row, activity, by)


@operation
def undo_batch(activity: Activity, *, by: Actor) -> list[Activity]:
    """Take back all that one act changed of a row, of which `activity` is the last; refused whole."""
    row = _still_as_it_left(activity, by)
    same_act = Activity.objects.filter(
        batch_id=activity.batch_id,
        subject_type=activity.subject_type,
        subject_id=activity.subject_id,
        subject_version__isnull=False,
    )
    return [_take_back(row, one, by) for one in same_act.order_by("-subject_version")]


def _still_as_it_left(activity: Activity, by: Actor) -> Model:
    """The row, locked, as `activity` left it."""
    model, _permission, _restore = _declared(activity)
    row = model._base_manager.filter(pk=activity.subject_id).first()
    if row is None:
        raise NotFound
    by.must(_permission_for(activity, row), row)
    row = lock(row)
    if clock.now() - activity.created_at > UNDO_WITHIN:
        raise Refused("undo_too_late", _("The time to undo this is over. Change it by hand."))
    if getattr(row, "version", None) != activity.subject_version:
        raise Refused("changed_since", _("This changed again since. Change it by hand."))
    return row


def _take_back(row: Model, activity: Activity, by: Actor) -> Activity:
    by.must(_permission_for(activity, row))
    _model, _permission, restore = _declared(activity)
    changes = restore(row, activity)
    return record(f"{activity.action}.undone", row, by=by, meta={"undone": activity.pk}, **changes)


def _permission_for(activity: Activity, row: Model) -> str:
    _model, permission, _restore = _declared(activity)
    return permission if isinstance(permission, str) else permission(row)


def _declared(activity: Activity) -> tuple[type[Model], Permission, Restore]:
    if activity.action not in _undoable:
        raise Refused("not_undoable", _("This cannot be undone."))
    return _undoable[activity.action]
