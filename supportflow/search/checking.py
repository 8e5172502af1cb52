"""The index beside the truth: what is missing, left over or not what it should be."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from supportflow.search.documents import MODELS, documents_of, next_pks
from supportflow.search.models import Document, Kind, key_of
from supportflow.search.operations import AT_ONCE, differences


@dataclass(frozen=True)
class Looked:
    """At so many rows of a kind; `wrong` are those whose documents are not as they should be, `stray` those gone."""

    kind: Kind
    rows: int
    wrong: tuple[int, ...]
    stray: tuple[int, ...]


def look(kind: Kind) -> Iterator[Looked]:
    """In bites, so that nobody waits."""
    after = 0
    while pks := next_pks(kind, after, AT_ONCE):
        kept = Document.objects.filter(pk__in=[key_of(kind, pk) for pk in pks])
        wrong, stray = differences(documents_of(kind, pks), kept)
        yield Looked(
            kind, len(pks), tuple(one.object_id for one in wrong), tuple(key - key_of(kind, 0) for key in stray)
        )
        after = pks[-1]
    here = MODELS[kind]._base_manager.filter(pk=OuterRef("object_id"))
    gone = Document.objects.filter(~Exists(here), kind=kind.value).values_list("object_id", flat=True)
    yield Looked(kind, 0, (), tuple(gone))
