"""The parts of the stream that a test from outside would have to wait for."""

import asyncio
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client

from supportflow.accounts.models import User
from supportflow.accounts.operations import set_password
from supportflow.core.models import Activity
from supportflow.desk.operations import update_ticket
from supportflow.live import trail
from supportflow.live.clients import WAITING_AT_MOST
from supportflow.live.clients import Client as LiveClient
from supportflow.live.hints import ASKED_AT_ONCE, KINDS, Sieve
from supportflow.live.hub import Hub
from supportflow.live.listeners import by_rights, signed_out
from supportflow.live.trail import Tail
from tests.conftest import BY, World, make_world
from tests.together import together


def of(browser: Client, user: User) -> LiveClient:
    return LiveClient(user.pk, browser.cookies[settings.SESSION_COOKIE_NAME].value, 0)


def test_signing_out_ends_the_right_to_listen(browser: Client, world: World) -> None:
    listening = of(browser, world.john)
    assert not signed_out([listening])
    browser.logout()
    assert signed_out([listening]) == {listening}


def test_a_new_password_ends_the_right_to_listen(browser: Client, world: World) -> None:
    listening = of(browser, world.john)
    set_password(world.john, "another-correct-horse", by=BY)
    assert signed_out([listening]) == {listening}


def test_those_who_listen_together_would_be_asked_the_same(world: World) -> None:
    """One of a group answers for all: only while nothing but role and private teams decides who sees what."""
    listening = [LiveClient(user.pk, "key", 0) for user in (world.john, world.emma, world.priya, world.omar)]
    groups = [{client.user_id for client in clients} for _, clients in by_rights(listening)]
    assert sorted(groups, key=min) == [{world.omar.pk}, {world.john.pk, world.emma.pk}, {world.priya.pk}]
    for model in KINDS.values():
        johns, emmas = (
            model.objects.visible_to(user).query.sql_with_params()  # type: ignore[attr-defined]
            for user in (world.john, world.emma)
        )
        assert johns == emmas, model


def test_what_a_group_may_not_see_is_what_its_user_would_be_refused(world: World) -> None:
    """Found out for all groups together, without asking each user."""
    listening = [LiveClient(user.pk, "key", 0) for user in (world.john, world.priya, world.omar, world.olivia)]
    groups = by_rights(listening)
    assert len(groups) >= 3
    for user, _ in groups:
        assert user.hidden_team_ids == User.objects.get(pk=user.pk).hidden_team_ids


def test_the_cost_of_a_turn_does_not_grow_with_the_number_of_streams(
    world: World, django_assert_num_queries: Any
) -> None:
    update_ticket(world.hidden, priority="HIGH", by=BY)
    sieve = Sieve(Activity.objects.filter(ticket_id=world.hidden.pk).order_by("-pk")[:1])
    for streams in (1, 100):
        clients = [LiveClient(user.pk, "key", 0) for user in (world.john, world.omar, world.priya)] * streams
        with django_assert_num_queries(3):
            users = [user for user, _ in by_rights(clients)]
        with django_assert_num_queries(1):
            told = dict(zip([user.name for user in users], sieve.for_users(users), strict=True))
        assert {name for name, hints in told.items() if hints} == {world.omar.name, world.priya.name}
        with django_assert_num_queries(2):
            signed_out(clients)


def test_any_number_of_rights_is_asked_for(world: World) -> None:
    update_ticket(world.hidden, priority="HIGH", by=BY)
    sieve = Sieve(Activity.objects.filter(ticket_id=world.hidden.pk).order_by("-pk")[:1])
    told = sieve.for_users([world.john, *[world.priya] * ASKED_AT_ONCE, world.john, world.omar])
    assert [len(hints) for hints in told] == [0, *[1] * ASKED_AT_ONCE, 0, 1]
    assert sieve.for_users([]) == []


def test_a_client_that_takes_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """It connects again and resumes: nothing is lost, and nothing piles up here."""

    class Door(Hub):
        def join(self, client: LiveClient) -> None: ...
        def leave(self, client: LiveClient) -> None:
            left.append(client)

    left: list[LiveClient] = []

    async def listen() -> list[bytes]:
        client = LiveClient(1, "key", 0)
        stream = client.stream(Door())
        taken = [await anext(stream)]
        for _ in range(WAITING_AT_MOST + 1):
            client.put(b"event\n\n")
        return taken + [event async for event in stream]

    assert [event.split(b":")[0] for event in asyncio.run(listen())] == [b"retry"]
    assert len(left) == 1


def test_silence_is_broken_by_pings() -> None:
    class Quiet(Hub):
        def join(self, client: LiveClient) -> None:
            self._clients.add(client)

    async def listen() -> tuple[list[bytes], int]:
        hub, client = Quiet(), LiveClient(1, "key", 0)
        stream = client.stream(hub)
        taken = [await anext(stream)]
        for now in (100.0, 100.1, 116.0):  # the second is too soon for another
            hub._ping(now)
        taken += [await anext(stream) for _ in range(2)]
        return taken, client._parts.qsize()

    taken, waiting = asyncio.run(listen())
    assert (taken[1:], waiting) == ([b": ping\n\n", b": ping\n\n"], 0)


def test_a_commit_while_the_hub_begins_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes between the two questions that the hub asks first, and after the page was made."""
    known = trail.last_number()
    update_ticket(world.ticket, priority="HIGH", by=BY)
    monkeypatch.setattr(trail, "last_number", lambda: known)
    tail = Tail()
    told = [*tail.new(), *(tail.missed(known, 10) or [])]
    assert [activity.ticket_id for activity in told] == [world.ticket.pk]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_number_that_surfaces_late_is_not_passed_over() -> None:
    """PostgreSQL hands numbers out before the commit: 5 may become visible after 6. On SQLite writers take turns."""
    world = make_world()
    tail = Tail()
    with transaction.atomic():
        update_ticket(world.ticket, priority="HIGH", by=BY)
        together(lambda: update_ticket(world.hidden, priority="HIGH", by=BY))
        early = surfaced(tail)
    late = surfaced(tail)
    assert (early, late) == ([world.hidden.pk], [world.ticket.pk])
    assert surfaced(tail) == []
    again = tail.missed(tail.last, 10)
    assert again is not None
    assert [activity.ticket_id for activity in again] == [world.ticket.pk], "a page that was rendered in between"


def surfaced(tail: Tail) -> list[int | None]:
    """As the hub sees it, from a connection of its own."""
    (found,) = together(lambda: [activity.ticket_id for activity in tail.new()])
    assert isinstance(found, list), found
    return found
