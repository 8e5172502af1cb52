"""`@Name` calls a colleague: they follow from then on, and the comment's activity tells whom."""

from typing import Any

import pytest
from django.test import Client

from supportflow.accounts.models import User
from supportflow.accounts.operations import create_user, deactivate_user
from supportflow.desk.content import Content
from supportflow.desk.mentions import mentions_in
from supportflow.desk.models import Comment, Reading
from supportflow.desk.operations import answer_ticket, note_on_ticket
from tests.conftest import BY, World


def called(world: World, text: str) -> list[str]:
    return [user.name for user in mentions_in(Content.from_markdown(text), world.ticket).users]


def followers(world: World) -> list[str]:
    rows = Reading.objects.filter(ticket=world.ticket, is_following=True).order_by("user__name")
    return list(rows.values_list("user__name", flat=True))


def test_whom_a_note_calls_follows_and_the_activity_says_so(world: World) -> None:
    note = note_on_ticket(world.ticket, Content.from_markdown("Ask @Emma Clarke, please."), by=world.john)
    assert note.mentions == [world.emma.pk]
    assert '<span class="mention">@Emma Clarke</span>, please' in note.body_html
    assert followers(world) == ["Emma Clarke"]
    [activity] = world.trail()
    assert (activity.action, activity.metadata["mentions"]) == ("ticket.noted", [world.emma.pk])


def test_a_note_that_calls_nobody_names_nobody(world: World) -> None:
    note_on_ticket(world.ticket, Content.from_markdown("Just words, john@acme.example"), by=world.john)
    assert "mentions" not in world.trail()[0].metadata
    assert followers(world) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@emma clarke", ["Emma Clarke"]),
        ("**@Emma Clarke**: and @Omar Haddad!", ["Emma Clarke", "Omar Haddad"]),
        ("@Emma Clarke @Emma Clarke", ["Emma Clarke"]),
        ("@Emma", []),
        ("@Emma Clarkes", []),
        ("mail@Emma Clarke", []),
        ("@@Emma Clarke", []),
        ("`@Emma Clarke`", []),
        ("> @Emma Clarke", []),
        ("[@Emma Clarke](https://acme.example)", []),
        ("@Nobody Here", []),
        ("@" * 5000, []),
    ],
)
def test_who_is_called(world: World, text: str, names: list[str]) -> None:
    assert called(world, text) == names


def test_the_longest_name_counts_and_signs_in_names_are_only_signs(world: World) -> None:
    for number, name in enumerate(("Ann", "Ann Lee", "Bo <b> & Co.", "C (++) [a]*")):
        create_user(f"n{number}@supportflow.example", name, by=BY)
    assert called(world, "@Ann Lee") == ["Ann Lee"]
    assert called(world, "@Ann, hello") == ["Ann"]
    assert called(world, "@Bo <b> & Co. knows") == ["Bo <b> & Co."]


def test_of_namesakes_the_number_says_which(world: World) -> None:
    other = create_user("emma2@supportflow.example", "Emma Clarke", by=BY)
    found = mentions_in(Content.from_markdown("@Emma Clarke"), world.ticket)
    assert (found.users, found.unclear) == ([], ["Emma Clarke"])
    assert "several people" in found.problem()
    assert mentions_in(Content.from_markdown(f"@Emma Clarke #{other.pk}"), world.ticket).users == [other]


def test_who_may_not_see_the_ticket_is_not_called_and_the_writer_is_told(sign_in: Any, world: World) -> None:
    client: Client = sign_in(world.priya)
    form = {"kind": "note", "body": "@Emma Clarke and @Priya Nair"}
    assert client.post(f"/tickets/{world.hidden.number}/comments", form).status_code == 302
    note = Comment.objects.latest("pk")
    assert note.mentions == [world.priya.pk]
    assert '<span class="mention">@Emma' not in note.body_html
    html = client.get(world.hidden.get_absolute_url()).content.decode()
    assert "Not told, as they may not see this ticket: Emma Clarke." in html
    assert not Reading.objects.filter(ticket=world.hidden, user=world.emma).exists()


def test_who_left_is_not_called(world: World) -> None:
    deactivate_user(world.emma, by=world.olivia)
    assert called(world, "@Emma Clarke") == []


def test_a_customer_calls_nobody(world: World) -> None:
    answer_ticket(world.ticket, Content.from_markdown("@Emma Clarke, help"), by=world.sarah)
    assert followers(world) == []
    assert "mention" not in Comment.objects.latest("pk").body_html


def test_fifty_are_called_at_most(world: World, django_assert_max_num_queries: Any) -> None:
    people = [create_user(f"p{n}@supportflow.example", f"Person {n}.", by=BY) for n in range(60)]
    text = " ".join(f"@{user.name}" for user in people)
    assert len(called(world, text)) == 50


def test_the_list_offers_who_may_see_the_ticket(browser: Client, sign_in: Any, world: World) -> None:
    html = browser.get(f"/tickets/{world.ticket.number}/colleagues").content.decode()
    assert 'data-insert="Emma Clarke"' in html
    html = sign_in(world.priya).get(f"/tickets/{world.hidden.number}/colleagues").content.decode()
    assert "Priya" in html
    assert "Olivia" in html  # an administrator sees all
    assert "Emma" not in html
    other = create_user("emma2@supportflow.example", "Emma Clarke", by=BY)
    html = browser.get(f"/tickets/{world.ticket.number}/colleagues").content.decode()
    assert f'data-insert="Emma Clarke #{other.pk}"' in html
    assert User.objects.system().name not in html
