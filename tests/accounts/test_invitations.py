"""Who is asked to join: the mail, its link, and what ends it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from supportflow.accounts.models import Invitation, User
from supportflow.accounts.operations import invite_user, resend_invitation, withdraw_invitation
from supportflow.core.errors import Forbidden, Invalid, Refused
from supportflow.jobs.testing import run_due_jobs
from tests.conftest import World

SignIn = Callable[[User], Client]
JOINING = {"name": "Ann Lee", "password": "a-long-enough-word"}


def link_in_mail() -> str:
    """Of the newest mail."""
    run_due_jobs()
    assert mail.outbox[-1].to == ["ann@supportflow.example"]
    found = re.search(r"http://127.0.0.1:8000(/invitation/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


@pytest.fixture
def invited(world: World, sign_in: SignIn) -> str:
    answer = sign_in(world.olivia).post("/settings/users", {"email": "ann@supportflow.example", "role": "SUPERVISOR"})
    assert answer.status_code == 302
    return link_in_mail()


def test_the_link_makes_a_user_who_is_signed_in(invited: str, world: World) -> None:
    stranger = Client()
    assert b"Olivia Brown invites you" in stranger.get(invited).content
    answer = stranger.post(invited, JOINING)
    assert (answer.status_code, answer["Location"]) == (302, "/profile")
    ann = User.objects.get(email="ann@supportflow.example")
    assert (ann.name, ann.role, ann.check_password(JOINING["password"])) == ("Ann Lee", "SUPERVISOR", True)
    assert stranger.get("/tickets").status_code == 200
    assert world.actions() == ["invitation.created", "user.created", "invitation.accepted"]


def test_it_works_once(invited: str) -> None:
    assert Client().post(invited, JOINING).status_code == 302
    for answer in (Client().get(invited), Client().post(invited, JOINING)):
        assert answer.status_code == 404
        assert b"does not work any more" in answer.content
    assert User.objects.filter(email="ann@supportflow.example").count() == 1


def test_a_weak_password_is_refused_at_the_field(invited: str) -> None:
    answer = Client().post(invited, {"name": "Ann", "password": "short"})
    assert answer.status_code == 422
    assert b"data-summary" in answer.content
    assert Client().get(invited).status_code == 200


def test_it_ends_by_time_by_withdrawal_and_by_a_newer_link(invited: str, world: World, sign_in: SignIn) -> None:
    olivia, row = sign_in(world.olivia), Invitation.objects.get()
    assert olivia.post(f"/settings/invitations/{row.pk}").status_code == 302
    newer = link_in_mail()
    assert Client().get(invited).status_code == 404
    assert Client().get(newer).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=5)):
        assert Client().get(newer).status_code == 404
    assert olivia.post(f"/settings/invitations/{row.pk}", {"withdraw": "1"}).status_code == 302
    assert Client().get(newer).status_code == 404
    assert b'id="invitation-' not in olivia.get("/settings/users").content


def test_a_made_up_link_tells_nothing(world: World) -> None:
    for token in ("x", "WzEsIngiXQ:abc", "a" * 3000, "%00"):
        assert Client().get(f"/invitation/{token}").status_code == 404


def test_twice_is_the_same_invitation_sent_again(world: World) -> None:
    first = invite_user("ann@supportflow.example", by=world.olivia)
    again = invite_user("Ann@supportflow.example", "Ann", "ADMIN", by=world.olivia)
    assert (again.pk, again.role, Invitation.objects.count()) == (first.pk, "ADMIN", 1)
    assert world.actions() == ["invitation.created", "invitation.sent"]
    assert "nonce" not in world.trail()[-1].changes


def test_only_administrators_invite_and_nobody_invites_a_user(world: World, browser: Client) -> None:
    with pytest.raises(Forbidden):
        invite_user("ann@supportflow.example", by=world.omar)
    with pytest.raises(Invalid):
        invite_user("john@supportflow.example", by=world.olivia)
    row = invite_user("ann@supportflow.example", by=world.olivia)
    for address in ("/settings/users", "/settings/users/1", f"/settings/users/{world.john.pk}"):
        assert browser.get(address).status_code == 403
    assert browser.post(f"/settings/invitations/{row.pk}").status_code == 403


def test_what_is_over_stays_over(world: World) -> None:
    row = withdraw_invitation(invite_user("ann@supportflow.example", by=world.olivia), by=world.olivia)
    withdraw_invitation(row, by=world.olivia)
    with pytest.raises(Refused):
        resend_invitation(row, by=world.olivia)
    assert world.actions() == ["invitation.created", "invitation.withdrawn"]
    run_due_jobs()
    assert not mail.outbox
