"""What happens to tickets and drafts when its time has come, or in pieces after a change that concerns very many."""

from datetime import timedelta

from django.conf import settings
from django.utils import translation

from supportflow.accounts.models import Team, User
from supportflow.core import clock
from supportflow.core.actors import Actor, System
from supportflow.core.errors import DomainError
from supportflow.desk.bulk_models import BulkReply
from supportflow.desk.draft_models import Draft
from supportflow.desk.models import Reading
from supportflow.desk.operations.bulk_replies import drop_old_bulk_replies, send_bulk_piece
from supportflow.desk.operations.drafts import drop_old_drafts, give_back, send_held
from supportflow.desk.operations.leaving import empty_team_piece, hand_over_piece
from supportflow.desk.operations.snoozing import wake_ticket
from supportflow.desk.operations.tag_merging import merge_tags_piece
from supportflow.jobs import schedule, task
from supportflow.tags.models import Tag


@task
def wake(reading: int) -> None:
    """Of several for one mark, only that of the last snooze finds its time past."""
    asleep = Reading.objects.filter(pk=reading, snoozed_until__lte=clock.now())
    for row in asleep:
        wake_ticket(row, "time", by=System("snooze"))


@task(max_attempts=10)
def hand_over_tickets(user_id: int, successor_id: int | None, by_id: int | None, after: int) -> None:
    successor = User.objects.at_work().filter(pk=successor_id or 0).first()
    last = hand_over_piece(user_id, successor, after, by=_in_the_name_of(by_id, "user.update", "hand-over"))
    if last is not None:
        hand_over_tickets.enqueue(user_id, successor_id, by_id, last)


@task(max_attempts=10)
def empty_team(team_id: int, successor_id: int | None, by_id: int | None) -> None:
    team = Team.objects.filter(pk=team_id).first()
    if team is None:
        return
    successor = Team.objects.filter(pk=successor_id or 0).first()
    if not empty_team_piece(team, successor, by=_in_the_name_of(by_id, "team.update", "team dissolved")):
        empty_team.enqueue(team_id, successor_id, by_id)


@task(max_attempts=10)
def move_tag_uses(tag_id: int, into_id: int, by_id: int | None) -> None:
    """Quiet when one of them is deleted by now."""
    tags = Tag.objects.in_bulk([tag_id, into_id])
    if len(tags) < 2:
        return
    if not merge_tags_piece(tags[tag_id], tags[into_id], by=_in_the_name_of(by_id, "tag.delete", "tags merged")):
        move_tag_uses.enqueue(tag_id, into_id, by_id)


def _in_the_name_of(user_id: int | None, right: str, reason: str) -> Actor:
    """Whoever asked, while they may still do it all; otherwise the program ends what it began."""
    user: User | None = User.objects.at_work().filter(pk=user_id or 0).first()
    return user if user is not None and user.may(right) else System(reason)


@task(max_attempts=10)
def send_reply(draft_id: int, at: str) -> None:
    """A reply whose time to be taken back is over. One that does not wait for that moment any more is left alone."""
    draft = Draft.objects.select_related("user", "ticket").filter(pk=draft_id).first()
    if draft is None:
        return
    with translation.override(draft.user.language or settings.LANGUAGE_CODE):
        try:
            send_held(draft, at, by=draft.user)
        except DomainError as error:
            give_back(draft, at, str(error), by=draft.user)


@task(max_attempts=10)
def send_bulk_reply(reply_id: int) -> None:
    """The next piece of it. Quiet when it was taken back, or is out."""
    reply = BulkReply.objects.select_related("user").filter(pk=reply_id).first()
    if reply is None:
        return
    with translation.override(reply.user.language or settings.LANGUAGE_CODE):
        if send_bulk_piece(reply, by=reply.user):
            send_bulk_reply.enqueue(reply_id)


@task(max_attempts=3)
def clean_up_drafts() -> None:
    drop_old_drafts()
    drop_old_bulk_replies()


schedule("desk.clean_up_drafts", timedelta(days=1), clean_up_drafts)
