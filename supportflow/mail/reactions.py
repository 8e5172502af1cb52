from supportflow.core.models import Activity
from supportflow.core.reactions import reaction
from supportflow.desk.models import Comment
from supportflow.mail.sending import owe_comment


@reaction("ticket.replied", "ticket.created")
def owe_the_mail(activity: Activity) -> None:
    """A reply, or the first words of an agent who wrote first, go out to the customer."""
    comment = Comment.objects.select_related("ticket__contact").filter(pk=activity.metadata["comment"] or 0).first()
    if comment is not None:  # its ticket may be purged by now
        owe_comment(comment)
