"""Who listens: whether they are still signed in, and whose rights are the same. A few queries for any number."""

from collections import defaultdict
from collections.abc import Iterable

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils.crypto import constant_time_compare

from supportflow.accounts.models import Team, User
from supportflow.core import clock
from supportflow.live.clients import Client


def signed_out(clients: Iterable[Client]) -> set[Client]:
    """By the rules of any other request: the session lives, its user is active and has the same password."""
    clients = set(clients)
    sessions = Session.objects.filter(expire_date__gt=clock.now()).in_bulk({client.session_key for client in clients})
    users = User.objects.filter(is_active=True).in_bulk({client.user_id for client in clients})
    hashes = {user.pk: user.get_session_auth_hash() for user in users.values()}

    def is_signed_in(client: Client) -> bool:
        session = sessions.get(client.session_key)
        if session is None or client.user_id not in users:
            return False
        told = session.get_decoded()
        return told.get(SESSION_KEY) == str(client.user_id) and constant_time_compare(
            told.get(HASH_SESSION_KEY, ""), hashes[client.user_id]
        )

    return {client for client in clients if not is_signed_in(client)}


def by_rights(clients: Iterable[Client]) -> list[tuple[User, list[Client]]]:
    """The clients of active users, those together who may see the same, each group with one of its users.

    What anybody may see follows from the role and, for agents, from the private teams they are in. The user is freshly
    loaded: one in hand remembers rights that may be gone.
    """
    of_user: dict[int, list[Client]] = defaultdict(list)
    for client in clients:
        of_user[client.user_id].append(client)
    private, teams = private_teams()
    alike: dict[tuple[str, frozenset[int]], list[int]] = defaultdict(list)
    for user_id, role in User.objects.filter(pk__in=of_user, is_active=True).values_list("pk", "role"):
        alike[role, frozenset(teams.get(user_id, ()))].append(user_id)
    ones = User.objects.in_bulk([users[0] for users in alike.values()])
    for (_, own), users in alike.items():
        if (one := ones.get(users[0])) and not one.sees_all_teams:
            one.hidden_team_ids = frozenset(private - own)  # known by now: spares a question for each
    return [
        (ones[users[0]], [client for user_id in users for client in of_user[user_id]])
        for users in alike.values()
        if users[0] in ones
    ]


def private_teams() -> tuple[set[int], dict[int, set[int]]]:
    """All of them, and those of each member: in one question, as they are few."""
    rows = list(Team.objects.filter(is_private=True).order_by().values_list("pk", "members"))
    of_user: dict[int, set[int]] = defaultdict(set)
    for team_id, user_id in rows:
        of_user[user_id].add(team_id)
    return {team_id for team_id, _ in rows}, of_user
