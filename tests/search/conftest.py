"""The world in the index, and short words for what is asked of it."""

import pytest

from supportflow.accounts.models import User
from supportflow.core.actors import Actor
from supportflow.desk.content import Content
from supportflow.desk.models import Comment, Ticket
from supportflow.desk.operations import note_on_ticket, reply_to_ticket
from supportflow.jobs.testing import run_due_jobs
from supportflow.search.checking import look
from supportflow.search.finding import Found, find
from supportflow.search.language import parse
from supportflow.search.models import Kind
from supportflow.search.operations import build_all
from tests.conftest import World


@pytest.fixture
def desk(world: World) -> World:
    build_all()
    return world


def search(q: str, actor: User) -> Found:
    """As somebody would who comes with a new request: rights are looked up anew."""
    return find(parse(q), User.objects.get(pk=actor.pk))


def found(q: str, actor: User) -> list[tuple[str, int]]:
    """(kind, primary key) of each hit, in order, when all that is due has been done."""
    run_due_jobs()
    return [(hit.kind.name.lower(), hit.pk) for hit in search(q, actor).hits]


def kinds(q: str, actor: User) -> set[str]:
    return {kind for kind, _pk in found(q, actor)}


def faults(q: str, actor: User) -> list[tuple[str, str]]:
    return [(fault.part, fault.instead) for fault in search(q, actor).narrowed.faults]


def differences() -> list[tuple[str, tuple[int, ...], tuple[int, ...]]]:
    """What `supportflow search check` would complain of."""
    return [
        (kind.name, looked.wrong, looked.stray)
        for kind in Kind
        for looked in look(kind)
        if looked.wrong or looked.stray
    ]


def reply(ticket: Ticket, text: str, by: User) -> Comment:
    return reply_to_ticket(ticket, Content.from_markdown(text), by=by)


def note(ticket: Ticket, text: str, by: Actor) -> Comment:
    return note_on_ticket(ticket, Content.from_markdown(text), by=by)
