from datetime import timedelta

from django.db.models import Q

from supportflow.accounts.models import User
from supportflow.core import clock
from supportflow.desk.models import Reading, Ticket
from supportflow.desk.rows import SOON
from supportflow.jobs import every, task
from supportflow.notifications.mails import eight_o_clock, mail_what_is_owed
from supportflow.notifications.models import Kind, Mail, Notification
from supportflow.notifications.operations import tell

KEPT_FOR = timedelta(days=90)
AT_ONCE = 500  # rows


# Unique: what comes while one runs is told by the run that follows.
@task(max_attempts=5, unique=str)
def mail_now(user_id: int) -> None:
    user = User.objects.at_work().filter(pk=user_id).first()
    if user is not None:
        while mail_what_is_owed(user, Mail.NOW):
            pass


@every(minutes=10)
@task(max_attempts=3)
def send_digests() -> None:
    """To each user what came before the last eight o'clock there, once."""
    now = clock.now()
    owed = Notification.objects.filter(mail=Mail.DAILY, is_owed=True)
    for user in User.objects.filter(pk__in=owed.values("user")).order_by("pk"):
        if (eight := eight_o_clock(user)) <= now:
            while mail_what_is_owed(user, Mail.DAILY, eight):
                pass


@every(minutes=5)
@task(max_attempts=3)
def tell_what_is_due() -> None:
    """Assignee and followers of open tickets whose date comes near, once for each date."""
    now, last = clock.now(), (clock.now(), 0)
    near = Ticket.objects.alive().unsettled().filter(due_at__gt=now, due_at__lte=now + SOON)
    near = near.select_related("team").order_by("due_at", "pk")
    while tickets := list(near.filter(Q(due_at__gt=last[0]) | Q(due_at=last[0], pk__gt=last[1]))[:AT_ONCE]):
        _tell_of(tickets)
        assert tickets[-1].due_at is not None
        last = (tickets[-1].due_at, tickets[-1].pk)


def _tell_of(tickets: list[Ticket]) -> None:
    """One query for those who are told already, so that a run with nothing new is short."""
    following = {ticket.pk: {ticket.assignee_id} if ticket.assignee_id else set() for ticket in tickets}
    for ticket_id, user_id in Reading.objects.filter(ticket__in=following, is_following=True).values_list(
        "ticket", "user"
    ):
        following[ticket_id].add(user_id)
    keys = {ticket.pk: f"due:{ticket.pk}:{ticket.due_at:%Y-%m-%dT%H:%M:%S.%f}" for ticket in tickets}
    told = set(Notification.objects.filter(key__in=keys.values()).values_list("key", "user"))
    for ticket in tickets:
        if new := {user: Kind.DUE for user in following[ticket.pk] if (keys[ticket.pk], user) not in told}:
            tell(ticket, keys[ticket.pk], new)


@every(days=1)
@task(max_attempts=3)
def clear_old_notifications() -> None:
    """In pieces: no transaction grows with what has gathered."""
    old = Notification.objects.filter(created_at__lt=clock.now() - KEPT_FOR)
    while ids := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        Notification.objects.filter(pk__in=ids).delete()
