"""Macros are made, changed and thrown away here, and applied."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from supportflow.accounts.models import User
from supportflow.accounts.operations import user_or_invalid
from supportflow.core import clock, text, trash
from supportflow.core.actors import Actor
from supportflow.core.door import change, lock, operation, record
from supportflow.core.errors import Forbidden, Invalid, NotFound, Refused
from supportflow.core.history import undoable
from supportflow.desk import macros, placeholders
from supportflow.desk.content import Content
from supportflow.desk.macro_models import Macro, MacroKind
from supportflow.desk.models import Category, Comment, Priority, Status, Ticket
from supportflow.desk.operations import cleaning
from supportflow.desk.operations.conversation import note_on_ticket, reply_to_ticket
from supportflow.desk.operations.editing import edit_ticket
from supportflow.files.models import Attachment
from supportflow.tags.models import Tag
from supportflow.tags.operations import tags_by_name

MAX_NAME, MAX_BODY = 80, 20_000


@operation
def create_macro(
    name: str,
    *,
    body: str = "",
    kind: str = MacroKind.REPLY,
    changes: Mapping[str, Any] | None = None,
    shared: bool = False,
    offered_to_id: int | None = None,
    is_active: bool = True,
    by: Actor,
) -> Macro:
    """Prepared words, changes or both; `by`'s own unless `shared`. `changes` are `macros.FIELDS`, tags by name."""
    by.must("macro.share" if shared else "macro.update")
    owner = None if shared else _keeper(by)
    macro = Macro(owner=owner, is_active=is_active, created_at=clock.now(), updated_at=clock.now())
    values = {"name": name, "body": body, "kind": kind, "offered_to_id": offered_to_id}
    for field, value in _cleaned(macro, values, changes or {}, by).items():
        setattr(macro, field, value)
    macro.save(force_insert=True)
    record("macro.created", macro, by=by, meta={"name": macro.name, "shared": macro.is_shared})
    return macro


@operation
def update_macro(
    macro: Macro, *, version: int | None = None, changes: Mapping[str, Any] | None = None, by: Actor, **values: Any
) -> Macro:
    """Change `name`, `body`, `kind`, `shared`, `offered_to_id`, `is_active`, and of `changes` those that are named.

    A change of None leaves that field of a ticket alone from now on.
    """
    by.must(macro.keeper, macro)
    macro = lock(macro, version=version)
    by.must(macro.keeper, macro)
    if macro.is_trashed:
        raise NotFound
    shared = values.pop("shared", macro.is_shared)
    if shared != macro.is_shared:
        by.must("macro.share")
        values["owner"] = None if shared else _keeper(by)
        values.setdefault("offered_to_id", None)
    if changed := change(macro, **_cleaned(macro, values, changes or {}, by)):
        record("macro.updated", macro, by=by, **changed)
    return macro


@operation
def trash_macro(macro: Macro, *, version: int | None = None, by: Actor) -> Macro:
    by.must(macro.keeper, macro)
    return trash.put_in(macro, version=version, by=by)


@operation
def restore_macro(macro: Macro, *, by: Actor) -> Macro:
    by.must(macro.keeper, macro)
    return trash.take_out(macro, by=by)


@dataclass(frozen=True)
class Applied:
    ticket: Ticket
    comment: Comment | None


@operation
def apply_macro(
    ticket: Ticket,
    macro: Macro,
    content: Content | None = None,
    *,
    kind: str | None = None,
    steps: Collection[str] | None = None,
    version: int | None = None,
    then: str | None = None,
    attachments: Iterable[Attachment] = (),
    cc: Iterable[str] = (),
    bcc: Iterable[str] = (),
    by: Actor,
) -> Applied:
    """The macro's reply or note and its changes in one act, refused whole when one of them is refused.

    content -- what somebody made of the macro's words; None stands for the words themselves, filled in
    steps -- the keys of the changes that are wanted (see `macros.Step`); None stands for all
    version -- of the macro, as somebody saw it
    then -- a status that counts more than the macro's

    Whoever applies it to several tickets in one transaction locks them all first: the use is counted last.
    """
    by.must("ticket.update", ticket)
    if not isinstance(by, User):
        raise Forbidden("ticket.update")
    macro = usable_macro(macro, version, by)
    ticket = lock(ticket)
    if content is None and macro.body:
        content = Content.from_markdown(macros.filled(macro.body, ticket, by))
    comment = _say(ticket, content, kind or macro.kind, list(attachments), cc, bcc, by) if content else None
    wanted = macro.changes if steps is None else macros.only(macro.changes, steps)
    values = macros.values_for(wanted, ticket, by)
    if then:
        values["status"] = then
    if values:
        ticket = edit_ticket(ticket, by=by, **values)
    Macro.objects.filter(pk=macro.pk).update(use_count=F("use_count") + 1, last_used_at=clock.now())
    return Applied(ticket, comment)


def macro_for(pk: int, by: User) -> Macro:
    """Raises Refused where it is gone, or not theirs to use any more."""
    macro = Macro.objects.visible_to(by).alive().filter(pk=pk).first()
    if macro is None:
        raise Refused("macro_changed", _("This macro is gone. Your text is safe. Choose another one, or none."))
    return macro


def usable_macro(macro: Macro, version: int | None, by: User) -> Macro:
    """As it is now. Not locked: whoever changes it at this moment comes before or after."""
    fresh = Macro.objects.alive().filter(pk=macro.pk).first()
    if fresh is None or not fresh.is_visible_to(by):
        raise NotFound
    if not fresh.is_active:
        raise Refused("macro_inactive", _("This macro is switched off. Choose another one."))
    if version not in {None, fresh.version}:
        raise Refused("macro_changed", _("This macro was changed meanwhile. Choose it again to see what it does now."))
    return fresh


def _say(
    ticket: Ticket,
    content: Content,
    kind: str,
    attachments: list[Attachment],
    cc: Iterable[str],
    bcc: Iterable[str],
    by: User,
) -> Comment:
    if kind == MacroKind.NOTE:
        return note_on_ticket(ticket, content, attachments=attachments, by=by)
    return reply_to_ticket(ticket, content, attachments=attachments, cc=cc, bcc=bcc, by=by)


def _keeper(by: Actor) -> User:
    if not isinstance(by, User):
        raise Forbidden("macro.update")
    return by


def _cleaned(macro: Macro, values: Mapping[str, Any], changes: Mapping[str, Any], by: Actor) -> dict[str, Any]:
    """Columns and their values; raises Invalid naming the field."""
    cleaned: dict[str, Any] = {}
    for name, value in values.items():
        match name:
            case "name":
                cleaned["name"] = text.line("name", value, most=MAX_NAME)
            case "body":
                cleaned["body"] = clean_body(value)
            case "kind":
                cleaned["kind"] = text.one_of("kind", value, MacroKind)
            case "offered_to_id":
                cleaned["team"] = cleaning.team(value, by, "offered_to_id")
            case "owner" | "is_active":
                cleaned[name] = value
            case _:
                raise TypeError(f"A macro has no field {name}")
    if changes:
        cleaned["changes"] = _merged(macro.changes, changes, by)
    _refuse_incomplete(macro, cleaned)
    return cleaned


def _refuse_incomplete(macro: Macro, cleaned: Mapping[str, Any]) -> None:
    after = {"body": macro.body, "changes": macro.changes, "team": macro.team_id, "owner": macro.owner_id, **cleaned}
    if not after["body"] and not after["changes"]:
        raise Invalid({"body": _("Write a text, choose a change, or both.")})
    if after["team"] and after["owner"]:
        raise Invalid({"offered_to_id": _("Only a shared macro is offered to a team.")})


def clean_body(value: str, *, required: bool = False) -> str:
    """Markdown with known placeholders; empty where it holds blanks alone."""
    body = text.prose("body", value, most=MAX_BODY, required=required)
    if wrong := placeholders.problem(body):
        raise Invalid({"body": wrong})
    return body if body.strip() else ""


def _merged(old: Mapping[str, Any], given: Mapping[str, Any], by: Actor) -> dict[str, Any]:
    if unknown := sorted(set(given) - set(macros.FIELDS)):
        raise Invalid({name: _("There is no such field.") for name in unknown})
    merged = {**old, **{name: _CLEANERS[name](name, value, by) for name, value in given.items() if value}}
    left = {name: merged[name] for name in macros.FIELDS if name in merged and given.get(name, True)}
    if both := set(left.get("add_tags", ())) & set(left.get("remove_tags", ())):
        tag = Tag.objects.filter(pk__in=both).first()
        raise Invalid({"remove_tags": _("%(name)s cannot be added and removed at once.") % {"name": tag}})
    return left


def _assignee(field: str, value: Any, by: Actor) -> str | int:
    if value in {"me", "none"}:
        return str(value)
    user = user_or_invalid(value, field)
    assert user is not None
    return user.pk


def _other_team(field: str, value: Any, by: Actor) -> str | int | None:
    if value == "none":
        return "none"
    team = cleaning.team(value, by, field)
    return team.pk if team else None


def _tags(field: str, names: Iterable[str], by: Actor) -> list[int]:
    try:
        return sorted(tag.pk for tag in tags_by_name(names, by=by, create=field == "add_tags"))
    except Invalid as error:
        raise Invalid({field: error.message}) from None


_CLEANERS: dict[str, Callable[[str, Any, Actor], Any]] = {
    "status": lambda field, value, by: text.one_of(field, value, Status),
    "priority": lambda field, value, by: text.one_of(field, value, Priority),
    "category": lambda field, value, by: text.one_of(field, value, Category),
    "assignee": _assignee,
    "team": _other_team,
    "add_tags": _tags,
    "remove_tags": _tags,
}


def _keeper_of(macro: Macro) -> str:
    return macro.keeper


undoable("macro.updated", Macro, _keeper_of)
undoable("macro.trashed", Macro, _keeper_of)
