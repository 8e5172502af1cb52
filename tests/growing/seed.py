"""A small world in the cluster's database; prints what a test needs to know of it: `python -m tests.growing.seed`."""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supportflow.settings")

PASSWORD = "correct-horse-battery"


def main(users: int = 2) -> None:
    django.setup()
    from supportflow.accounts.operations import create_token, create_user
    from supportflow.core.actors import System
    from supportflow.crm.operations import create_contact
    from supportflow.desk.content import Content
    from supportflow.desk.operations import create_ticket, ensure_first_mailbox

    by = System("test")
    mailbox = ensure_first_mailbox("support@supportflow.example", by=by)
    made = [
        create_user(f"user{number}@supportflow.example", f"User {number}", "AGENT", password=PASSWORD, by=by)
        for number in range(users)
    ]
    admin = create_user("admin@supportflow.example", "Ada", "ADMIN", password=PASSWORD, by=by)
    _, token = create_token(admin, "test", by=admin)
    sarah = create_contact(first_name="Sarah", last_name="Johnson", email="sarah@acme.example", by=by)
    tickets = [
        create_ticket(f"Ticket {number}", sarah, Content.from_markdown("Help."), mailbox=mailbox, by=by)
        for number in range(5)
    ]
    sys.stdout.write(
        json.dumps(
            {
                "token": token,
                "password": PASSWORD,
                "emails": [user.email for user in made],
                "contact": sarah.pk,
                "tickets": [ticket.number for ticket in tickets],
            }
        )
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
