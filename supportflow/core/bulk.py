"""The same for many rows: what may be done is done, what is refused is named."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from django.db import transaction
from django.db.models import Model

from supportflow.core.errors import DomainError

M = TypeVar("M", bound=Model)


@dataclass
class Outcome(Generic[M]):
    """`done` holds the rows that changed, `refused` those that did not and why; the rest was so already."""

    done: list[M] = field(default_factory=list)
    refused: list[tuple[M, DomainError]] = field(default_factory=list)


def each(rows: Iterable[M], act: Callable[[M], bool]) -> Outcome[M]:
    """`act` on every row, in primary-key order, so that two callers cannot wait for each other.

    To be called inside an operation. `act` says whether it changed something; what it refuses leaves no trace.
    """
    outcome: Outcome[M] = Outcome()
    for row in sorted(rows, key=lambda row: row.pk):
        try:
            with transaction.atomic():
                if act(row):
                    outcome.done.append(row)
        except DomainError as error:
            outcome.refused.append((row, error))
    return outcome
