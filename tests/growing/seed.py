"""A small world in the cluster's database; prints what a test needs to know of it.

`python -m tests.growing.seed [USERS [TICKETS]]`: the first two users have a password, all have a session; every fifth
is in one of ten private teams.
"""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supportflow.settings")

PASSWORD = "correct-horse-battery"
TEAMS = 10


def main(users: int = 10, tickets: int = 5) -> None:
    django.setup()
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from supportflow.accounts.models import User
    from supportflow.accounts.operations import create_team, create_token, create_user
    from supportflow.core.actors import System
    from supportflow.crm.operations import create_contact
    from supportflow.desk.content import Content
    from supportflow.desk.operations import create_ticket, ensure_first_mailbox

    def session(user: User) -> str:
        store = SessionStore()
        store[SESSION_KEY], store[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
        store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        store.create()
        return str(store.session_key)

    by = System("test")
    mailbox = ensure_first_mailbox("support@supportflow.example", by=by)
    made = [
        create_user(
            f"user{number}@supportflow.example",
            f"User {number}",
            "AGENT",
            password=PASSWORD if number < 2 else None,
            by=by,
        )
        for number in range(users)
    ]
    for number in range(TEAMS):
        create_team(f"Private {number}", is_private=True, members=made[number * 5 :: TEAMS * 5], by=by)
    admin = create_user("admin@supportflow.example", "Ada", "ADMIN", password=PASSWORD, by=by)
    _, token = create_token(admin, "test", by=admin)
    sarah = create_contact(first_name="Sarah", last_name="Johnson", email="sarah@acme.example", by=by)
    numbers = [
        create_ticket(f"Ticket {number}", sarah, Content.from_markdown("Help."), mailbox=mailbox, by=by).number
        for number in range(tickets)
    ]
    told = {
        "token": token,
        "password": PASSWORD,
        "emails": [user.email for user in made],
        "sessions": [session(user) for user in made],
        "contact": sarah.pk,
        "tickets": numbers,
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
