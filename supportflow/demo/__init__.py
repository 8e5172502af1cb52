"""The demo data: the same small world for everyone's first start, written through operations at back-dated times."""

from datetime import timedelta

from django.conf import settings
from django.core.management.color import no_style
from django.db import connection, transaction
from django.utils import timezone

from supportflow.accounts.models import User
from supportflow.accounts.operations import create_user
from supportflow.accounts.permissions import Role
from supportflow.core import clock
from supportflow.core.actors import System
from supportflow.core.errors import Refused
from supportflow.core.models import Activity
from supportflow.core.reactions import waive_reactions
from supportflow.demo.customers import companies_of, contacts_of
from supportflow.demo.tickets import tell
from supportflow.desk.models import Ticket
from supportflow.desk.operations import ensure_first_mailbox
from supportflow.search.operations import build_all
from supportflow.tags.operations import create_tag

PASSWORD = "welcome-to-the-desk"  # noqa: S105  shared and printed on purpose
BY = System("demo")
USERS = (
    ("admin@supportflow.example", "Olivia Brown", Role.ADMIN),
    ("omar@supportflow.example", "Omar Haddad", Role.SUPERVISOR),
    ("john@supportflow.example", "John Reyes", Role.AGENT),
    ("emma@supportflow.example", "Emma Clarke", Role.AGENT),
    ("priya@supportflow.example", "Priya Nair", Role.AGENT),
)
TAGS = (("urgent", "#c0392b"), ("bug", "#c2611f"), ("feature-request", "#7d4fc3"), ("vip", "#b8860b"))


@transaction.atomic
def load() -> None:
    """All of it or nothing. Raises Refused where people work already."""
    if User.objects.people().exists() or Ticket.objects.exists():
        raise Refused("not_empty", "There is data here already; the demo data goes into an empty database only.")
    start = timezone.now() - timedelta(days=30)
    with clock.at(start):
        users = {
            name.split()[0]: create_user(email, name, role, password=PASSWORD, by=BY) for email, name, role in USERS
        }
        mailbox = ensure_first_mailbox(settings.MAIL_ADDRESS, by=BY)
        for name, color in TAGS:
            create_tag(name, color, by=BY)
        contacts = contacts_of(companies_of(users))
    _number_from_one()
    tell(timezone.now(), users, contacts, mailbox)
    # These replies were never really sent, so nothing may follow from them now.
    waive_reactions(Activity.objects.all())
    build_all()


def _number_from_one() -> None:
    """On PostgreSQL a first attempt that was killed half-way used numbers up, though no ticket came of them."""
    if Activity.objects.filter(subject_type="ticket").exists():
        return
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Ticket]):
            cursor.execute(statement)


def logins() -> list[tuple[str, str]]:
    """(e-mail, password) of the demo users who still have the demo password; empty without demo data."""
    users = User.objects.at_work().filter(email__in=[email for email, _name, _role in USERS]).order_by("pk")
    # One hash check (40 ms) stands for all: this runs at every start.
    return [(user.email, PASSWORD) for user in users] if users and users[0].check_password(PASSWORD) else []
