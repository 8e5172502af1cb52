"""The rows of tickets and of what happened to them, in the order in which it happened."""

from datetime import datetime
from random import Random

from supportflow.desk.models import Comment, Ticket
from supportflow.files.models import Attachment
from supportflow.loadgen.cast import Cast, File
from supportflow.loadgen.lives import Act, Life, Said
from supportflow.loadgen.mails import Mails
from supportflow.loadgen.tables import Ids, Table
from supportflow.loadgen.trail import Trail


class Desk:
    def __init__(self, rng: Random, cast: Cast, trail: Trail) -> None:
        self._rng, self._trail = rng, trail
        self._tickets = Table(
            Ticket,
            "id version created_at updated_at deleted_at subject status priority category channel contact_id "
            "company_id assignee_id team_id created_by_id mailbox_id due_at first_responded_at resolved_at closed_at "
            "reopened_count is_outbound",
        )
        self._further = Table(Ticket.further_contacts.through, "ticket_id contact_id")
        self._tags = Table(Ticket.tags.through, "ticket_id tag_id")
        self._comments = Table(
            Comment,
            "id ticket_id visibility author_type author_user_id author_contact_id body body_html body_text is_opening "
            "delivery_state delivery_at delivery_error created_at",
        )
        self._files = Table(
            Attachment, "id name content_type size sha256 uploader_type uploader_id is_attached created_at"
        )
        self._held = Table(Comment.attachments.through, "comment_id attachment_id")
        self._mails = Mails(rng, cast)
        own = [self._tickets, self._further, self._tags, self._comments, self._files, self._held]
        self.tables = [*own, *self._mails.tables]
        self.ticket_ids = Ids(Ticket)
        self._comment_ids, self._file_ids = Ids(Comment), Ids(Attachment)

    def begin(self) -> None:
        for ids in (self.ticket_ids, self._comment_ids, self._file_ids, self._mails):
            ids.begin()

    def write(self) -> None:
        for table in self.tables:
            table.write()

    def tell(self, lives: list[Life]) -> None:
        for life in lives:
            self._ticket(life)
        for act in sorted((act for life in lives for act in life.acts), key=_when):
            self._act(act)

    def _ticket(self, life: Life) -> None:
        times = (life.due_at, life.first_responded_at, life.resolved_at, life.closed_at)
        self._tickets.add(
            life.id, life.version, str(life.created_at), str(life.updated_at), _text(life.deleted_at), life.subject,
            str(life.status), life.priority, life.category, life.channel, life.customer.who.id, life.customer.company,
            life.assignee and life.assignee.id, life.team and life.team.id, life.created_by, life.mailbox,
            *map(_text, times), life.reopened_count, life.outbound,
        )  # fmt: skip
        for tag, _name in life.tags:
            self._tags.add(life.id, tag)
        for contact in life.further:
            self._further.add(life.id, contact.who.id)

    def _act(self, act: Act) -> None:
        life, said = act.ticket, act.said
        if said is not None and not said.id:
            self._comment(said, life)
        elif said is not None:
            self._mails.sent(act)
        if said is not None:
            act.metadata["comment"] = said.id
        self._trail.tell(
            act.at, act.action, act.by, life.id, act.version, act.changes, act.metadata, act.batch,
            ticket=life.id, contact=life.customer.who.id, company=act.company,
        )  # fmt: skip

    def _comment(self, said: Said, life: Life) -> None:
        said.id = next(self._comment_ids)
        user = said.author.id if said.author.type == "user" else None
        contact = said.author.id if said.author.type == "contact" else None
        self._comments.add(
            said.id, life.id, "PUBLIC" if said.public else "INTERNAL", said.author.type, user, contact,
            said.body.source, said.body.html, said.body.text, said.opening, said.delivery, _text(said.delivery_at),
            said.error, str(said.at),
        )  # fmt: skip
        for file in said.files:
            self._file(file, said)
        if said.by_mail:
            self._mails.received(said, life)

    def _file(self, file: File, said: Said) -> None:
        pk, at = next(self._file_ids), said.at
        self._files.add(
            pk, file.name, file.content_type, file.size, file.sha256, said.author.type, said.author.id, True, str(at)
        )
        self._held.add(said.id, pk)
        facts = {"name": file.name, "size": file.size, "sha256": file.sha256}
        batch = self._trail.batch(self._rng)
        self._trail.tell(at, "attachment.uploaded", said.author, pk, None, {}, facts, batch)


def _when(act: Act) -> datetime:
    return act.at


def _text(at: datetime | None) -> str | None:
    return str(at) if at else None
