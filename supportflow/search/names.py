"""Whom the names in filters mean."""

from collections.abc import Sequence
from typing import NamedTuple

from supportflow.accounts.models import Team, User
from supportflow.crm.models import Contact, ContactQuerySet
from supportflow.search.engines import engine
from supportflow.search.folding import sought
from supportflow.search.models import Kind
from supportflow.search.seeing import documents_seen_by
from supportflow.search.wanted import Phrase, Wanted
from supportflow.tags.models import Tag

MANY = 100  # contacts or companies that one name may mean


class Named(NamedTuple):
    pk: int
    name: str
    address: str = ""


def people() -> list[Named]:
    return [Named(*row) for row in User.objects.people().order_by("name").values_list("pk", "name", "email")]


def teams_seen_by(actor: User) -> list[Named]:
    rows = Team.objects.known_to(actor)
    return [Named(*row) for row in rows.values_list("pk", "name")]


def tags() -> list[Named]:
    return [Named(*row) for row in Tag.objects.order_by("key").values_list("pk", "name")]


def contacts() -> ContactQuerySet:
    return Contact.objects.alive()


def fitting(value: str, known: Sequence[Named], *, whole: bool = False) -> list[int]:
    """Who has this address or exactly this name; else, unless `whole`, in whose names its words begin words."""
    exact = [one.pk for one in known if value.casefold() in (one.name.casefold(), one.address.casefold())]
    if exact or whole or not (beginnings := sought(value)):
        return exact
    return [
        one.pk for one in known if all(any(word.startswith(begin) for word in sought(one.name)) for begin in beginnings)
    ]


def customers(kind: Kind, value: str, actor: User) -> list[int]:
    """Contacts or companies that the index finds by these words in their names, else anywhere."""
    if not (words := sought(value)):
        return []
    wanted = Wanted(((Phrase(words, begins=True),),))
    rows = engine().matching(documents_seen_by(actor, kind), kind, engine().expression(wanted))
    found = list(rows.values_list("object_id", "title")[:MANY])
    named = [pk for pk, title in found if f" {' '.join(words)}" in f" {title}"]
    return named or [pk for pk, _title in found]
