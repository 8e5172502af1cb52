"""What a macro says and does on a ticket: its words filled in, its changes as sentences and as values of the ticket."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from supportflow.accounts.models import Team, User
from supportflow.core import clock
from supportflow.crm.models import ContactEmail
from supportflow.desk.macro_models import Macro
from supportflow.desk.models import Ticket
from supportflow.desk.placeholders import fill
from supportflow.pages.times import date_words
from supportflow.pages.words import word
from supportflow.tags.models import Tag

# What a macro may change. The assignee is an id, "me" or "none", the team an id or "none"; tags stand by their ids.
FIELDS = ("status", "priority", "category", "assignee", "team", "add_tags", "remove_tags")
TAGS = ("add_tags", "remove_tags")
Changes = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """One change as a sentence; `key` names it where somebody leaves it out: "status", "add_tags:4"."""

    key: str
    text: str


@dataclass(frozen=True)
class Names:
    """What the people, teams and tags of some macros are called, as far as the reader may know."""

    people: Mapping[int, str]
    teams: Mapping[int, str]
    tags: Mapping[int, str]

    @classmethod
    def of(cls, macros: Iterable[Macro], reader: User) -> "Names":
        """At most three queries, however many macros."""
        parts = [part for macro in macros for part in _parts(macro.changes)]
        ids = {
            kind: {value for _key, name, value in parts if name in names and isinstance(value, int)}
            for kind, names in {"people": ("assignee",), "teams": ("team",), "tags": TAGS}.items()
        }
        people = User.objects.filter(pk__in=ids["people"])
        teams = Team.objects.filter(pk__in=ids["teams"] - reader.hidden_team_ids)
        tags = Tag.objects.filter(pk__in=ids["tags"])
        return cls(*(dict(rows.values_list("pk", "name")) for rows in (people, teams, tags)))


def _parts(changes: Changes) -> Iterator[tuple[str, str, Any]]:
    """Each change as (key, field, value): a list of tags is as many changes."""
    for name in FIELDS:
        if name in TAGS:
            yield from ((f"{name}:{pk}", name, pk) for pk in changes.get(name, ()))
        elif name in changes:
            yield name, name, changes[name]


def steps(macro: Macro, names: Names) -> list[Step]:
    """What it changes, one sentence each. A tag that is gone by now is left out, as it is when the macro is applied."""
    return [Step(key, text) for key, name, value in _parts(macro.changes) if (text := _sentence(name, value, names))]


def _sentence(name: str, value: Any, names: Names) -> str:
    match name:
        case "status":
            return _("Sets status to %(value)s") % {"value": word(value)}
        case "priority":
            return _("Sets priority to %(value)s") % {"value": word(value)}
        case "category":
            return _("Sets category to %(value)s") % {"value": word(value)}
        case "assignee":
            return _assigning(value, names)
        case "team":
            return _moving(value, names)
    if value not in names.tags:
        return ""
    told = _("Adds tag %(name)s") if name == "add_tags" else _("Removes tag %(name)s")
    return told % {"name": names.tags[value]}


def _assigning(value: str | int, names: Names) -> str:
    if isinstance(value, int):
        return _("Assigns it to %(name)s") % {"name": names.people.get(value, "")}
    return _("Assigns it to you") if value == "me" else _("Takes the assignee off")


def _moving(value: str | int, names: Names) -> str:
    if not isinstance(value, int):
        return _("Takes it out of its team")
    if value not in names.teams:
        return _("Moves it to a team that you may not see")
    return _("Moves it to the team %(name)s") % {"name": names.teams[value]}


def draft(values: Mapping[str, Any], reader: User) -> tuple[Macro, Names]:
    """A macro that is not kept yet, from what `create_macro` takes, and the names in it: a tag may be a new one."""
    changes = {name: value for name, value in values["changes"].items() if value}
    tags = dict(enumerate(dict.fromkeys(tag for name in TAGS for tag in changes.get(name, ()))))
    places = {tag: place for place, tag in tags.items()}
    changes |= {name: [places[tag] for tag in changes[name]] for name in TAGS if name in changes}
    macro = Macro(body=values["body"], kind=values["kind"], changes=changes)
    return macro, replace(Names.of([macro], reader), tags=tags)


def only(changes: Changes, keys: Collection[str]) -> dict[str, Any]:
    """The part of the changes that these keys of steps name."""
    kept: dict[str, Any] = {}
    for key, name, value in _parts(changes):
        if key in keys:
            kept[name] = [*kept.get(name, ()), value] if name in TAGS else value
    return kept


def values_for(changes: Changes, ticket: Ticket, by: User) -> dict[str, Any]:
    """What `edit_ticket` takes. Tags are counted from those that the ticket wears at this moment."""
    values = {name: changes[name] for name in ("status", "priority", "category") if name in changes}
    if "assignee" in changes:
        values["assignee_id"] = {"me": by.pk, "none": None}.get(changes["assignee"], changes["assignee"])
    if "team" in changes:
        values["team_id"] = None if changes["team"] == "none" else changes["team"]
    if any(changes.get(name) for name in TAGS):
        worn = set(ticket.tags.values_list("pk", flat=True))
        wanted = (worn | set(changes.get("add_tags", ()))) - set(changes.get("remove_tags", ()))
        values["tags"] = list(Tag.objects.filter(pk__in=wanted).values_list("name", flat=True))
    return values


def fits(macro: Macro, ticket: Ticket) -> bool:
    """Whether the ticket's status can go where the macro sends it."""
    status = macro.changes.get("status", ticket.status)
    return status == ticket.status or status in ticket.moves


def filled(body: str, ticket: Ticket, by: User) -> str:
    """The words of a macro for this ticket, from this person."""
    return fill(body, _known_of(ticket, by)) if "{{" in body else body


def sample(body: str, by: User) -> str:
    """The same for a customer who does not exist."""
    data = {
        "customer.first_name": "Sarah",
        "customer.last_name": "Johnson",
        "customer.name": "Sarah Johnson",
        "customer.email": "sarah@acme.example",
        "company.name": "Acme Corporation",
        "ticket.number": "T-0001",
        "ticket.subject": _("Unable to login"),
    }
    return fill(body, data | _about_agent(by))


def _known_of(ticket: Ticket, by: User) -> dict[str, str]:
    contact = ticket.contact
    addresses = ContactEmail.objects.filter(contact=contact, is_primary=True)
    return {
        "customer.first_name": contact.first_name,
        "customer.last_name": contact.last_name,
        "customer.name": contact.name,
        "customer.email": addresses.values_list("address", flat=True).first() or "",
        "company.name": ticket.company.name if ticket.company else "",
        "ticket.number": ticket.number,
        "ticket.subject": ticket.subject,
    } | _about_agent(by)


def _about_agent(by: User) -> dict[str, str]:
    today = timezone.localdate(clock.now(), ZoneInfo(by.time_zone))
    return {"agent.name": by.name, "agent.first_name": by.name.split()[0], "today": date_words(today)}
