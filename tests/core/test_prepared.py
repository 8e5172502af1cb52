"""A query that is written once finds what the query itself finds."""

import threading
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count, QuerySet

from supportflow.accounts.models import User
from supportflow.core.prepared import Prepared, Question
from supportflow.desk.models import Comment, Ticket
from tests.conftest import World


def test_rows_are_the_same_whatever_their_form(world: World) -> None:
    tickets = Ticket.objects.order_by("pk")
    forms: list[QuerySet[Any, Any]] = [
        tickets,
        tickets.select_related("contact__company", "assignee"),
        tickets.only("subject").annotate(comments_there=Count("comments")),
        tickets.values("pk", "custom", "created_at"),
        tickets.values_list("pk", "contact__first_name"),
        tickets.values_list("subject", flat=True),
        tickets.values_list("pk", "subject", named=True),
    ]
    for rows in forms:
        prepared: Prepared[Any] = Prepared(lambda rows=rows: rows)
        assert prepared() == prepared() == list(rows)
    related = Prepared(lambda: tickets.select_related("contact__company"))()[0]
    assert (related.contact.company, related.custom, related.created_at) == (
        world.acme,
        world.ticket.custom,
        world.ticket.created_at,
    )


def test_values_are_put_where_they_belong(world: World) -> None:
    found: Prepared[Ticket] = Prepared(
        lambda contact, subject, least: Ticket.objects.filter(contact=contact, subject=subject, pk__gte=least),
        int,
        str,
        int,
    )
    assert found(world.sarah.pk, "Unable to login", 0) == [world.ticket]
    assert found(world.sarah.pk, "'; DROP TABLE desk_ticket; --", 0) == []
    assert found(world.lisa.pk, "A secret", world.hidden.pk) == [world.hidden]
    assert found(world.lisa.pk, "A secret", world.hidden.pk + 1) == []


def test_the_sql_is_written_once(world: World) -> None:
    written: list[int] = []

    def build(pk: int) -> QuerySet[Any]:
        written.append(pk)
        rows: QuerySet[Any] = User.objects.filter(pk=pk)
        return rows

    by_id: Prepared[User] = Prepared(build, int)
    assert [by_id(user.pk)[0] for user in (world.john, world.emma)] == [world.john, world.emma]
    assert len(written) == 1


def test_a_value_that_changes_the_query_itself_is_a_mistake(world: World) -> None:
    with pytest.raises(TypeError, match="not in its SQL"):
        Prepared(lambda most: Ticket.objects.all()[: most % 7], int)(3)


def test_nothing_is_asked_where_nothing_can_be_found(world: World) -> None:
    with connection.execute_wrapper(lambda *_: pytest.fail("it asked")):
        assert Prepared(lambda: Ticket.objects.filter(pk__in=[]))() == []
        assert Question(Ticket, "none", Ticket.objects.none).count(5) == 0


def test_a_question_keeps_each_way_apart(world: World) -> None:
    def of(key: object, contact: int) -> Question[Ticket]:
        return Question(Ticket, key, lambda: Ticket.objects.filter(contact=contact))

    sarah, lisa = of(("t", world.sarah.pk), world.sarah.pk), of(("t", world.lisa.pk), world.lisa.pk)
    assert sarah.rows("all", seen=lambda rows: rows) == [world.ticket]
    assert lisa.rows("all", seen=lambda rows: rows) == [world.hidden]
    assert sarah.rows("one", seen=lambda rows, pk: rows.filter(pk=pk), given=[world.hidden.pk]) == []
    assert sarah.rows("names", seen=lambda rows: rows.values_list("subject", flat=True)) == ["Unable to login"]
    assert (sarah.count(10), lisa.count(1)) == (1, 1)
    assert of(None, world.lisa.pk).rows("all", seen=lambda rows: rows) == [world.hidden]


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_over_its_own_connection(world: World) -> None:
    opening: Prepared[Comment] = Prepared(
        lambda ticket: Comment.objects.filter(ticket=ticket).select_related("author_contact"), int
    )
    here, there = opening(world.ticket.pk), list[Comment]()

    def ask() -> None:
        there.extend(opening(world.ticket.pk))
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert here == there
    assert there[0].created_at == here[0].created_at
