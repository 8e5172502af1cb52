"""Reads of tickets and of what belongs to them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django_stubs_ext import WithAnnotations

from supportflow.accounts.models import User
from supportflow.accounts.permissions import Role
from supportflow.core.actors import Actor
from supportflow.core.models import Activity
from supportflow.core.prepared import Prepared, Question
from supportflow.crm.models import Company, Contact
from supportflow.desk.models import Comment, DeliveryState, Ticket
from supportflow.files.models import Attachment

# What a ticket's answer says of others: names alone, so that no row of them has to be made.
_NAMES = {
    "contact_first_name": F("contact__first_name"),
    "contact_last_name": F("contact__last_name"),
    "company_name": F("company__name"),
    "assignee_name": F("assignee__name"),
    "team_name": F("team__name"),
    "created_by_name": F("created_by__name"),
}


class Names(TypedDict):
    contact_first_name: str
    contact_last_name: str
    company_name: str | None
    assignee_name: str | None
    team_name: str | None
    created_by_name: str


# A ticket that has its names beside it, as `with_names` fetches it.
if TYPE_CHECKING:
    NamedTicket = WithAnnotations[Ticket, Names]
else:
    NamedTicket = Ticket


def tickets_seen_by(actor: Actor) -> Question[Ticket]:
    """As `visible_to`, for what is asked on each page."""
    key = (actor.may("ticket.update"), actor.hidden_team_ids) if isinstance(actor, User) else None
    return Question(Ticket, key, lambda: Ticket.objects.visible_to(actor))


def with_names(rows: QuerySet[Ticket]) -> QuerySet[NamedTicket]:
    return rows.annotate(**_NAMES)  # type: ignore[return-value]  # the checker does not read the dictionary


def customer_of(ticket: "NamedTicket | ListedTicket") -> str:
    return f"{ticket.contact_first_name} {ticket.contact_last_name}".strip()


class ListedTicket(NamedTuple):
    """What a list shows of a ticket or sorts it by, and no more."""

    pk: int
    id: int
    subject: str
    status: str
    priority: str
    category: str
    channel: str
    status_rank: int
    priority_rank: int
    due_at: datetime | None
    updated_at: datetime
    created_at: datetime
    assignee_id: int | None
    contact_first_name: str
    contact_last_name: str
    company_name: str | None
    assignee_name: str | None
    team_name: str | None
    seen_at: datetime | None  # by whoever reads the list
    is_starred: bool | None
    snoozed_until: datetime | None


def for_list(rows: QuerySet[Ticket], user: int) -> "QuerySet[Ticket, ListedTicket]":
    """A tuple for each: fifty rows of the model would take as long again as the query."""
    names = {name: _NAMES[name] for name in ListedTicket._fields if name in _NAMES}
    return with_marks(rows, user).annotate(**names).values_list(*ListedTicket._fields, named=True)


def with_marks(rows: QuerySet[Ticket], user: int) -> QuerySet[Ticket]:
    """With the user's own marks, which are MARKS; None where there are none."""
    mine = FilteredRelation("readings", condition=Q(readings__user=user))
    return rows.annotate(mine=mine).annotate(**{name: F(f"mine__{name}") for name in MARKS})


MARKS = ("seen_at", "is_starred", "is_following", "snoozed_until")


@dataclass(frozen=True)
class Around:
    """What belongs to some tickets, by the ticket's id."""

    tags: Mapping[int, list[tuple[int, str, str]]]  # id, name, colour
    further_contacts: Mapping[int, list[tuple[int, str]]]  # id, name
    openings: Mapping[int, str]  # the opening comment as it was typed


def around(tickets: Iterable[Ticket]) -> Around:
    """Three queries, however many tickets."""
    ids = [ticket.pk for ticket in tickets]
    return Around(tags_of(ids), further_contacts_of(ids), dict(_openings_of(len(ids))(*ids)))


@lru_cache
def _openings_of(tickets: int) -> Prepared[tuple[int, str]]:
    opening = Comment.objects.filter(is_opening=True).values_list("ticket_id", "body")
    return Prepared(lambda *ids: opening.filter(ticket__in=ids), *[int] * tickets)


def tags_of(ids: Iterable[int]) -> dict[int, list[tuple[int, str, str]]]:
    """The tags of some tickets as (id, name, colour), by the ticket's id."""
    tags: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    of = tuple(ids)
    for ticket, pk, name, color in _worn_by(len(of))(*of):
        tags[ticket].append((pk, name, color))
    return tags


@lru_cache
def _worn_by(tickets: int) -> Prepared[tuple[int, int, str, str]]:
    worn = Ticket.tags.through.objects.order_by("tag__key")
    columns = ("ticket_id", "tag_id", "tag__name", "tag__color")
    return Prepared(lambda *ids: worn.filter(ticket__in=ids).values_list(*columns), *[int] * tickets)


def further_contacts_of(ids: Iterable[int]) -> dict[int, list[tuple[int, str]]]:
    """Who else is in some tickets as (id, name), by the ticket's id."""
    further: dict[int, list[tuple[int, str]]] = defaultdict(list)
    of = tuple(ids)
    for ticket, pk, first, last in _copied_into(len(of))(*of):
        further[ticket].append((pk, f"{first} {last}".strip()))
    return further


@lru_cache
def _copied_into(tickets: int) -> Prepared[tuple[int, int, str, str]]:
    copied = Ticket.further_contacts.through.objects.order_by("contact")
    columns = ("ticket_id", "contact_id", "contact__first_name", "contact__last_name")
    return Prepared(lambda *ids: copied.filter(ticket__in=ids).values_list(*columns), *[int] * tickets)


class File(NamedTuple):
    """An attachment as a comment shows it."""

    pk: int
    name: str
    size: int  # bytes
    content_type: str


def files_of(comments: Iterable[Comment]) -> dict[int, list[File]]:
    """What is attached to some comments, by the comment's id; pictures that stand in the text are left out."""
    files: dict[int, list[File]] = defaultdict(list)
    of = [comment.pk for comment in comments]
    for comment, *file in _attached_to(len(of))(*of):
        files[comment].append(File(*file))
    return files


@lru_cache
def _attached_to(comments: int) -> Prepared[tuple[Any, ...]]:
    shown = Comment.attachments.through.objects.filter(attachment__is_inline=False).order_by("attachment")
    columns = ["comment_id", *(f"attachment__{column}" for column in File._fields)]
    return Prepared(lambda *ids: shown.filter(comment__in=ids).values_list(*columns), *[int] * comments)


def readable_comments(actor: User) -> QuerySet[Comment]:
    """What the actor may see and what is out: one that waits for its undo-send time is nobody's to read yet."""
    return Comment.objects.visible_to(actor).exclude(delivery_state=DeliveryState.HELD)


def whole_comments(rows: QuerySet[Comment]) -> QuerySet[Comment]:
    return rows.select_related("author_user", "author_contact").prefetch_related("attachments")


def attachments_visible_to(actor: User) -> QuerySet[Attachment]:
    """Files of comments the actor reads, the actor's own that wait for a comment, and companies' logos."""
    mine = Q(is_attached=False, uploader_type=actor.actor_type, uploader_id=actor.actor_id)
    held = readable_comments(actor).filter(attachments=OuterRef("pk"))
    logos = Company.objects.visible_to(actor).filter(logo=OuterRef("pk"))
    return Attachment.objects.filter(mine | Exists(held) | Exists(logos))


# Whose activities each role reads besides its own. Users, tokens and mailboxes are the administrators'; a file's name
# may be as private as the ticket it went to.
_OPEN = ("ticket", "contact", "company", "tag")
_SUBJECTS: dict[str, tuple[str, ...]] = {Role.AGENT: _OPEN, Role.SUPERVISOR: (*_OPEN, "attachment", "team")}


def activities_visible_to(actor: User) -> QuerySet[Activity]:
    """The trail of what the actor may see today; nothing of a ticket that is hidden from the actor."""
    rows = Activity.objects.all()
    if actor.role in _SUBJECTS:
        own = Q(actor_type=actor.actor_type, actor_id=actor.actor_id)
        rows = rows.filter(Q(subject_type__in=_SUBJECTS[actor.role]) | own)
    if actor.hidden_team_ids:
        # Asked row by row, newest first. PostgreSQL would gather a million tickets for an IN, and for an EXISTS too.
        seen = Ticket.objects.visible_to(actor).filter(pk=OuterRef("ticket_id")).values("pk")
        rows = rows.alias(seen=Subquery(seen)).filter(Q(ticket_id=None) | Q(seen__isnull=False))
    return rows


def names_of(activities: list[Activity]) -> dict[str, dict[int, Any]]:
    """The tickets, contacts and companies that these tell of, by id: three queries. Purged ones are missing."""
    ids = {
        kind: {pk for activity in activities if (pk := getattr(activity, f"{kind}_id")) is not None}
        for kind in ("ticket", "contact", "company")
    }
    return {
        "ticket": Ticket.objects.only("subject").in_bulk(ids["ticket"]),
        "contact": Contact.objects.only("first_name", "last_name").in_bulk(ids["contact"]),
        "company": Company.objects.only("name").in_bulk(ids["company"]),
    }


def who_see(ticket: Ticket, users: Iterable[User]) -> list[User]:
    """Those of them who may see it. Which teams are hidden from each is asked only where its team is private."""
    if ticket.team is None or not ticket.team.is_private:
        return [user for user in users if user.may("ticket.update")]
    return [user for user in users if ticket.is_visible_to(user)]
