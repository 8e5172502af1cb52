"""What the filters of a query narrow down to, for one searcher."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from supportflow.accounts.models import User
from supportflow.core import clock
from supportflow.desk.models import (
    SETTLED,
    UNSETTLED,
    Category,
    Channel,
    Comment,
    Priority,
    Status,
    Ticket,
)
from supportflow.search import names
from supportflow.search.dates import beginning_of
from supportflow.search.language import Fault, Filter, Query, nearest, quoted
from supportflow.search.models import Kind

OF_TICKETS = frozenset({Kind.TICKET, Kind.COMMENT})
PLACES = {f"{kind.name.lower()}s" if kind != Kind.COMPANY else "companies": kind for kind in Kind}


@dataclass(frozen=True)
class Effect:
    """`ticket`: of a ticket, and of that of a comment. `document`: of the document itself, for each kind it is about.

    Kinds that are in neither are not found at all.
    """

    ticket: Q | None = None
    document: Mapping[Kind, Q] = field(default_factory=dict)

    @property
    def kinds(self) -> frozenset[Kind]:
        return frozenset(self.document) | (OF_TICKETS if self.ticket is not None else frozenset())

    def turned(self) -> "Effect":
        return Effect(None if self.ticket is None else ~self.ticket, {kind: ~q for kind, q in self.document.items()})


@dataclass(frozen=True)
class Narrowed:
    kinds: frozenset[Kind] = frozenset(Kind)
    effects: tuple[Effect, ...] = ()
    faults: tuple[Fault, ...] = ()

    def of_tickets(self) -> list[Q]:
        return [effect.ticket for effect in self.effects if effect.ticket is not None]

    def of_documents(self, kind: Kind) -> list[Q]:
        return [effect.document[kind] for effect in self.effects if kind in effect.document]


class _Unknown(Exception):
    """A value that means nothing: why, and what may have been meant."""

    def __init__(self, message: str, instead: str = "") -> None:
        super().__init__(message)
        self.message, self.instead = message, instead


def narrow(query: Query, actor: User) -> Narrowed:
    effects: list[Effect] = []
    faults: list[Fault] = []
    kinds = frozenset(Kind)
    for one in query.filters:
        try:
            if one.name == "in":
                wanted = frozenset(_places(one.values))
                kinds &= frozenset(Kind) - wanted if one.excluded else wanted
                continue
            effect = _EFFECTS[one.name](one.values, actor)
        except _Unknown as unknown:
            faults.append(_fault(one, unknown))
            continue
        effects.append(effect.turned() if one.excluded else effect)
        kinds &= effect.kinds
    return Narrowed(kinds, tuple(effects), tuple(faults))


def _fault(one: Filter, unknown: _Unknown) -> Fault:
    minus = "-" if one.excluded else ""
    return Fault(one.text, unknown.message, f"{minus}{one.name}:{quoted(unknown.instead)}" if unknown.instead else "")


def _known(value: str, known: Sequence[str], message: str = "") -> str:
    """The known word that `value` is, whatever its case and its hyphens."""
    tidy = value.lower().replace("-", "_")
    if tidy not in known:
        told = message or _("%(value)s is none of: %(known)s.")
        raise _Unknown(told % {"value": value, "known": ", ".join(known)}, nearest(tidy, list(known)))
    return tidy


def _places(values: Iterable[str]) -> list[Kind]:
    return [PLACES[_known(value, list(PLACES))] for value in values]


def _member(column: str, members: type[StrEnum]) -> "_Maker":
    def make(values: Sequence[str], _actor: User) -> Effect:
        known = [member.lower() for member in members]
        return Effect(Q(**{f"{column}__in": [_known(value, known).upper() for value in values]}))

    return make


def _assignee(values: Sequence[str], actor: User) -> Effect:
    ids, nobody = _people(values, actor, "none")
    return Effect(Q(assignee__in=ids) | Q(assignee=None) if nobody else Q(assignee__in=ids))


def _team(values: Sequence[str], actor: User) -> Effect:
    teams, wanted = names.teams_seen_by(actor), Q()
    for value in values:
        wanted |= Q(team=None) if value.lower() == "none" else Q(team__in=_named(value, teams, "none"))
    return Effect(wanted)


def _tag(values: Sequence[str], _actor: User) -> Effect:
    tags = names.tags()
    ids = [pk for value in values for pk in _named(value, tags, whole=True)]
    return Effect(Q(Exists(Ticket.tags.through.objects.filter(ticket=OuterRef("pk"), tag__in=ids))))


def _company(values: Sequence[str], actor: User) -> Effect:
    ids = _customers(Kind.COMPANY, values, actor)
    contacts = Exists(names.contacts().filter(pk=OuterRef("object_id"), company__in=ids))
    return Effect(Q(company__in=ids), {Kind.CONTACT: Q(contacts), Kind.COMPANY: Q(object_id__in=ids)})


def _contact(values: Sequence[str], actor: User) -> Effect:
    ids = _customers(Kind.CONTACT, values, actor)
    return Effect(Q(contact__in=ids), {Kind.CONTACT: Q(object_id__in=ids)})


def _from(values: Sequence[str], actor: User) -> Effect:
    """Comments by these people, and the tickets that they asked."""
    people = names.people()
    users: list[int] = []
    contacts: list[int] = []
    for value in values:
        mine = [actor.pk] if value.lower() == "me" else names.fitting(value, people)
        theirs = [] if mine and value.lower() == "me" else names.customers(Kind.CONTACT, value, actor)
        if not mine and not theirs:
            raise _Unknown(_("Nobody is called %(value)s.") % {"value": value}, _nearest_name(value, people))
        users += mine
        contacts += theirs
    written = Comment.objects.filter(pk=OuterRef("object_id"))
    by = Exists(written.filter(Q(author_user__in=users) | Q(author_contact__in=contacts)))
    asked = Exists(Ticket.objects.filter(pk=OuterRef("object_id"), contact__in=contacts))
    return Effect(None, {Kind.COMMENT: Q(by), Kind.TICKET: Q(asked)})


def _is(values: Sequence[str], actor: User) -> Effect:
    conditions: dict[str, Q] = {
        "open": Q(status__in=UNSETTLED),
        "closed": Q(status__in=SETTLED),
        "overdue": Q(resolved_at=None, closed_at=None, due_at__lt=clock.now()),
        "mine": Q(assignee=actor.pk),
        "unassigned": Q(assignee=None),
    }
    chosen = [_known(value, [*conditions, "note"]) for value in values]
    if "note" in chosen:
        return Effect(None, {Kind.COMMENT: Q(is_internal=True)})
    wanted = Q()
    for name in chosen:
        wanted |= conditions[name]
    return Effect(wanted)


def _before(values: Sequence[str], _actor: User) -> Effect:
    return Effect(None, dict.fromkeys(Kind, Q(written_at__lt=min(map(_moment, values)))))


def _after(values: Sequence[str], _actor: User) -> Effect:
    return Effect(None, dict.fromkeys(Kind, Q(written_at__gte=max(map(_moment, values)))))


def _has(values: Sequence[str], _actor: User) -> Effect:
    for value in values:
        _known(value.removesuffix("s"), ["attachment"])
    held = Comment.attachments.through.objects
    return Effect(
        None,
        {
            Kind.TICKET: Q(Exists(held.filter(comment__ticket=OuterRef("object_id")))),
            Kind.COMMENT: Q(Exists(held.filter(comment=OuterRef("object_id")))),
        },
    )


def _moment(value: str) -> datetime:
    found = beginning_of(value)
    if found is None:
        raise _Unknown(
            _("%(value)s is no date. Write 2026-01-31, 2026-01, today, yesterday or 7d (days ago).") % {"value": value}
        )
    return found


def _people(values: Sequence[str], actor: User, *words: str) -> tuple[list[int], bool]:
    people = names.people()
    ids: list[int] = []
    for value in values:
        if value.lower() == "me":
            ids.append(actor.pk)
        elif value.lower() not in words:
            ids += _named(value, people, "me", *words)
    return ids, any(value.lower() in words for value in values)


def _named(value: str, known: Sequence[names.Named], *words: str, whole: bool = False) -> list[int]:
    found = names.fitting(value, known, whole=whole)
    if not found:
        told = [*words, *(one.name for one in known)]
        message = _("%(value)s is none of: %(known)s.") % {"value": value, "known": _listed(told)}
        raise _Unknown(message, _nearest_name(value, known))
    return found


def _customers(kind: Kind, values: Sequence[str], actor: User) -> list[int]:
    found: list[int] = []
    for value in values:
        fit = names.customers(kind, value, actor)
        if not fit:
            message = (
                _("No contact has %(value)s in the name or address.")
                if kind == Kind.CONTACT
                else _("No company has %(value)s in its name or domain.")
            )
            raise _Unknown(message % {"value": value})
        found += fit
    return found


def _listed(known: Sequence[str]) -> str:
    return ", ".join(known[:12]) + (" …" if len(known) > 12 else "")


def _nearest_name(value: str, known: Sequence[names.Named]) -> str:
    parts = {part.lower(): one.name for one in known for part in (one.name, *one.name.split(), one.address) if part}
    found = nearest(value.lower(), list(parts))
    return parts[found] if found else ""


_Maker = Callable[[Sequence[str], User], Effect]
_EFFECTS: dict[str, _Maker] = {
    "status": _member("status", Status),
    "priority": _member("priority", Priority),
    "category": _member("category", Category),
    "channel": _member("channel", Channel),
    "assignee": _assignee,
    "team": _team,
    "tag": _tag,
    "company": _company,
    "contact": _contact,
    "from": _from,
    "is": _is,
    "before": _before,
    "after": _after,
    "has": _has,
}
