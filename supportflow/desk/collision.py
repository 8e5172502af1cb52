"""Two people who answer the same customer: the second is told before the answer goes out."""

from django.utils.translation import gettext as _

from supportflow.accounts.models import User
from supportflow.core.errors import Invalid
from supportflow.desk.models import Comment, Ticket, Visibility


def replied_since(ticket: Ticket, read: int | None, me: int) -> Comment | None:
    """What a colleague told the customer after `read`, the last comment that this person knows of."""
    if read is None:
        return None
    replies = Comment.objects.filter(ticket=ticket.pk, pk__gt=read, visibility=Visibility.PUBLIC, author_type="user")
    return replies.exclude(author_user=me).select_related("author_user").order_by("pk").first()


def refuse_unread(ticket: Ticket, read: int | None, by: User) -> None:
    """The page that tells of the refusal shows the reply: who sends again has seen it."""
    if reply := replied_since(ticket, read, by.pk):
        told = _("%(name)s replied while you were writing. Read that first; then send yours, if it is still needed.")
        raise Invalid({"": told % {"name": reply.author_name}})
