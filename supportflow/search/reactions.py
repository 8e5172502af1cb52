"""The index follows from the trail: what was written, renamed or purged."""

from supportflow.core.models import Activity
from supportflow.core.reactions import reaction
from supportflow.search import tasks
from supportflow.search.models import Kind
from supportflow.search.operations import forget_ticket, index


@reaction(
    "ticket.created",
    "ticket.updated",
    "ticket.updated.undone",
    "ticket.tagged",
    "ticket.tagged.undone",
    "ticket.requester_changed",
    "ticket.requester_changed.undone",
)
def index_ticket(activity: Activity) -> None:
    index(Kind.TICKET, [activity.subject_id])


@reaction("ticket.created", "ticket.replied", "ticket.noted", "ticket.answered", "ticket.split")
def index_comment(activity: Activity) -> None:
    if comment := activity.metadata.get("comment"):
        index(Kind.COMMENT, [comment])


@reaction("ticket.absorbed", "ticket.unmerged")
def follow_comments(activity: Activity) -> None:
    """They came from another ticket, or came back."""
    tasks.follow_conversation.enqueue(activity.subject_id)


@reaction("ticket.purged")
def forget_purged_ticket(activity: Activity) -> None:
    forget_ticket(activity.subject_id)


@reaction("contact.created", "contact.updated", "contact.anonymised", "contact.purged")
def index_contact(activity: Activity) -> None:
    """Its tickets are found by its name and addresses."""
    index(Kind.CONTACT, [activity.subject_id])
    if activity.action == "contact.anonymised" or {"first_name", "last_name", "emails"} & activity.changes.keys():
        tasks.follow_contact.enqueue(activity.subject_id)


@reaction("company.created", "company.updated", "company.purged")
def index_company(activity: Activity) -> None:
    """Its contacts are found by its name."""
    index(Kind.COMPANY, [activity.subject_id])
    if old := _old_name(activity):
        tasks.follow_company.enqueue(activity.subject_id)
        tasks.follow_name.enqueue(Kind.CONTACT.value, old)


@reaction("tag.updated", "tag.deleted")
def follow_tag(activity: Activity) -> None:
    if old := _old_name(activity):
        tasks.follow_tag.enqueue(activity.subject_id)
        tasks.follow_name.enqueue(Kind.TICKET.value, old)


def _old_name(activity: Activity) -> str:
    """The name that is no more. To ask who bears it is not enough: the next change may have parted them already."""
    if activity.action.endswith((".purged", ".deleted")):
        return str(activity.metadata["name"])
    return str(activity.changes["name"][0]) if "name" in activity.changes else ""
