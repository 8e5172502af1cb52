"""What the trail says about a row since it was read: conflicts, and taking a change back."""

import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Field, Model
from django.utils.translation import gettext as _

from supportflow.core import clock
from supportflow.core.actors import Actor
from supportflow.core.bulk import Outcome, each
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
    row = _row_of(activity)
    if row is None:
        raise NotFound
    return _undo_on_row(row, [activity], by)[0]


@operation
def undo_batch(batch_id: uuid.UUID, *, by: Actor) -> Outcome[Model]:
    """Take back all that `by` did in one act, as `undo` does; rows that changed since are refused, the rest not.

    What cannot be taken back, such as a new tag that the act brought, stays.
    """
    own = list(
        Activity.objects.filter(batch_id=batch_id, actor_type=by.actor_type, actor_id=by.actor_id).order_by("pk")
    )
    if not own:
        raise NotFound
    of_row: dict[tuple[str, int], list[Activity]] = defaultdict(list)
    for activity in own:
        if activity.action in _undoable:
            of_row[activity.subject_type, activity.subject_id].append(activity)
    if not of_row:
        raise Refused("not_undoable", _("This cannot be undone."))
    rows = {row: activities for activities in of_row.values() if (row := _row_of(activities[-1]))}
    return each(rows, lambda row: bool(_undo_on_row(row, rows[row], by)))


def _row_of(activity: Activity) -> Model | None:
    """None where it is purged by now."""
    model: type[Model] = _declared(activity)[0]
    return model._base_manager.filter(pk=activity.subject_id).first()


def _undo_on_row(row: Model, activities: list[Activity], by: Actor) -> list[Activity]:
    """Newest first; the newest must be the last thing that happened to the row."""
    latest = activities[-1]
    for activity in activities:
        by.must(_permission_for(activity, row), row)
    row = lock(row)
    if clock.now() - latest.created_at > UNDO_WITHIN:
        raise Refused("undo_too_late", _("The time to undo this is over. Change it by hand."))
    if getattr(row, "version", None) != latest.subject_version:
        raise Refused("changed_since", _("This changed again since. Change it by hand."))
    return [_take_back(activity, row, by) for activity in reversed(activities)]


def _take_back(activity: Activity, row: Model, by: Actor) -> Activity:
    changes = _declared(activity)[2](row, activity)
    return record(f"{activity.action}.undone", row, by=by, meta={"undone": activity.pk}, **changes)


def _permission_for(activity: Activity, row: Model) -> str:
    _model, permission, _restore = _declared(activity)
    return permission if isinstance(permission, str) else permission(row)


def _declared(activity: Activity) -> tuple[type[Model], Permission, Restore]:
    if activity.action not in _undoable:
        raise Refused("not_undoable", _("This cannot be undone."))
    return _undoable[activity.action]
