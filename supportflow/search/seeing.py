"""Which documents are whose to find: asked of the tickets and customers as they are now, not of the index.

So what is moved into a private team, trashed or purged is not found from that moment on, however far the index lags.
Comments that wait for their undo-send time have no document (documents.py).
"""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet

from supportflow.accounts.models import User
from supportflow.crm.models import Company, Contact
from supportflow.desk.models import Ticket
from supportflow.search.models import Document, Kind

FEW = 5_000  # tickets; where no more are in question, a common word is looked for among their documents alone


def few_of(tickets: QuerySet[Ticket]) -> list[int] | None:
    """Their ids where they are few, else None. Asked in the order of the list, which has the indexes for it."""
    found = list(tickets.order_by("-updated_at", "-pk").values_list("pk", flat=True)[: FEW + 1])
    return found if len(found) <= FEW else None


def documents_seen_by(actor: User, kind: Kind, of_tickets: Sequence[Q] = ()) -> QuerySet[Document]:
    """All documents of a kind that the actor may find, whose tickets fit all of `of_tickets`."""
    rows = Document.objects.all()
    match kind:
        case Kind.TICKET | Kind.COMMENT:
            tickets = Ticket.objects.visible_to(actor).alive().filter(*of_tickets)
            rows = rows.filter(Exists(tickets.filter(pk=OuterRef("ticket_id"))))
        case Kind.CONTACT:
            rows = rows.filter(Exists(Contact.objects.visible_to(actor).alive().filter(pk=OuterRef("object_id"))))
        case Kind.COMPANY:
            rows = rows.filter(Exists(Company.objects.visible_to(actor).alive().filter(pk=OuterRef("object_id"))))
    return rows
