"""What changes many documents at once: a bite at a time, each run asking for the next."""

import time
from collections.abc import Callable
from datetime import timedelta
from threading import Event

from supportflow.crm.models import Contact
from supportflow.desk.models import Comment, Ticket
from supportflow.jobs import schedule, task
from supportflow.search.engines import engine
from supportflow.search.folding import sought
from supportflow.search.models import Document, Kind
from supportflow.search.operations import AT_ONCE, build_next, index, unfinished
from supportflow.search.wanted import Phrase, Wanted

BUILT_FOR = 20.0  # seconds of one run
LONGEST_GAP = 1.0  # seconds


@task
def follow_contact(contact: int, after: int = 0) -> None:
    """The tickets of a contact who has another name or address."""
    rows = Ticket.objects.filter(contact=contact, pk__gt=after).order_by("pk")
    _follow(
        Kind.TICKET,
        list(rows.values_list("pk", flat=True)[:AT_ONCE]),
        lambda last: follow_contact.enqueue(contact, last),
    )


@task
def follow_conversation(ticket: int, after: int = 0) -> None:
    """The comments of a ticket, some of which were another's until now."""
    rows = Comment.objects.filter(ticket=ticket, pk__gt=after).order_by("pk")
    pks = list(rows.values_list("pk", flat=True)[:AT_ONCE])
    _follow(Kind.COMMENT, pks, lambda last: follow_conversation.enqueue(ticket, last))


@task
def follow_company(company: int, after: int = 0) -> None:
    """The contacts of a company that has another name."""
    rows = Contact.objects.filter(company=company, pk__gt=after).order_by("pk")
    pks = list(rows.values_list("pk", flat=True)[:AT_ONCE])
    _follow(Kind.CONTACT, pks, lambda last: follow_company.enqueue(company, last))


@task
def follow_tag(tag: int, after: int = 0) -> None:
    """The tickets that wear a tag with another name."""
    rows = Ticket.tags.through.objects.filter(tag=tag, ticket__gt=after).order_by("ticket")
    _follow(
        Kind.TICKET, list(rows.values_list("ticket", flat=True)[:AT_ONCE]), lambda last: follow_tag.enqueue(tag, last)
    )


@task
def follow_name(kind: int, name: str, before: int = 2**60) -> None:
    """What is found by a name that is gone: the index itself knows where it stands."""
    if not (words := sought(name)):
        return
    told = engine().expression(Wanted(((Phrase(words),),)))
    rows = engine().matching(Document.objects.filter(object_id__lt=before), Kind(kind), told)
    pks = list(rows.values_list("object_id", flat=True)[:AT_ONCE])
    _follow(Kind(kind), pks, lambda last: follow_name.enqueue(kind, name, last))


def _follow(kind: Kind, pks: list[int], go_on: Callable[[int], object]) -> None:
    index(kind, pks)
    if len(pks) == AT_ONCE:
        go_on(pks[-1])


@task(max_attempts=3, unique="build")
def build() -> None:
    """What was there before the index, or what `supportflow search rebuild` left: for a while, then again."""
    until = time.monotonic() + BUILT_FOR
    for kind in unfinished():
        began = time.monotonic()
        while build_next(kind):
            now = time.monotonic()
            if now > until:
                build.enqueue()
                return
            # SQLite has no queue for its writers: in a gap of this length others get in. Clocks may jump.
            Event().wait(min(max(now - began, 0.0), LONGEST_GAP))
            began = time.monotonic()


schedule("search.build", timedelta(minutes=1), build)
