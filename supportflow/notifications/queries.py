"""What a user is told of, with the rights of this moment."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet

from supportflow.accounts.models import User
from supportflow.core.paging import bounded_count
from supportflow.desk.models import Reading, Ticket
from supportflow.notifications.models import Kind, Mail, Notification, Wish
from supportflow.pages.counting import counts


def visible_of(user: User) -> QuerySet[Notification]:
    """Of tickets that the user sees and that are not in the trash; `is_seen` says that they looked there since."""
    seen = Ticket.objects.visible_to(user).alive().filter(pk=OuterRef("ticket_id"))
    return Notification.objects.filter(Exists(seen), user=user).annotate(is_seen=_looked(user))


def _looked(user: User) -> Exists:
    return Exists(Reading.objects.filter(user=user, ticket=OuterRef("ticket_id"), seen_at__gte=OuterRef("fresh_at")))


def shown_to(user: User) -> QuerySet[Notification]:
    return visible_of(user).filter(is_shown=True)


def unread_of(user: User) -> QuerySet[Notification]:
    return unread(shown_to(user), user)


def unread(rows: QuerySet[Notification], user: User) -> QuerySet[Notification]:
    return rows.filter(~_looked(user), read_at=None)


@counts("notifications")
def unread_count(user: User) -> int:
    return bounded_count(unread_of(user))


def with_ticket(rows: QuerySet[Notification]) -> QuerySet[Notification]:
    """With what a line says of the ticket."""
    return rows.select_related("ticket")


def wishes_of(user: User) -> dict[Kind, Wish]:
    """For each kind."""
    kept = {wish.kind: wish for wish in Wish.objects.filter(user=user)}
    return {kind: kept.get(kind) or Wish(user=user, kind=kind.value) for kind in Kind}


def wishes_for(users: Iterable[User], kinds: Iterable[Kind]) -> dict[tuple[int, str], tuple[bool, str]]:
    """(user, kind) → in the app, and how by mail; one query. What is missing is as `Wish` says."""
    rows = Wish.objects.filter(user__in=list(users), kind__in=list(kinds))
    return {
        (user, kind): (in_app, mail) for user, kind, in_app, mail in rows.values_list("user", "kind", "in_app", "mail")
    }


UNSAID = (True, Mail.OFF.value)
