"""Users, teams and tokens."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from supportflow.accounts.models import ApiToken, Team, User
from supportflow.accounts.operations import (
    create_team,
    create_token,
    create_user,
    deactivate_user,
    end_sessions,
    note_token_use,
    reactivate_user,
    revoke_token,
    set_password,
    set_team_members,
    update_team,
    update_user,
    user_or_invalid,
)
from supportflow.core import clock
from supportflow.core.errors import DomainError, Forbidden, Invalid, Refused
from tests.conftest import PASSWORD, World
from tests.together import together


def test_a_new_user_stands_in_the_trail_without_the_password(world: World) -> None:
    user = create_user("Ann@Supportflow.Example", " Ann  Lee ", "SUPERVISOR", password=PASSWORD, by=world.olivia)
    [activity] = world.trail()
    assert (user.email, user.name, user.role) == ("Ann@supportflow.example", "Ann Lee", "SUPERVISOR")
    assert user.check_password(PASSWORD)
    assert (activity.action, activity.actor_id, activity.subject_id) == ("user.created", world.olivia.pk, user.pk)
    assert PASSWORD not in str(activity.metadata)
    assert not create_user("b@supportflow.example", "B", by=world.olivia).has_usable_password()


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"email": "JOHN@supportflow.EXAMPLE"}, "email"),
    ({"email": "system@supportflow.invalid"}, "email"),
    ({"email": "no address"}, "email"),
    ({"email": "a@b@c"}, "email"),
    ({"email": "a\x00@b.example"}, "email"),
    ({"email": f"{'a' * 250}@b.example"}, "email"),
    ({"email": f"a@{'ü' * 60}.{'ü' * 60}.{'ü' * 60}.example"}, "email"),
    ({"name": ""}, "name"),
    ({"name": "x" * 121}, "name"),
    ({"role": "SYSTEM"}, "role"),
    ({"role": "admin"}, "role"),
    ({"time_zone": "../../etc/passwd"}, "time_zone"),
    ({"password": "short"}, "password"),
    ({"password": "ann@supportflow.example"}, "password"),
]


def test_what_cannot_be_a_user_is_refused_by_the_fields_name(world: World) -> None:
    for values, field in REFUSED:
        given = {"email": "ann@supportflow.example", "name": "Ann", **values}
        with pytest.raises(Invalid) as refusal:
            create_user(by=world.olivia, **given)
        assert list(refusal.value.fields) == [field]
        assert world.trail() == []


def test_one_address_written_in_two_ways_is_one_address(world: World) -> None:
    user = create_user("ann@bücher.example", "Ann", by=world.olivia)
    assert user.email == "ann@xn--bcher-kva.example"
    for same in ("ANN@BÜCHER.example", "ann@xn--bcher-kva.EXAMPLE"):
        with pytest.raises(Invalid):
            create_user(same, "Ann", by=world.olivia)


@pytest.mark.django_db(transaction=True)
def test_two_who_make_the_same_user_at_once_make_one(world: World) -> None:
    outcomes = together(*[lambda: create_user("ann@supportflow.example", "Ann", by=world.olivia)] * 3)
    assert sum(isinstance(outcome, DomainError) for outcome in outcomes) == 2
    assert world.actions() == ["user.created"]


def test_people_change_their_own_name_and_looks_but_not_their_role(world: World) -> None:
    john = update_user(world.john, name="Johnny", time_zone="Europe/Berlin", theme="dark", language="en", by=world.john)
    assert (john.name, john.time_zone, john.theme) == ("Johnny", "Europe/Berlin", "dark")
    for values in ({"role": "ADMIN"}, {"email": "x@supportflow.example"}, {"name": "J", "role": "ADMIN"}):
        with pytest.raises(Forbidden):
            update_user(world.john, by=world.john, **dict[str, Any](values))
    with pytest.raises(Forbidden):
        update_user(world.emma, name="E", by=world.john)
    assert world.actions() == ["user.updated"]
    update_user(world.john, name="Johnny", by=world.john)
    assert len(world.trail()) == 1


def test_a_customer_with_an_agents_number_is_not_that_agent(world: World) -> None:
    world.sarah.pk = world.john.pk
    with pytest.raises(Forbidden):
        update_user(world.john, name="Sarah was here", by=world.sarah)
    with pytest.raises(Forbidden):
        set_password(world.john, "a-brand-new-password", by=world.sarah)


def test_a_new_password_ends_the_old_one_and_keeps_out_of_the_trail(world: World) -> None:
    set_password(world.john, "a-brand-new-password", by=world.john)
    set_password(world.emma, "another-new-password", by=world.olivia)
    with pytest.raises(Forbidden):
        set_password(world.emma, "another-new-password", by=world.omar)
    assert User.objects.get(pk=world.john.pk).check_password("a-brand-new-password")
    assert [(a.action, a.actor_id, a.changes, a.metadata) for a in world.trail()] == [
        ("user.password_changed", world.john.pk, {}, {}),
        ("user.password_changed", world.olivia.pk, {}, {}),
    ]


def test_deactivation_ends_sessions_and_tokens_at_once(world: World, browser: Client, sign_in: Any) -> None:
    others = sign_in(world.emma)
    token, _secret = create_token(world.john, "script", by=world.olivia)
    before = len(world.trail())
    assert Session.objects.count() == 2
    for _again in range(2):
        deactivate_user(world.john, by=world.olivia)
    assert world.actions()[before:] == ["user.deactivated"]
    assert Session.objects.count() == 1
    token.refresh_from_db()
    assert not token.is_live
    assert others.session.session_key == Session.objects.get().pk
    reactivate_user(world.john, by=world.olivia)
    token.refresh_from_db()
    assert not token.is_live
    assert world.actions()[before:] == ["user.deactivated", "user.reactivated"]


def test_only_administrators_end_sessions_of_others(world: World) -> None:
    with pytest.raises(Forbidden):
        end_sessions(world.john, by=world.omar)


def test_the_last_administrator_stays(world: World) -> None:
    acts: list[Callable[[], object]] = [
        lambda: update_user(world.olivia, role="AGENT", by=world.olivia),
        lambda: deactivate_user(world.olivia, by=world.olivia),
    ]
    for act in acts:
        with pytest.raises(Refused) as refusal:
            act()
        assert refusal.value.code == "last_admin"
    emma = update_user(world.emma, role="ADMIN", by=world.olivia)
    update_user(world.olivia, role="AGENT", by=emma)
    assert world.actions() == ["user.updated"] * 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["demote", "deactivate"])
def test_two_administrators_cannot_take_each_others_rights_at_once(world: World, how: str) -> None:
    update_user(world.emma, role="ADMIN", by=world.olivia)
    emma = User.objects.get(pk=world.emma.pk)

    def take(victim: User, by: User) -> None:
        if how == "demote":
            update_user(victim, role="AGENT", by=by)
        else:
            deactivate_user(victim, by=by)

    for _round in range(5):
        outcomes = together(lambda: take(world.olivia, emma), lambda: take(emma, world.olivia))
        assert [getattr(outcome, "code", None) for outcome in outcomes].count("last_admin") == 1
        assert outcomes.count(None) == 1
        assert User.objects.filter(role="ADMIN", is_active=True).count() == 1
        User.objects.filter(pk__in=[emma.pk, world.olivia.pk]).update(role="ADMIN", is_active=True)


def test_the_built_in_user_is_in_no_list_and_untouchable(world: World) -> None:
    system = User.objects.system()
    assert system not in User.objects.people()
    assert system not in User.objects.at_work()
    acts: list[Callable[[], object]] = [
        lambda: update_user(system, name="Me", by=world.olivia),
        lambda: deactivate_user(system, by=world.olivia),
        lambda: reactivate_user(system, by=world.olivia),
        lambda: set_password(system, "a-brand-new-password", by=world.olivia),
        lambda: create_token(system, "mine", by=world.olivia),
    ]
    for act in acts:
        with pytest.raises(Forbidden):
            act()
    with pytest.raises(Invalid):
        user_or_invalid(system.pk, "assignee_id")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="two@supportflow.invalid", name="Two", role="SYSTEM")
    assert world.trail() == []


def test_a_token_is_shown_once_and_kept_as_a_hash(world: World) -> None:
    token, secret = create_token(world.john, "script", by=world.olivia)
    row = ApiToken.objects.values().get()
    assert secret.startswith("sf_")
    assert len(secret) > 40
    assert row["digest"] == hashlib.sha256(secret.encode()).hexdigest() == ApiToken.digest_of(secret)
    assert secret not in str(row)
    [activity] = world.trail()
    assert (activity.subject_type, activity.subject_id) == ("token", token.pk)
    assert activity.metadata == {"user": world.john.pk, "name": "script", "hint": secret[:8]}
    assert create_token(world.john, "script", by=world.olivia)[1] != secret


def test_tokens_end_when_revoked_expired_or_past_their_user(world: World) -> None:
    token, _secret = create_token(world.john, "script", expires_at=timezone.now() + timedelta(days=1), by=world.olivia)
    for days, live in ((0, True), (2, False)):
        with clock.at(timezone.now() + timedelta(days=days)):
            assert token.is_live is live
    with pytest.raises(Forbidden):
        revoke_token(token, by=world.emma)
    for _again in range(2):
        assert not revoke_token(token, by=world.john).is_live
    assert world.actions() == ["token.created", "token.revoked"]
    deactivate_user(world.john, by=world.olivia)
    with pytest.raises(Refused) as refusal:
        create_token(User.objects.get(pk=world.john.pk), "more", by=world.olivia)
    assert refusal.value.code == "user_inactive"


def test_only_administrators_hand_out_tokens(world: World) -> None:
    for who in (world.john, world.omar, world.sarah):
        with pytest.raises(Forbidden):
            create_token(world.john, "script", by=who)


def test_the_use_of_a_token_is_noted_once_a_minute(world: World) -> None:
    token, _secret = create_token(world.john, "script", by=world.olivia)
    start = timezone.now()
    for seconds in (0, 30, 59, 60, 90):
        with clock.at(start + timedelta(seconds=seconds)):
            note_token_use(ApiToken.objects.get(pk=token.pk))
    assert ApiToken.objects.get(pk=token.pk).last_used_at == start + timedelta(seconds=60)
    assert world.actions() == ["token.created"]


def test_teams_are_made_renamed_and_staffed_once_each(world: World) -> None:
    team = create_team("Billing", members=[world.john], by=world.olivia)
    for _again in range(2):
        team = set_team_members(team, [world.emma, world.john, world.emma], by=world.olivia)
        team = update_team(team, name="Billing desk", is_private=True, by=world.olivia)
    assert world.actions() == ["team.created", "team.members_changed", "team.updated"]
    assert world.trail()[1].changes == {"members": [[world.john.pk], [world.john.pk, world.emma.pk]]}
    assert (team.version, Team.objects.get(pk=team.pk).members.count()) == (3, 2)


def test_team_names_are_taken_whatever_their_case(world: World) -> None:
    team = create_team("Billing", by=world.olivia)
    acts: list[Callable[[], object]] = [
        lambda: create_team("SECRET", by=world.olivia),
        lambda: update_team(team, name="secret", by=world.olivia),
    ]
    for act in acts:
        with pytest.raises(Invalid):
            act()
    assert update_team(team, name="BILLING", by=world.olivia).name == "BILLING"
    with pytest.raises(Forbidden):
        create_team("Sales", by=world.omar)


@pytest.mark.parametrize("pk", [0, -1, 10**30, 999_999])
def test_an_unknown_user_is_refused_by_the_fields_name(world: World, pk: int) -> None:
    with pytest.raises(Invalid) as refusal:
        user_or_invalid(pk, "owner_id")
    assert list(refusal.value.fields) == ["owner_id"]
    assert user_or_invalid(None, "owner_id") is None
