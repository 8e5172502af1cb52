"""Two tickets about the same become one, and apart again.

The comments move, so that everything that reads a conversation finds all of it in one place; `MovedComment` remembers
which they were. What is written after the merge stays where it was written.
"""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from supportflow.accounts.models import User
from supportflow.core import clock
from supportflow.core.actors import Actor
from supportflow.core.door import Changes, change, count_change, lock_all, operation, record, touch
from supportflow.core.errors import Refused
from supportflow.core.history import restore_fields
from supportflow.desk.models import Comment, Reading, Status, Ticket
from supportflow.desk.operations import cleaning
from supportflow.desk.operations.marks import stay_read
from supportflow.desk.relation_models import Merge, MovedComment

DEEPEST = 50  # merges into each other


@operation
def merge_ticket(ticket: Ticket, target: Ticket, *, by: Actor) -> Ticket:
    """`ticket` becomes a part of `target`, which is returned: it is closed, and all that was said moves there.

    Its customers are copied in there and its followers follow. Both must be shown to the same people: a private team's
    words stay with the team.
    """
    by.must("ticket.merge", ticket, target)
    if ticket.pk == target.pk:
        raise Refused("merge_itself", _("A ticket cannot be merged into itself. Choose another one."))
    locked = {row.pk: row for row in lock_all([ticket, target])}
    ticket, target = locked[ticket.pk], locked[target.pk]
    by.must("ticket.merge", ticket, target)  # a team may have changed meanwhile
    _refuse(ticket, target, by)
    before = [Ticket(pk=target.pk, updated_at=target.updated_at)]
    now = clock.now()
    stamps = {"resolved_at": ticket.resolved_at or now, "closed_at": ticket.closed_at or now}
    changes = change(ticket, status=Status.CLOSED, merged_into=target, **stamps)
    others = list(Merge.objects.filter(ticket__merged_into=target).exclude(ticket=ticket))
    contacts, copied = _copy_in(ticket, target, others)
    merge = Merge(ticket=ticket, changes=changes, contacts=contacts, followers=_follow(ticket, target, others))
    merge.save(force_insert=True)
    _move_comments(merge, target)
    record("ticket.merged", ticket, by=by, meta={"into": target.number}, **changes)
    record("ticket.absorbed", target, by=by, meta={"ticket": ticket.number}, **copied)
    if isinstance(by, User):
        stay_read(before, by)
    return target


def _refuse(ticket: Ticket, target: Ticket, by: Actor) -> None:
    for row in (ticket, target):
        if row.is_trashed:
            told = _("%(number)s is in the trash. Restore it first.")
            raise Refused("in_trash", told % {"number": row.number})
    if target.merged_into_id == ticket.pk:
        told = _("%(number)s was merged into this ticket: that would be a circle. Undo that merge first.")
        raise Refused("merge_circle", told % {"number": target.number})
    for row in (ticket, target):
        if row.merged_into is not None:
            raise Refused("merged_already", _merged_text(row, row.merged_into, by))
    private = any(row.team and row.team.is_private for row in (ticket, target))
    if private and ticket.team_id != target.team_id:
        told = _("One of them belongs to a private team, whose words others must not see. Move one of them first.")
        raise Refused("merge_across_teams", told)


def _merged_text(ticket: Ticket, into: Ticket, by: Actor) -> str:
    if not into.is_visible_to(by):
        told = _("%(number)s was merged into a ticket that you may not see. Choose another one.")
        return told % {"number": ticket.number}
    told = _("%(number)s was merged into %(into)s already. Go on there, or undo that merge first.")
    return told % {"number": ticket.number, "into": into.number}


def _copy_in(ticket: Ticket, target: Ticket, others: Iterable[Merge]) -> tuple[list[int], Changes]:
    """The customers who are there because of this merge, and what that changed."""
    old = set(target.further_contacts.values_list("pk", flat=True))
    came = _customers(ticket) - {target.contact_id}
    cleaning.refuse_too_many(len(old | came))
    if new := came - old:
        target.further_contacts.add(*new)
        count_change(target)
    else:
        touch(target)
    own = old - {pk for other in others for pk in other.contacts}
    return sorted(came - own), {"further_contacts": [sorted(old), sorted(old | came)]} if new else {}


def _customers(ticket: Ticket) -> set[int]:
    return {ticket.contact_id, *ticket.further_contacts.values_list("pk", flat=True)}


def _follow(ticket: Ticket, target: Ticket, others: Iterable[Merge]) -> list[int]:
    """The users who follow the target because of this merge."""
    following = Reading.objects.filter(is_following=True)
    came = set(following.filter(ticket=ticket).values_list("user", flat=True))
    there = set(following.filter(ticket=target).values_list("user", flat=True))
    for user in sorted(came - there):
        Reading.objects.update_or_create(ticket=target, user_id=user, defaults={"is_following": True})
    return sorted(came - (there - {pk for other in others for pk in other.followers}))


def _move_comments(merge: Merge, target: Ticket) -> None:
    comments = Comment.objects.filter(ticket=merge.ticket)
    moved = comments.order_by("pk").values_list("pk", "is_opening")
    MovedComment.objects.bulk_create(
        [MovedComment(merge=merge, comment_id=pk, was_opening=opening) for pk, opening in moved], batch_size=500
    )
    comments.update(ticket=target, is_opening=False)


@operation
def unmerge_ticket(ticket: Ticket, *, by: Actor) -> Ticket:
    """The ticket is again what it was: its fields, and exactly the comments that the merge took, wherever they are.

    What was written since stays, and so do comments that were split off. At any time; also when the other ticket was
    merged further.
    """
    chain = holders(ticket)
    by.must("ticket.merge", ticket, *chain)
    locked = {row.pk: row for row in lock_all([ticket, *chain])}
    ticket = locked[ticket.pk]
    if ticket.merged_into_id is None:
        raise Refused("not_merged", _("This ticket is not merged, or somebody has undone it already."))
    if [row.pk for row in holders(ticket)] != [row.pk for row in chain]:
        raise Refused("collision", _("Somebody saved the same at this moment. Look again, then retry."))
    merge = Merge.objects.get(ticket=ticket)
    _take_back_comments(merge)
    changes = restore_fields(ticket, merge.changes)
    for row, left in _withdraw(merge, [locked[holder.pk] for holder in chain]):
        record("ticket.released", row, by=by, meta={"ticket": ticket.number}, **left)
    record("ticket.unmerged", ticket, by=by, meta={"from": chain[0].number}, **changes)
    merge.delete()
    return ticket


def holders(ticket: Ticket) -> list[Ticket]:
    """The ticket that this one was merged into, the one that that one was merged into, and so on."""
    found: list[Ticket] = []
    row = ticket
    while row.merged_into_id is not None and len(found) < DEEPEST:
        row = Ticket.objects.get(pk=row.merged_into_id)
        found.append(row)
    return found


def _take_back_comments(merge: Merge) -> None:
    """Of the later merges that took them further none needs to know them any more; an earlier one does."""
    rows = list(MovedComment.objects.filter(merge=merge).order_by("pk").values_list("pk", "comment", "was_opening"))
    if not rows:
        return
    for start in range(0, len(rows), 500):
        several = rows[start : start + 500]
        comments = [comment for _pk, comment, _opening in several]
        Comment.objects.filter(pk__in=comments).update(ticket=merge.ticket)
        MovedComment.objects.filter(comment__in=comments, pk__gte=rows[0][0]).delete()
    openings = [comment for _pk, comment, opening in rows if opening]
    Comment.objects.filter(pk__in=openings).update(is_opening=True)


def _withdraw(merge: Merge, chain: Iterable[Ticket]) -> list[tuple[Ticket, Changes]]:
    """Who came along leaves each of these again, unless another merge brought them too; returns what that changed."""
    told: list[tuple[Ticket, Changes]] = []
    contacts, followers, link = set(merge.contacts), set(merge.followers), merge
    for holder in chain:
        others = list(Merge.objects.filter(ticket__merged_into=holder).exclude(pk=link.pk))
        contacts = (contacts & set(link.contacts)) - {pk for other in others for pk in other.contacts}
        followers = (followers & set(link.followers)) - {pk for other in others for pk in other.followers}
        Reading.objects.filter(ticket=holder, user__in=followers).update(is_following=False)
        told.append((holder, _without(holder, contacts)))
        if link.pk != merge.pk:  # these are not to come back when that one is undone
            link.contacts = sorted(set(link.contacts) - contacts)
            link.followers = sorted(set(link.followers) - followers)
            link.save(update_fields=["contacts", "followers"])
        link = Merge.objects.filter(ticket=holder).first() or link
    return told


def _without(ticket: Ticket, contacts: set[int]) -> Changes:
    old = set(ticket.further_contacts.values_list("pk", flat=True))
    if not old & contacts:
        return {}
    ticket.further_contacts.remove(*contacts)
    count_change(ticket)
    return {"further_contacts": [sorted(old), sorted(old - contacts)]}
