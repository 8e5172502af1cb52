"""What somebody has begun to write on a ticket, as its page shows it."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from supportflow.core import clock
from supportflow.core.prepared import Prepared
from supportflow.desk.draft_models import Draft, DraftKind, stamp_of
from supportflow.desk.queries import File

SHOWN = 20  # of one person on one ticket: two that are begun, and what was sent in the last seconds


@dataclass
class Drafts:
    """Of one person on one ticket. `at` is the moment for which this is true."""

    begun: dict[str, Draft] = field(default_factory=dict)  # by kind
    held: list[Draft] = field(default_factory=list)  # replies that go out in a moment
    files: dict[int, list[File]] = field(default_factory=dict)  # by the draft's id
    at: datetime = field(default_factory=clock.now)

    @property
    def stamp(self) -> str:
        return stamp_of(self.at)

    @property
    def problem(self) -> str:
        """Why the last reply did not go out."""
        reply = self.begun.get(DraftKind.REPLY)
        return reply.problem if reply else ""

    def files_of(self, kind: str) -> list[File]:
        draft = self.begun.get(kind)
        return self.files.get(draft.pk, []) if draft else []

    def waits(self, draft: Draft) -> int:
        """Milliseconds until a held reply goes out."""
        return max(0, round((draft.send_at - self.at).total_seconds() * 1000)) if draft.send_at else 0

    def initial(self) -> dict[str, str]:
        """What the composer opens with."""
        reply = self.begun.get(DraftKind.REPLY)
        written = {"body": reply.body, "cc": reply.cc, "bcc": reply.bcc} if reply else {}
        return {"kind": DraftKind.REPLY.value, **written}


def drafts_of(ticket: int, user: int) -> Drafts:
    """One query, and a second where there is a draft."""
    found = Drafts()
    rows = _drafts(ticket, user)
    for draft in rows:
        if draft.send_at:
            found.held.append(draft)
        else:
            found.begun[draft.kind] = draft
    if rows:
        found.files = files_of_drafts(rows)
    return found


_drafts = Prepared(lambda ticket, user: Draft.objects.filter(ticket=ticket, user=user).order_by("pk")[:SHOWN], int, int)


def files_of_drafts(drafts: list[Draft]) -> dict[int, list[File]]:
    files: dict[int, list[File]] = defaultdict(list)
    held = Draft.attachments.through.objects.filter(draft__in=drafts).order_by("attachment")
    columns = [f"attachment__{column}" for column in File._fields]
    for draft, *file in held.values_list("draft_id", *columns):
        files[draft].append(File(*file))
    return files
