from django.db.models import QuerySet

from supportflow.core.actors import Actor
from supportflow.desk.models import Comment
from supportflow.mail.models import InboundMail, OutgoingMail


def outgoing_mails(actor: Actor) -> QuerySet[OutgoingMail]:
    """Mails on their way, sent and kept, for who may see them all; without their bytes."""
    rows = OutgoingMail.objects.defer("raw")
    return rows if actor.may("outbox.view") else rows.none()


def mail_of(comment: Comment) -> InboundMail | None:
    """The mail that a customer's comment came as."""
    if comment.author_type != "contact":
        return None
    return InboundMail.objects.filter(comment_id=comment.pk).order_by("pk").first()
