"""Users are told of things, read them, and say how they want to be told.

To tell writes no Activity: it follows from one. What somebody has read is nobody else's business.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from supportflow.accounts.models import User
from supportflow.core import clock, text
from supportflow.core.actors import Actor, is_self
from supportflow.core.door import operation, record
from supportflow.core.errors import Forbidden
from supportflow.desk.models import Ticket
from supportflow.desk.queries import who_see
from supportflow.notifications.models import Kind, Mail, Notification, Wish
from supportflow.notifications.queries import UNSAID, unread_of, wishes_for, wishes_of


@transaction.atomic
def tell(ticket: Ticket, key: str, kinds: Mapping[int, Kind], actor_name: str = "") -> list[Notification]:
    """Tell these users (id → kind) of what `key` names; asked again for the same key, it does nothing.

    Whoever is not at work, does not see the ticket or does not want to know is left out.
    """
    from supportflow.notifications.tasks import mail_now  # the task calls back into this module

    if ticket.is_trashed or not kinds:
        return []
    # Locked in order: two activities on one ticket fold what is unread one after the other.
    rows = User.objects.at_work().filter(pk__in=list(kinds)).order_by("pk").select_for_update(no_key=True)
    users = who_see(ticket, rows)
    told = set(Notification.objects.filter(user__in=users, key=key).values_list("user", flat=True))
    wishes = wishes_for(users, set(kinds.values()))
    made = []
    for user in users:
        kind = kinds[user.pk]
        in_app, mail = wishes.get((user.pk, kind), UNSAID)
        if user.pk not in told and (in_app or mail != Mail.OFF):
            made.append(_told(user, ticket, kind, key, actor_name, in_app, mail))
        if made and made[-1].user_id == user.pk and mail == Mail.NOW:
            mail_now.enqueue(user.pk)
    return made


def _told(user: User, ticket: Ticket, kind: Kind, key: str, actor_name: str, in_app: bool, mail: str) -> Notification:
    older = list(unread_of(user).filter(ticket=ticket, kind=kind)) if in_app else []
    Notification.objects.filter(pk__in=[row.pk for row in older]).update(is_shown=False)
    row = Notification(
        user=user,
        ticket=ticket,
        kind=kind.value,
        key=key,
        actor_name=actor_name[:250],
        count=1 + sum(row.count for row in older),
        is_shown=in_app,
        mail=mail,
        is_owed=mail != Mail.OFF,
        fresh_at=clock.now(),
        created_at=clock.now(),
    )
    row.save(force_insert=True)
    return row


@operation
def mark_notification(row: Notification, read: bool, *, by: User) -> None:
    """Read, or unread again from now on."""
    _must_be_own(row, by)
    now = clock.now()
    values: dict[str, Any] = {"read_at": now} if read else {"read_at": None, "fresh_at": now}
    Notification.objects.filter(pk=row.pk).update(**values)


@operation
def mark_all_read(*, up_to: int | None = None, by: User) -> int:
    """All that `by` sees; with `up_to` none that came after that one. Returns how many were unread."""
    rows: QuerySet[Notification] = unread_of(by)
    if up_to is not None:
        rows = rows.filter(pk__lte=up_to)
    return Notification.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(read_at=clock.now())


@operation
def set_wishes(user: User, wishes: Mapping[str, Mapping[str, Any]], *, by: Actor) -> None:
    """{kind: {"in_app": bool, "mail": NOW, DAILY or OFF}}; what is not named stays."""
    if not is_self(by, user.pk):
        raise Forbidden("user.update")
    known, changes = wishes_of(user), {}
    for name, wanted in wishes.items():
        text.one_of(name[:60], name, Kind)
        wish = known[Kind(name)]
        old = {"in_app": wish.in_app, "mail": wish.mail}
        new = {**old, **wanted}
        text.one_of(f"{name}.mail", new["mail"], Mail)
        if new != old:
            Wish.objects.update_or_create(user=user, kind=name, defaults=new)
            _owe_anew(user, name, new["mail"])
            changes[name] = [old, new]
    if changes:
        record("user.notifications_changed", user, by=by, meta={"changes": changes})


def _owe_anew(user: User, kind: str, mail: str) -> None:
    """What waits to be mailed follows the new wish."""
    from supportflow.notifications.tasks import mail_now

    waiting = Notification.objects.filter(user=user, kind=kind, is_owed=True)
    if waiting.update(mail=mail, is_owed=mail != Mail.OFF) and mail == Mail.NOW:
        mail_now.enqueue(user.pk)


def settle_mails(rows: list[Notification]) -> None:
    """They were mailed, or are not to be mailed any more."""
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(is_owed=False)


def _must_be_own(row: Notification, by: User) -> None:
    if row.user_id != by.pk:
        raise Forbidden("ticket.update")
