"""The life of one ticket: the same rules as the desk's operations, on a plain object, noting what each act leaves."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from supportflow.desk.models import MOVES, SETTLED, Status
from supportflow.loadgen.cast import File, Queue, Who
from supportflow.loadgen.customers import Customer
from supportflow.loadgen.trail import Trail, moment
from supportflow.loadgen.words import Paragraph


@dataclass(slots=True)
class Said:
    """A comment. `id` and the Message-ID of its mail come when the rows are made."""

    at: datetime
    author: Who
    body: Paragraph
    public: bool = True
    opening: bool = False
    by_mail: bool = False
    files: tuple[File, ...] = ()
    delivery: str = "NONE"
    delivery_at: datetime | None = None
    error: str = ""
    id: int = 0


@dataclass(slots=True)
class Act:
    """One activity to be, with the comment that came with it or that it tells of."""

    at: datetime
    action: str
    by: Who
    version: int | None
    changes: dict[str, Any]
    metadata: dict[str, Any]
    batch: str
    ticket: "Life"
    company: int | None
    said: Said | None = None


@dataclass(slots=True)
class Life:
    """A ticket as it stands after the acts so far."""

    id: int
    rng: Random
    created_at: datetime
    customer: Customer
    subject: str
    channel: str
    category: str
    created_by: int
    mailbox: int | None = None
    outbound: bool = False
    status: Status = Status.OPEN
    priority: str = "MEDIUM"
    due_at: datetime | None = None
    team: Queue | None = None
    assignee: Who | None = None
    tags: tuple[tuple[int, str], ...] = ()
    further: tuple[Customer, ...] = ()
    first_responded_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    deleted_at: datetime | None = None
    reopened_count: int = 0
    version: int = 1
    updated_at: datetime = field(init=False)
    acts: list[Act] = field(default_factory=list)
    last_mail: str = ""  # the Message-ID of the newest mail of the conversation

    def __post_init__(self) -> None:
        self.updated_at = self.created_at

    @property
    def number(self) -> str:
        return f"T-{self.id:04d}"

    def create(self, by: Who, said: Said) -> None:
        facts = {
            "subject": self.subject,
            "channel": self.channel,
            "comment": 0,
            "assignee": self.assignee.name if self.assignee else None,
            "outbound": self.outbound,
        }
        self._act(self.created_at, "ticket.created", by, metadata=facts, said=said)
        self._deliver(said)

    def reply(self, by: Who, said: Said, then: Status | None = None) -> None:
        batch = Trail.batch(self.rng)
        first = self.first_responded_at is None
        if first:
            self.first_responded_at = said.at
        facts = {"comment": 0, "first_response": first}
        self._act(said.at, "ticket.replied", by, metadata=facts, said=said, batch=batch)
        if then is not None and then != self.status and then in MOVES[self.status]:
            self.set_status(said.at, by, then, batch)
        self._deliver(said)

    def note(self, by: Who, said: Said) -> None:
        self._act(said.at, "ticket.noted", by, metadata={"comment": 0}, said=said)

    def answer(self, said: Said) -> None:
        batch = Trail.batch(self.rng)
        facts = {"comment": 0, "automatic": False}
        self._act(said.at, "ticket.answered", said.author, metadata=facts, said=said, batch=batch)
        if self.status not in (Status.OPEN, Status.IN_PROGRESS):
            self.set_status(said.at, said.author, Status.OPEN, batch)

    def set_status(self, at: datetime, by: Who, status: Status, batch: str = "") -> None:
        assert status in MOVES[self.status], (self.status, status)
        changes: dict[str, Any] = {"status": [str(self.status), str(status)]}
        reopened = self.status in SETTLED and status == Status.OPEN
        if status == Status.RESOLVED:
            changes["resolved_at"] = [None, moment(at)]
            self.resolved_at = at
        elif status == Status.CLOSED:
            changes["closed_at"] = [None, moment(at)]
            self.closed_at = at
        elif reopened:
            changes |= self._unsettle()
        self.status = status
        self._change(at, "ticket.reopened" if reopened else "ticket.status_changed", by, changes, batch=batch)

    def _unsettle(self) -> dict[str, Any]:
        assert self.resolved_at is not None
        changes: dict[str, Any] = {"resolved_at": [moment(self.resolved_at), None]}
        if self.closed_at:
            changes["closed_at"] = [moment(self.closed_at), None]
        changes["reopened_count"] = [self.reopened_count, self.reopened_count + 1]
        self.resolved_at = self.closed_at = None
        self.reopened_count += 1
        return changes

    def assign(self, at: datetime, by: Who, user: Who) -> None:
        old, self.assignee = self.assignee, user
        names = {"names": [old.name if old else None, user.name]}
        self._change(at, "ticket.assigned", by, {"assignee": [old and old.id, user.id]}, names)

    def move(self, at: datetime, by: Who, team: Queue) -> None:
        """To somebody in it: who is responsible already is among its members."""
        old, self.team = self.team, team
        names = {"names": [old.name if old else None, team.name]}
        self._change(at, "ticket.moved", by, {"team": [old and old.id, team.id]}, names)

    def triage(self, at: datetime, by: Who, priority: str, category: str, due_at: datetime | None) -> None:
        changes: dict[str, Any] = {}
        if priority != self.priority:
            changes["priority"] = [self.priority, priority]
        if category != self.category:
            changes["category"] = [self.category, category]
        if due_at != self.due_at:
            changes["due_at"] = [self.due_at and moment(self.due_at), due_at and moment(due_at)]
        self.priority, self.category, self.due_at = priority, category, due_at
        if changes:
            self._change(at, "ticket.updated", by, changes)

    def tag(self, at: datetime, by: Who, tags: tuple[tuple[int, str], ...]) -> None:
        old, new = sorted(name for _pk, name in self.tags), sorted(name for _pk, name in tags)
        self.tags = tags
        self._change(at, "ticket.tagged", by, {"tags": [old, new]})

    def copy_in(self, at: datetime, by: Who, contacts: tuple[Customer, ...]) -> None:
        self.further = contacts
        ids = sorted(contact.who.id or 0 for contact in contacts)
        names = {"names": sorted(contact.who.name for contact in contacts)}
        self._change(at, "ticket.contacts_changed", by, {"further_contacts": [[], ids]}, names)

    def trash(self, at: datetime, by: Who) -> None:
        self.deleted_at = at
        self._change(at, "ticket.trashed", by, {"deleted_at": [None, moment(at)]})

    def _change(
        self,
        at: datetime,
        action: str,
        by: Who,
        changes: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        batch: str = "",
    ) -> None:
        self.version += 1
        self._act(at, action, by, changes=changes, metadata=metadata, batch=batch)

    def _deliver(self, said: Said) -> None:
        """What the mail reaction leaves of a user's public words, a moment later."""
        if said.delivery == "NONE":
            return
        said.delivery_at = said.at + timedelta(microseconds=2_000_000 + self.rng.getrandbits(22))
        facts = {"comment": 0, "delivery_state": said.delivery, "delivery_error": said.error}
        batch = Trail.batch(self.rng)
        self.acts.append(
            Act(
                said.delivery_at,
                "ticket.delivery_noted",
                MAILER,
                None,
                {},
                facts,
                batch,
                self,
                self.customer.company,
                said,
            )
        )

    def _act(
        self,
        at: datetime,
        action: str,
        by: Who,
        *,
        changes: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
        said: Said | None = None,
        batch: str = "",
    ) -> None:
        self.updated_at = at
        version = self.version if changes else None
        batch = batch or Trail.batch(self.rng)
        company = self.customer.company
        self.acts.append(Act(at, action, by, version, changes or {}, metadata or {}, batch, self, company, said))


MAILER = Who("system", None, "SupportFlow (mail)")
