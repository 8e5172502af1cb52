"""What happens to a ticket: who looks at it, how often the two sides write, whether it ends well."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from supportflow.desk.models import Status
from supportflow.loadgen.cast import Cast, File, Queue, Who
from supportflow.loadgen.customers import Customer
from supportflow.loadgen.lives import Life, Said
from supportflow.loadgen.rhythm import at_work, awake, later
from supportflow.loadgen.words import Phrasebook

T = TypeVar("T")
CATEGORIES = ("BUG",) * 6 + ("QUESTION",) * 6 + ("BILLING",) * 3 + ("FEATURE_REQUEST",) * 2 + ("INCIDENT", "OTHER")
PRIORITIES = ("MEDIUM",) * 9 + ("LOW",) * 5 + ("HIGH",) * 4 + ("URGENT",) * 2
CHANNELS = ("EMAIL",) * 12 + ("WEB",) * 3 + ("PORTAL",) * 2 + ("API",) * 2 + ("PHONE",)
DUE_IN = {"URGENT": 4, "HIGH": 24, "MEDIUM": 72, "LOW": 168}  # hours
LINGERS = 0.2  # of the tickets stay unsettled: a desk that is behind
HELLO = ("Hello", "Hi", "Good morning", "Dear team", "Hallo", "Bonjour", "Dobrý den", "Hej")
THANKS = ("Kind regards", "Thanks", "Best wishes", "Viele Grüße", "Merci", "Saludos", "Dziękuję")
UNKNOWN_USER = "550 5.1.1 There is no such user here"


class Future(Exception):
    """The story has come to the present."""


class Plot:
    """One ticket's story; `live` tells it as far as it has come by now."""

    def __init__(self, cast: Cast, book: Phrasebook, until: datetime, rng: Random) -> None:
        self._cast, self._book, self._until, self._rng = cast, book, until, rng
        self._at = until

    def live(self, pk: int, at: datetime, customer: Customer, others: Sequence[Customer]) -> Life:
        self._at = at
        agent = self._one_of(self._cast.agents)
        life = self._begin(pk, customer, agent)
        with suppress(Future):
            self._go_on(life, agent, others)
        return life

    def _go_on(self, life: Life, agent: Who, others: Sequence[Customer]) -> None:
        if self._chance(0.004):
            life.trash(self._work(1), agent)
            return
        lingers = self._chance(LINGERS)
        if lingers and self._chance(0.4):
            return  # nobody has looked at it yet
        agent = self._receive(life, agent, others)
        self._talk(life, agent)
        if not lingers:
            self._settle(life, agent)

    # The beginning

    def _begin(self, pk: int, customer: Customer, agent: Who) -> Life:
        channel = self._one_of(CHANNELS) if customer.email else "PHONE"
        category = self._one_of(CATEGORIES)
        outbound = channel == "WEB" and self._chance(0.3)
        by_itself = channel in ("EMAIL", "PORTAL")
        life = Life(
            pk,
            self._rng,
            self._at,
            customer,
            self._book.subject(self._rng, category),
            channel,
            "QUESTION" if by_itself else category,
            self._cast.system if by_itself else agent.id or 0,
            mailbox=self._cast.mailbox.pk if channel == "EMAIL" else None,
            outbound=outbound,
        )
        if not by_itself:
            life.priority = self._one_of(PRIORITIES)
            life.due_at = self._due(life.priority)
            life.tags = self._some_tags() if channel == "API" else ()
        said = self._reply(life, agent) if outbound else self._letter(life, by_mail=channel == "EMAIL")
        said.opening = True
        life.create(customer.who if by_itself else agent, said)
        return life

    def _receive(self, life: Life, agent: Who, others: Sequence[Customer]) -> Who:
        """Sort it: team, assignee, how urgent, what about. Returns who is responsible."""
        sorter = self._cast.supervisor if self._chance(0.6) else agent
        self._work(1.5)
        if self._chance(0.5):
            queue = self._queue()
            life.move(self._soon(), sorter, queue)
            agent = self._one_of(queue.members or (agent,))
        life.assign(self._soon(), sorter, agent)
        if self._chance(0.4):
            priority = self._one_of(PRIORITIES)
            due_at = life.due_at or self._due(priority)
            life.triage(self._soon(), sorter, priority, self._one_of(CATEGORIES), due_at)
        if not life.tags and self._chance(0.35):
            life.tag(self._soon(), sorter, self._some_tags())
        if self._chance(0.03) and set(others) - {life.customer}:
            copied = tuple(other for other in dict.fromkeys(others) if other is not life.customer)
            life.copy_in(self._soon(), agent, copied)
        return agent

    def _queue(self) -> Queue:
        *public, private = self._cast.queues
        return private if self._chance(0.02) else self._one_of(public)

    # The conversation

    def _talk(self, life: Life, agent: Who) -> None:
        """On average two more comments: replies, notes and answers."""
        if life.status == Status.OPEN and self._chance(0.3):
            life.set_status(self._soon(), agent, Status.IN_PROGRESS)
        while True:
            if self._chance(0.2):
                at = self._work(2)
                life.note(agent, Said(at, agent, self._one_of(self._book.notes), public=False))
            self._work(5)
            life.reply(agent, self._reply(life, agent), Status.WAITING if self._chance(0.5) else None)
            if not life.customer.email or self._chance(0.66):
                return
            self._home(9)
            life.answer(self._letter(life, by_mail=True))
            if self._chance(0.25):
                return

    def _settle(self, life: Life, agent: Who) -> None:
        life.set_status(self._work(8), agent, Status.RESOLVED)
        if life.customer.email and self._chance(0.07):
            self._home(20)
            life.answer(self._letter(life, by_mail=True))
            self._work(6)
            life.reply(agent, self._reply(life, agent))
            life.set_status(self._work(4), agent, Status.RESOLVED)
        if self._chance(0.85):
            life.set_status(self._work(120), agent, Status.CLOSED)
        if life.status == Status.CLOSED and self._chance(0.02):
            life.set_status(self._work(100), self._cast.supervisor, Status.OPEN)

    def _letter(self, life: Life, *, by_mail: bool) -> Said:
        rng, customer = self._rng, life.customer
        hello, bye = f"{rng.choice(HELLO)},", f"{rng.choice(THANKS)}, {customer.who.name}"
        body = self._book.letter(rng, hello, self._book.customers, bye)
        return Said(self._at, customer.who, body, by_mail=by_mail, files=self._files(0.08))

    def _reply(self, life: Life, agent: Who) -> Said:
        hello, bye = f"{self._one_of(HELLO[:2])} {life.customer.first_name},", f"Best wishes, {agent.name}"
        body = self._book.letter(self._rng, hello, self._book.agents, bye)
        said = Said(self._at, agent, body, files=self._files(0.03))
        if life.customer.email:
            unknown = self._chance(0.003)
            said.delivery, said.error = ("FAILED", UNKNOWN_USER) if unknown else ("SENT", "")
        return said

    def _files(self, share: float) -> tuple[File, ...]:
        if not self._chance(share):
            return ()
        first = int(self._rng.random() * len(self._cast.files))
        return self._cast.files[first : first + (2 if self._chance(0.2) else 1)]

    # Time and chance

    def _work(self, hours: float) -> datetime:
        """The desk gets to it after so many hours on average, when it is open."""
        return self._pass(at_work(self._rng, later(self._rng, self._at, hours)))

    def _home(self, hours: float) -> datetime:
        return self._pass(awake(self._rng, later(self._rng, self._at, hours)))

    def _soon(self) -> datetime:
        """In the same minute."""
        return self._pass(self._at + timedelta(microseconds=1 + self._rng.getrandbits(25)))

    def _pass(self, at: datetime) -> datetime:
        if at > self._until - timedelta(seconds=10):  # what a mail takes
            raise Future
        self._at = at
        return at

    def _due(self, priority: str) -> datetime | None:
        if not self._chance(0.6):
            return None
        return (self._at + timedelta(hours=DUE_IN[priority])).replace(minute=0, second=0, microsecond=0)

    def _some_tags(self) -> tuple[tuple[int, str], ...]:
        """One or two; the first of them are worn most."""
        tags, count = self._cast.tags, 2 if self._chance(0.25) else 1
        found = {int(len(tags) ** self._rng.random()) - 1 for _ in range(count)}
        return tuple(tags[place] for place in sorted(found))

    def _chance(self, share: float) -> bool:
        return self._rng.random() < share

    def _one_of(self, things: Sequence[T]) -> T:
        return things[int(self._rng.random() * len(things))]
