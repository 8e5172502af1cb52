"""The one door for every change: `@operation`, `lock`, `change`, `record`.

An operation is permission, lock, rule, change and one Activity in one transaction. Operations nest; what one
outermost call records shares a `batch_id`, and one `react` task for the batch is enqueued in the same transaction.
"""

import functools
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

from django.db import IntegrityError, models, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from supportflow.core import clock
from supportflow.core.actors import Actor
from supportflow.core.errors import NotFound, Refused, Stale
from supportflow.core.models import Activity, Versioned
from supportflow.jobs.wakeup import announce

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M", bound=Model)

# SQLSTATE and SQLite's names: unique rows and foreign keys. A broken check is a bug of ours and must not look so.
_COLLISIONS = {"23503", "23505"} | {f"SQLITE_CONSTRAINT_{kind}" for kind in ("FOREIGNKEY", "PRIMARYKEY", "UNIQUE")}
MAX_DEPTH = 4  # a reaction to a reaction to …: deeper is a storm
Changes = dict[str, list[Any]]


@dataclass
class _Batch:
    id: uuid.UUID
    actions: set[str] = field(default_factory=set)


_batch: ContextVar[_Batch | None] = ContextVar("batch", default=None)
_cause: ContextVar[Activity | None] = ContextVar("cause", default=None)
_wanted_id: ContextVar[uuid.UUID | None] = ContextVar("wanted_id", default=None)


def operation(function: Callable[P, R]) -> Callable[P, R]:
    """One transaction around the call (a savepoint when nested), one batch around the outermost."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _batch.get() is not None:
            with transaction.atomic():
                return function(*args, **kwargs)
        batch = _Batch(_wanted_id.get() or uuid.uuid4())
        token = _batch.set(batch)
        try:
            with transaction.atomic():
                result = function(*args, **kwargs)
                _owe_reactions(batch)
                return result
        except IntegrityError as error:
            if not _is_collision(error):
                raise
            # A rule asked before it wrote, and somebody else wrote or removed the same between the two lines.
            raise Refused("collision", _("Somebody saved the same at this moment. Look again, then retry.")) from error
        finally:
            _batch.reset(token)

    run.is_operation = True  # type: ignore[attr-defined]  # read by the architecture tests
    return run


def _is_collision(error: IntegrityError) -> bool:
    cause = error.__cause__
    return (getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)) in _COLLISIONS


def lock(row: M, *, version: int | None = None) -> M:
    """The row as it is now, locked until the transaction ends.

    Raises NotFound when it is gone, Stale when `version` (the caller's If-Match) is no longer its version.
    """
    # Not type(row): a request's actor is lazy, and the type of its wrapper is no model.
    model: type[M] = row._meta.model  # type: ignore[assignment]  # django-stubs says Model
    fresh: M | None = model._base_manager.select_for_update(of=("self",)).filter(pk=row.pk).first()
    if fresh is None:
        raise NotFound
    if version is not None and isinstance(fresh, Versioned) and fresh.version != version:
        raise Stale(fresh.version)
    return fresh


def lock_all(rows: Iterable[M]) -> list[M]:
    """Several rows of one model, locked in primary-key order, so that two callers cannot wait for each other."""
    return [lock(row) for row in sorted(rows, key=lambda row: row.pk)]


def change(row: Model, /, **values: Any) -> Changes:
    """Set and save the fields that differ; returns {field: [old, new]}, empty when nothing did.

    A foreign key is told by its id. A versioned row counts the change and is stamped.
    """
    changes: Changes = {}
    for given, value in values.items():
        column = row._meta.get_field(given)
        assert isinstance(column, models.Field), given
        old, new = getattr(row, column.attname), value.pk if isinstance(value, Model) else value
        if old != new:
            changes[column.name] = [old, new]
            # Setting the relation keeps the fetched object; setting its id forgets a stale one.
            setattr(row, column.name if isinstance(value, Model) else column.attname, value)
    if changes:
        _save(row, changes)
    return changes


def _save(row: Model, changes: Iterable[str]) -> None:
    fields = set(changes)
    if isinstance(row, Versioned):
        row.version += 1
        row.updated_at = clock.now()
        fields |= {"version", "updated_at"}
    row.save(update_fields=fields)


def count_change(row: Versioned) -> None:
    """A change that stands in other tables (tags, addresses) counts as a change of the row."""
    _save(row, ())


def touch(row: Versioned, *stamps: str) -> None:
    """Something happened here (a comment): newer, with the `stamps` that follow from it, but not another version."""
    row.updated_at = clock.now()
    row.save(update_fields=["updated_at", *stamps])


def record(action: str, subject: Model, /, *, by: Actor, meta: Any = None, **changes: Any) -> Activity:
    """Write the one Activity of a change: {field: [old, new]} as `change` returned them, `meta` a dict of facts."""
    activity = _activity(action, subject, by, changes, meta or {})
    activity.save(force_insert=True)
    _hint([activity])
    return activity


def record_many(
    action: str, subjects: Iterable[tuple[Model, Changes]], *, by: Actor, meta: dict[str, Any] | None = None
) -> list[Activity]:
    """One Activity for each row of a bulk change, in one statement."""
    activities = Activity.objects.bulk_create(
        [_activity(action, subject, by, changes, meta or {}) for subject, changes in subjects], batch_size=500
    )
    _hint(activities)
    return activities


def _activity(action: str, subject: Model, by: Actor, changes: Changes, meta: dict[str, Any]) -> Activity:
    batch, cause = _batch.get(), _cause.get()
    if batch is None:
        raise RuntimeError(f"{action} recorded outside an @operation")
    depth = cause.depth + 1 if cause else 0
    if depth > MAX_DEPTH:
        raise Refused("too_deep", f"{action} would be the {depth}th reaction in a row; automation stops here.")
    batch.actions.add(action)
    versioned = isinstance(subject, Versioned) and bool(changes)
    return Activity(
        action=action,
        actor_type=by.actor_type,
        actor_id=by.actor_id,
        actor_name=by.actor_name[:250],
        subject_type=action.split(".", maxsplit=1)[0],
        subject_id=subject.pk,
        subject_version=getattr(subject, "version", None) if versioned else None,
        changes=changes,
        metadata=meta,
        batch_id=batch.id,
        cause_id=cause.pk if cause else None,
        depth=depth,
        created_at=clock.now(),
        **_about(subject),
    )


def _about(subject: Model) -> dict[str, int | None]:
    """Which ticket, contact and company the timeline shows it under: the model's own word, or itself."""
    about: dict[str, int | None] = subject.about() if hasattr(subject, "about") else {}
    return about


def _hint(activities: Iterable[Activity]) -> None:
    """Wake the live hubs at commit."""
    announce("supportflow_activity", [str(activity.pk) for activity in activities])


def _owe_reactions(batch: _Batch) -> None:
    from supportflow.core.reactions import anyone_reacts_to  # the registry imports the door
    from supportflow.core.tasks import react

    if anyone_reacts_to(batch.actions):
        react.enqueue(str(batch.id))


@contextmanager
def in_batch(batch_id: uuid.UUID) -> Iterator[None]:
    """Operations inside share this `batch_id`, each in a transaction of its own: one act that comes in pieces."""
    token = _wanted_id.set(batch_id)
    try:
        yield
    finally:
        _wanted_id.reset(token)


@contextmanager
def because_of(activity: Activity) -> Iterator[None]:
    """Operations inside are this activity's consequence: their own carry it as `cause`."""
    cause, batch, wanted = _cause.set(activity), _batch.set(None), _wanted_id.set(None)
    try:
        yield
    finally:
        _wanted_id.reset(wanted)
        _batch.reset(batch)
        _cause.reset(cause)
