"""The activities of what was done, and the receipts of the reactions to them."""

import json
from datetime import datetime
from random import Random
from typing import Any

from supportflow.core.models import Activity, Receipt
from supportflow.core.reactions import names_of_reactions
from supportflow.loadgen.cast import Who
from supportflow.loadgen.tables import Ids, Table


class Trail:
    def __init__(self) -> None:
        self._activities = Table(
            Activity,
            "id action actor_type actor_id actor_name subject_type subject_id subject_version ticket_id contact_id "
            "company_id changes metadata batch_id created_at",
        )
        self._receipts = Table(Receipt, "activity_id reaction created_at")
        self.tables = [self._activities, self._receipts]
        self._ids = Ids(Activity)

    def begin(self) -> None:
        self._ids.begin()

    def write(self) -> None:
        for table in self.tables:
            table.write()

    @staticmethod
    def batch(rng: Random) -> str:
        """A random UUID (version 4) as hexadecimal digits."""
        bits = rng.getrandbits(128) & ~(0xF << 76) & ~(0x3 << 62)
        return f"{bits | 4 << 76 | 2 << 62:032x}"

    def tell(
        self,
        at: datetime,
        action: str,
        by: Who,
        subject: int,
        version: int | None,
        changes: dict[str, Any],
        metadata: dict[str, Any],
        batch: str,
        *,
        ticket: int | None = None,
        contact: int | None = None,
        company: int | None = None,
    ) -> None:
        """One activity as `record` would write it; `at` is naive, in UTC."""
        pk, moment = next(self._ids), str(at)
        kind = action.split(".", 1)[0]
        told = json.dumps(changes) if changes else "{}"
        facts = json.dumps(metadata) if metadata else "{}"
        self._activities.add(
            pk, action, *by, kind, subject, version, ticket, contact, company, told, facts, batch, moment
        )
        for reaction in names_of_reactions(action):
            self._receipts.add(pk, reaction, moment)


def moment(at: datetime) -> str:
    """A time inside `changes`, as the trail writes it."""
    return f"{at.isoformat()}Z"
