from django.db.models import QuerySet

from supportflow.core.actors import Actor
from supportflow.mail.models import OutgoingMail


def outgoing_mails(actor: Actor) -> QuerySet[OutgoingMail]:
    """Mails on their way, sent and kept, for who may see them all; without their bytes."""
    rows = OutgoingMail.objects.defer("raw")
    return rows if actor.may("outbox.view") else rows.none()
