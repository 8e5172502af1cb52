"""What the cast is told."""

from typing import Any

import pytest

from supportflow.accounts.models import User
from supportflow.jobs.testing import run_due_jobs
from supportflow.notifications.queries import shown_to, unread_of, with_ticket
from supportflow.notifications.words import sentence


class Told:
    def of(self, user: User) -> list[str]:
        """The lines of this user, newest first, once all that follows has happened."""
        run_due_jobs()
        return [sentence(row) for row in with_ticket(shown_to(_fresh(user))).order_by("-pk")]

    def unread(self, user: User) -> int:
        run_due_jobs()
        return unread_of(_fresh(user)).count()

    def newest(self, user: User) -> Any:
        run_due_jobs()
        return with_ticket(shown_to(_fresh(user))).order_by("-pk")[0]


def _fresh(user: User) -> User:
    """One in hand remembers the teams of before."""
    fresh: User = User.objects.get(pk=user.pk)
    return fresh


@pytest.fixture
def told() -> Told:
    return Told()
